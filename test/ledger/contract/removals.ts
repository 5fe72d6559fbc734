import { beforeEach, describe, expect, it } from 'vitest';
import { LeaseLost, type Ledger } from '../../../src/ledger/ledger.ts';
import { ALPHA, byId, PERIOD, START, versionOf } from '../records.ts';

const A = versionOf({ key: 'a' });
const B = versionOf({ key: 'b' });

export function describeRemovalRules(subject: () => Ledger): void {
  describe('a removal', () => {
    let ledger: Ledger;
    let epoch: number;
    beforeEach(async () => {
      ledger = subject();
      for (const version of [A, B]) await ledger.recordVersion(version, START);
      epoch = await takeLease(START);
    });
    const takeLease = async (now: number) => {
      const lease = await ledger.acquireLease(PERIOD, 'run', now, now + 1000);
      if (!lease.taken) throw new Error(`held until ${lease.heldUntil}`);
      return lease.epoch;
    };
    const outcomeOf = async (id: string) => (await ledger.version(ALPHA, id))?.outcome;

    it('marks the versions named, keeps their source and generation, and is no change', async () => {
      const before = await ledger.partition(ALPHA);
      await ledger.markRemoved(ALPHA, epoch, [A.id], START);
      const removed = { ...A, outcome: { status: 'removed', generation: 0, removedAt: START } };
      expect(byId(await ledger.versions(ALPHA))).toEqual(byId([removed, B].map((version) => ({ ...version }))));
      expect(await ledger.partition(ALPHA)).toEqual(before);
    });

    it('done again, of nothing, or of what is not known, changes nothing more', async () => {
      await ledger.markRemoved(ALPHA, epoch, [A.id], START);
      for (const ids of [[A.id], [], ['0123456789abcdef']]) await ledger.markRemoved(ALPHA, epoch, ids, START);
      expect(await outcomeOf(A.id)).toEqual({ status: 'removed', generation: 0, removedAt: START });
      expect(await ledger.versions(ALPHA)).toHaveLength(2);
    });

    it('leaves what has no staged copy as it is', async () => {
      const empty = versionOf({ key: 'c', outcome: { status: 'empty' } });
      const corrupt = versionOf({ key: 'd', outcome: { status: 'quarantined', reason: 'no footer' } });
      for (const version of [empty, corrupt]) await ledger.recordVersion(version, START);
      await ledger.markRemoved(ALPHA, epoch, [empty.id, corrupt.id], START);
      expect([await outcomeOf(empty.id), await outcomeOf(corrupt.id)]).toEqual([empty.outcome, corrupt.outcome]);
    });

    it('of more versions than one request of a database takes marks all of them', async () => {
      const many = Array.from({ length: 130 }, (_, index) => versionOf({ key: `many-${index}` }));
      for (const version of many) await ledger.recordVersion(version, START);
      await ledger.markRemoved(
        ALPHA,
        epoch,
        [A, ...many].map(({ id }) => id),
        START,
      );
      const statuses = (await ledger.versions(ALPHA)).map(({ outcome }) => outcome.status);
      expect([statuses.filter((status) => status === 'removed').length, statuses.length]).toEqual([131, 132]);
    });

    it('under a lost lease throws LeaseLost and changes nothing', async () => {
      await takeLease(START + 1000);
      await expect(ledger.markRemoved(ALPHA, epoch, [A.id, B.id], START)).rejects.toThrow(LeaseLost);
      expect([await outcomeOf(A.id), await outcomeOf(B.id)]).toEqual([A.outcome, B.outcome]);
    });
  });

  describe('a version that was removed', () => {
    const remove = async () => {
      const ledger = subject();
      const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
      if (!lease.taken) throw new Error('the lease is held');
      await ledger.markRemoved(ALPHA, lease.epoch, [A.id], START);
      await ledger.releaseLease(PERIOD, lease.epoch);
    };

    it('is staged again under the next generation, and that is news', async () => {
      const again = versionOf({ key: 'a', generation: 1 });
      await subject().recordVersion(A, START);
      await remove();
      expect((await subject().recordVersion(again, START + 1)).isNew).toBe(true);
      expect(await subject().version(ALPHA, A.id)).toEqual(again);
      await remove();
      expect((await subject().version(ALPHA, A.id))?.outcome).toEqual({
        status: 'removed',
        generation: 1,
        removedAt: START,
      });
    });

    it('is not brought back by a late word of the copy that was removed', async () => {
      await subject().recordVersion(A, START);
      await remove();
      expect((await subject().recordVersion(A, START + 1)).isNew).toBe(false);
      expect((await subject().version(ALPHA, A.id))?.outcome).toEqual({
        status: 'removed',
        generation: 0,
        removedAt: START,
      });
    });
  });
}
