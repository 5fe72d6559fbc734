import { beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { IN_PLAY_MS } from '../../../src/ledger/periodInPlay.ts';
import { ALPHA, BETA, byId, deliveryOf, PERIOD, START, versionOf } from '../records.ts';

/** What is read without reading all that there ever was, and what is forgotten. */
export function describeNarrowReadRules(subject: () => Ledger): void {
  let ledger: Ledger;
  beforeEach(() => {
    ledger = subject();
  });
  const leaseOf = async () => {
    const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
    if (!lease.taken) throw new Error('the lease is held');
    return lease.epoch;
  };

  describe('versions', () => {
    const [a1, a2, b] = [versionOf(), versionOf({ etag: 'e2' }), versionOf({ key: 'b' })];
    const elsewhere = versionOf({ partition: BETA });
    beforeEach(async () => {
      for (const version of [a1, a2, b, elsewhere]) await ledger.recordVersion(version, START);
    });

    it('are found by their ids, each once, and those that are not known are left out', async () => {
      const ids = [a1.id, b.id, b.id, versionOf({ key: 'c' }).id];
      expect(byId(await ledger.versionsById(ALPHA, ids))).toEqual(byId([a1, b]));
      expect(await ledger.versionsById(ALPHA, [])).toEqual([]);
    });

    it('are found by their objects, all of each, those of other objects and partitions not', async () => {
      const { bucket, key } = a1.source;
      const unknown = { bucket, key: 'never seen' };
      expect(byId(await ledger.versionsOfObjects(ALPHA, [a1.source, unknown]))).toEqual(byId([a1, a2]));
      expect(await ledger.versionsOfObjects(ALPHA, [{ bucket: 'another', key }])).toEqual([]);
      expect(await ledger.versionsOfObjects(ALPHA, [])).toEqual([]);
    });

    it('that are removed say since when', async () => {
      await ledger.markRemoved(ALPHA, await leaseOf(), [a1.id], START + 5000);
      expect((await ledger.version(ALPHA, a1.id))?.outcome).toMatchObject({
        status: 'removed',
        removedAt: START + 5000,
      });
    });
  });

  describe('a period', () => {
    it.each([
      ['a version', () => ledger.recordVersion(versionOf(), START)],
      ['a delivery', () => ledger.recordDelivery(deliveryOf(), [], START)],
      ['the choice of a report', () => ledger.chooseReport(ALPHA, 'cur-source/other', START)],
    ])('is in play once %s is recorded', async (_, record) => {
      expect(await ledger.periodsInPlay()).toEqual([]);
      await record();
      expect(await ledger.periodsInPlay()).toEqual([{ period: PERIOD, touchedAt: START }]);
    });

    it('is retired, and comes back with the next thing that is recorded after a while', async () => {
      await ledger.recordVersion(versionOf(), START);
      const [first] = await ledger.periodsInPlay();
      if (!first) throw new Error('no period is in play');
      await ledger.retirePeriod(first);
      expect(await ledger.periodsInPlay()).toEqual([]);
      expect(await ledger.periods()).toEqual([PERIOD]);
      const later = START + IN_PLAY_MS;
      await ledger.recordVersion(versionOf({ key: 'b' }), later);
      expect(await ledger.periodsInPlay()).toEqual([{ period: PERIOD, touchedAt: later }]);
    });

    it('that was put into play again since is not retired', async () => {
      await ledger.recordVersion(versionOf(), START);
      const [first] = await ledger.periodsInPlay();
      if (!first) throw new Error('no period is in play');
      await ledger.recordVersion(versionOf({ key: 'b' }), START + IN_PLAY_MS);
      await ledger.retirePeriod(first);
      expect(await ledger.periodsInPlay()).toHaveLength(1);
    });
  });

  it('messages in the outbox are read page by page, each once', async () => {
    const messages = Array.from({ length: 25 }, (_, index) => ({
      id: `m${String(index).padStart(2, '0')}`,
      routingKey: 'cur.all.all.test',
      body: {},
      createdAt: START + index,
    }));
    await ledger.putIntoOutbox(messages);
    const pages: string[][] = [];
    for (let after: string | undefined; ; after = pages.at(-1)?.at(-1)) {
      const page = await ledger.outbox({ limit: 10, after });
      if (page.length === 0) break;
      pages.push(page.map(({ id }) => id).sort());
    }
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(messages.map(({ id }) => id));
  });
}
