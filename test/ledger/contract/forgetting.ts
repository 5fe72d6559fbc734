import { beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { isStaged } from '../../../src/ledger/versionRecord.ts';
import { ALPHA, byId, deliveryOf, PERIOD, START, versionOf } from '../records.ts';

const LATER = START + 5000;

/** What is forgotten once it is old. */
export function describeForgettingRules(subject: () => Ledger): void {
  describe('what is old:', () => describeOldThings(subject));
}

function describeOldThings(subject: () => Ledger): void {
  let ledger: Ledger;
  let epoch: number;
  beforeEach(async () => {
    ledger = subject();
    const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
    if (!lease.taken) throw new Error('the lease is held');
    epoch = lease.epoch;
  });
  /** What is being recorded may stay at first: a run that settles has worked that in. */
  const settle = async () => {
    const record = await ledger.partition(ALPHA);
    await ledger.commit(ALPHA, epoch, { kind: 'settled', changes: record?.changes ?? 0, readAt: START });
  };
  const remove = (ids: readonly string[], at: number) => ledger.markRemoved(ALPHA, epoch, ids, at);

  describe('versions that were removed', () => {
    const [a1, a2, b] = [versionOf(), versionOf({ etag: 'e2' }), versionOf({ key: 'b' })];
    const NONE = new Set<string>();
    beforeEach(async () => {
      for (const version of [a1, a2, b]) await ledger.recordVersion(version, START);
      await settle();
    });

    it('by a moment are forgotten, and others are not', async () => {
      await remove([a1.id], START);
      await remove([a2.id], START + 1);
      const before = await ledger.partition(ALPHA);
      await ledger.forgetVersions(ALPHA, epoch, { removedBy: START, kept: NONE });
      expect((await ledger.versions(ALPHA)).map(({ id }) => id).toSorted()).toEqual([a2.id, b.id].toSorted());
      expect(await ledger.version(ALPHA, a1.id)).toBeUndefined();
      expect((await ledger.partition(ALPHA))?.changes).toBe(before?.changes);
      expect(await ledger.recordVersion(a1, START)).toMatchObject({ isNew: true, tick: 'quiet' });
    });

    it('stay as long as they are kept, and go once they are not', async () => {
      await remove([a1.id, a2.id], START);
      await ledger.forgetVersions(ALPHA, epoch, { removedBy: LATER, kept: new Set([a2.id]) });
      expect(byId(await ledger.versions(ALPHA))).toMatchObject(byId([a2, b]).map(({ id }) => ({ id })));
      await ledger.forgetVersions(ALPHA, epoch, { removedBy: LATER, kept: NONE });
      expect(await ledger.versions(ALPHA)).toEqual([b]);
    });

    it('stay where they were staged again, and are forgotten after their next removal alone', async () => {
      await remove([a1.id], START);
      await ledger.recordVersion(versionOf({ generation: 1 }), START);
      await settle();
      await remove([a1.id], LATER);
      await ledger.forgetVersions(ALPHA, epoch, { removedBy: START, kept: NONE });
      expect((await ledger.version(ALPHA, a1.id))?.outcome.status).toBe('removed');
      await ledger.forgetVersions(ALPHA, epoch, { removedBy: LATER, kept: NONE });
      expect(await ledger.version(ALPHA, a1.id)).toBeUndefined();
    });

    it('stay where their source has withdrawn them', async () => {
      if (!isStaged(a1)) throw new Error('it is staged');
      await ledger.recordVersion({ ...a1, outcome: { ...a1.outcome, withdrawn: 'gone' } }, START);
      await settle();
      await remove([a1.id], START);
      await ledger.forgetVersions(ALPHA, epoch, { removedBy: LATER, kept: NONE });
      expect((await ledger.version(ALPHA, a1.id))?.outcome).toMatchObject({ status: 'removed', withdrawn: 'gone' });
    });

    it('are not forgotten by a run whose lease is lost', async () => {
      await remove([a1.id], START);
      await ledger.raiseEpoch(PERIOD, epoch + 1);
      await expect(ledger.forgetVersions(ALPHA, epoch, { removedBy: LATER, kept: NONE })).rejects.toThrow('is over');
      expect((await ledger.version(ALPHA, a1.id))?.outcome.status).toBe('removed');
    });

    it('are forgotten however many they are', async () => {
      const many = Array.from({ length: 230 }, (_, index) => versionOf({ key: `many-${index}` }));
      for (const version of many) await ledger.recordVersion(version, START);
      await settle();
      await remove(
        many.map(({ id }) => id),
        START,
      );
      await ledger.forgetVersions(ALPHA, epoch, { removedBy: START, kept: NONE });
      expect(await ledger.versions(ALPHA)).toHaveLength(3);
    });
  });

  describe('deliveries', () => {
    const waiting = Array.from({ length: 60 }, (_, index) => versionOf({ key: `w${index}` }));
    const [first, second, third] = [1, 2, 3].map((nth) =>
      deliveryOf({ id: `d${nth}`, etag: `m${nth}`, lastModified: START + nth * 1000, files: waiting }),
    ) as [ReturnType<typeof deliveryOf>, ReturnType<typeof deliveryOf>, ReturnType<typeof deliveryOf>];
    const awaited = waiting.map(({ id }) => id);
    const known = async () => {
      const found = await Promise.all([first, second, third].map(({ id }) => ledger.delivery(ALPHA, id)));
      return found.map((one) => one !== undefined);
    };
    beforeEach(async () => {
      await ledger.recordDelivery(first, awaited, START);
      await ledger.recordDelivery(second, [], START + 1);
      await ledger.recordDelivery(third, awaited.toReversed(), START + 2);
    });

    it('that others have followed are forgotten, the newest and the newest complete one are not', async () => {
      await ledger.forgetDeliveries(ALPHA, epoch, LATER);
      expect(await known()).toEqual([false, true, true]);
      expect(await ledger.delivery(ALPHA, third.id)).toEqual(third);
      expect((await ledger.partition(ALPHA))?.delivery).toMatchObject({ id: third.id, awaited: awaited.toReversed() });
    });

    it('that were recorded later are not', async () => {
      await ledger.forgetDeliveries(ALPHA, epoch, START - 1);
      expect(await known()).toEqual([true, true, true]);
    });

    it('are not forgotten by a run whose lease is lost', async () => {
      await ledger.raiseEpoch(PERIOD, epoch + 1);
      await expect(ledger.forgetDeliveries(ALPHA, epoch, LATER)).rejects.toThrow('is over');
      expect(await known()).toEqual([true, true, true]);
    });

    it('can be recorded again', async () => {
      await ledger.forgetDeliveries(ALPHA, epoch, LATER);
      await ledger.reopen(ALPHA, { by: 'somebody', forgetDeliveries: true }, LATER);
      await ledger.recordDelivery(first, awaited, LATER);
      expect(await ledger.delivery(ALPHA, first.id)).toEqual(first);
      await ledger.forgetDeliveries(ALPHA, epoch, LATER + 1);
      expect(await known()).toEqual([true, false, false]);
      expect((await ledger.partition(ALPHA))?.delivery?.awaited).toEqual(awaited);
    });
  });
}
