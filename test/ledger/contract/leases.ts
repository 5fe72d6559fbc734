import { beforeEach, describe, expect, it } from 'vitest';
import { addMonths } from '../../../src/billing/period.ts';
import { LeaseLost, type Ledger } from '../../../src/ledger/ledger.ts';
import { PERIOD, START } from '../records.ts';

export function describeLeaseRules(subject: () => Ledger): void {
  describe('a lease', () => {
    let ledger: Ledger;
    beforeEach(() => {
      ledger = subject();
    });
    const acquire = (holder: string, now: number, until: number, period = PERIOD) =>
      ledger.acquireLease(period, holder, now, until);
    const mustAcquire = async (holder: string, now: number, until: number) => {
      const answer = await acquire(holder, now, until);
      if (!answer.taken) throw new Error(`held until ${answer.heldUntil}`);
      return answer.epoch;
    };

    it('that is free is taken, and the period says by whom and until when', async () => {
      const before = await ledger.period(PERIOD);
      expect(before).toMatchObject({ period: PERIOD });
      expect(before.lease).toBeUndefined();
      const epoch = await mustAcquire('one', START, START + 1000);
      expect(epoch).toBeGreaterThan(before.epoch);
      expect(await ledger.period(PERIOD)).toEqual({
        period: PERIOD,
        epoch,
        lease: { holder: 'one', until: START + 1000 },
      });
    });

    it('that is held is refused to anybody, its holder too, and nothing changes', async () => {
      await mustAcquire('one', START, START + 1000);
      const before = await ledger.period(PERIOD);
      for (const holder of ['two', 'one']) {
        expect(await acquire(holder, START + 999, START + 5000)).toEqual({ taken: false, heldUntil: START + 1000 });
      }
      expect(await ledger.period(PERIOD)).toEqual(before);
    });

    it('that has run out is taken, from its last moment on, under a greater epoch', async () => {
      const first = await mustAcquire('one', START, START + 1000);
      const second = await mustAcquire('two', START + 1000, START + 2000);
      expect(second).toBeGreaterThan(first);
      expect((await ledger.period(PERIOD)).lease).toEqual({ holder: 'two', until: START + 2000 });
    });

    it('that was released is free at once, and its epoch is not handed out again', async () => {
      const first = await mustAcquire('one', START, START + 1000);
      await ledger.releaseLease(PERIOD, first);
      expect((await ledger.period(PERIOD)).lease).toBeUndefined();
      expect(await mustAcquire('two', START, START + 1000)).toBeGreaterThan(first);
    });

    it('that is renewed is held until the new moment', async () => {
      const epoch = await mustAcquire('one', START, START + 1000);
      await ledger.renewLease(PERIOD, epoch, START + 5000);
      expect(await acquire('two', START + 4999, START + 9000)).toEqual({ taken: false, heldUntil: START + 5000 });
      expect(await ledger.period(PERIOD)).toMatchObject({ epoch, lease: { holder: 'one' } });
    });

    it('that has run out is renewed as long as nobody took it', async () => {
      const epoch = await mustAcquire('one', START, START + 1000);
      await ledger.renewLease(PERIOD, epoch, START + 9000);
      expect((await acquire('two', START + 8000, START + 9999)).taken).toBe(false);
    });

    it('that a newer run took is not renewed: LeaseLost, and the newer run keeps it', async () => {
      const old = await mustAcquire('one', START, START + 1000);
      await mustAcquire('two', START + 1000, START + 2000);
      const before = await ledger.period(PERIOD);
      await expect(ledger.renewLease(PERIOD, old, START + 9000)).rejects.toThrow(LeaseLost);
      expect(await ledger.period(PERIOD)).toEqual(before);
    });

    it('that a newer run took is not renewed after that one has released it either', async () => {
      const old = await mustAcquire('one', START, START + 1000);
      await ledger.releaseLease(PERIOD, await mustAcquire('two', START + 1000, START + 2000));
      await expect(ledger.renewLease(PERIOD, old, START + 9000)).rejects.toThrow(LeaseLost);
      expect((await acquire('three', START + 2000, START + 3000)).taken).toBe(true);
    });

    it('released by a run that no longer holds it stays as it is', async () => {
      const old = await mustAcquire('one', START, START + 1000);
      const newer = await mustAcquire('two', START + 1000, START + 2000);
      const before = await ledger.period(PERIOD);
      for (const stranger of [old, newer + 1]) await ledger.releaseLease(PERIOD, stranger);
      expect(await ledger.period(PERIOD)).toEqual(before);
    });

    it('of one period is none of another', async () => {
      await mustAcquire('one', START, START + 1000);
      expect((await acquire('two', START, START + 1000, addMonths(PERIOD, 1))).taken).toBe(true);
    });

    it('goes to one of many that ask at the same time', async () => {
      const asking = Array.from({ length: 8 }, (_, index) => acquire(`run-${index}`, START, START + 1000));
      const taken = (await Promise.all(asking)).map((answer) => answer.taken);
      expect(taken.filter(Boolean)).toHaveLength(1);
    });
  });
}
