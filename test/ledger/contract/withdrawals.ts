import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { VersionRecord } from '../../../src/ledger/versionRecord.ts';
import { isStaged } from '../../../src/ledger/versionRecord.ts';
import { ALPHA, PERIOD, START, versionOf } from '../records.ts';
import { anotherPartition } from './anotherPartition.ts';

const STAGED = versionOf();
const WITHDRAWN = withdrawn(STAGED, 'an earlier refresh');

function withdrawn(version: VersionRecord, reason: string): VersionRecord {
  if (!isStaged(version)) throw new Error('only what is staged can be withdrawn');
  return { ...version, outcome: { ...version.outcome, withdrawn: reason } };
}

export function describeWithdrawalRules(subject: () => Ledger): void {
  describe('a version that its source withdraws', () => {
    let ledger: Ledger;
    beforeEach(async () => {
      ledger = subject();
      await ledger.recordVersion(STAGED, START);
    });
    const changes = async () => (await ledger.partition(ALPHA))?.changes;

    it('is withdrawn with the reason, and that is a change', async () => {
      const { isNew, partition } = await ledger.recordVersion(WITHDRAWN, START + 1000);
      expect([isNew, partition.changes, partition.lastChangeAt]).toEqual([true, 2, START + 1000]);
      expect(await ledger.version(ALPHA, STAGED.id)).toEqual(WITHDRAWN);
      expect(partition.watermark).toBe(STAGED.source.lastModified);
    });

    it('is replaced, whatever became of it, and that is a change, once', async () => {
      for (const known of [STAGED, versionOf({ key: 'b', outcome: { status: 'quarantined', reason: 'r' } })]) {
        await ledger.recordVersion(known, START);
        const { isNew } = await ledger.recordVersion({ ...known, replaced: true }, START + 1000);
        const again = await ledger.recordVersion({ ...known, replaced: true }, START + 2000);
        expect([isNew, again.isNew, await ledger.version(ALPHA, known.id)]).toEqual([
          true,
          false,
          { ...known, replaced: true },
        ]);
        // Seen at its source again.
        expect((await ledger.recordVersion(known, START + 3000)).isNew).toBe(true);
        expect(await ledger.version(ALPHA, known.id)).toEqual(known);
      }
    });

    it('is withdrawn once: the first reason stays', async () => {
      await ledger.recordVersion(WITHDRAWN, START + 1000);
      const again = await ledger.recordVersion(withdrawn(STAGED, 'another reason'), START + 2000);
      expect([again.isNew, await changes()]).toEqual([false, 2]);
      expect(await ledger.version(ALPHA, STAGED.id)).toEqual(WITHDRAWN);
    });

    it('ends no waiting of a delivery', async () => {
      const { partition } = await ledger.recordVersion(WITHDRAWN, START + 1000);
      expect(partition.completeDelivery).toBeUndefined();
    });

    it('comes back when its content does, and that is a change', async () => {
      await ledger.recordVersion(WITHDRAWN, START + 1000);
      const { isNew, partition } = await ledger.recordVersion(STAGED, START + 2000);
      expect([isNew, partition.changes]).toEqual([true, 3]);
      expect(await ledger.version(ALPHA, STAGED.id)).toEqual(STAGED);
    });

    it('is not brought back by word of what became of it otherwise', async () => {
      await ledger.recordVersion(WITHDRAWN, START + 1000);
      const others = [
        { status: 'empty' },
        { status: 'quarantined', reason: 'r' },
        { status: 'set-aside', reason: 'r' },
      ] as const;
      for (const outcome of others) {
        expect((await ledger.recordVersion(versionOf({ outcome }), START + 2000)).isNew).toBe(false);
      }
      expect(await ledger.version(ALPHA, STAGED.id)).toEqual(WITHDRAWN);
    });

    it('keeps that, when its copy is cleared away, until it is staged anew', async () => {
      await ledger.recordVersion(WITHDRAWN, START + 1000);
      await remove();
      const cleared = { status: 'removed', generation: 0, removedAt: START, withdrawn: 'an earlier refresh' };
      expect((await ledger.version(ALPHA, STAGED.id))?.outcome).toEqual(cleared);
      // A late double of the first staging has looked before the removal.
      expect((await ledger.recordVersion(STAGED, START + 2000)).isNew).toBe(false);
      expect((await ledger.recordVersion(withdrawn(STAGED, 'r'), START + 2000)).isNew).toBe(false);
      const anew = versionOf({ generation: 1 });
      expect((await ledger.recordVersion(anew, START + 3000)).isNew).toBe(true);
      expect(await ledger.version(ALPHA, STAGED.id)).toEqual(anew);
    });

    const remove = async () => {
      const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
      if (!lease.taken) throw new Error('the lease is held');
      await ledger.markRemoved(ALPHA, lease.epoch, [STAGED.id], START);
      await ledger.releaseLease(PERIOD, lease.epoch);
    };
  });

  it('withdrawals of different versions, doubled and in any order, end in the same versions and watermark', async () => {
    const keys = ['a', 'b', 'c'];
    const anOrder = fc.shuffledSubarray([...keys, ...keys], { minLength: keys.length });
    await fc.assert(
      fc.asyncProperty(fc.subarray(keys), anOrder, async (gone, order) => {
        const partition = anotherPartition();
        for (const key of keys) await subject().recordVersion(versionOf({ partition, key }), START);
        const given = order.filter((key) => gone.includes(key));
        for (const key of given) {
          await subject().recordVersion(withdrawn(versionOf({ partition, key }), 'gone'), START + 1000);
        }
        const left = (await subject().versions(partition)).filter(isStaged).map(({ source }) => source.key);
        const expected = keys
          .filter((key) => !given.includes(key))
          .map((key) => versionOf({ partition, key }).source.key);
        expect(left.toSorted()).toEqual(expected.toSorted());
        const record = await subject().partition(partition);
        expect([record?.watermark, record?.changes]).toEqual([START, keys.length + new Set(given).size]);
      }),
      { numRuns: 40 },
    );
  });
}
