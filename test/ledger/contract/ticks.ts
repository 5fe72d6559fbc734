import { beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { ALPHA, deliveryOf, PERIOD, START, versionOf } from '../records.ts';

const A = versionOf({ key: 'a' });
const B = versionOf({ key: 'b' });

export function describeTickRules(subject: () => Ledger): void {
  describe('the tick', () => {
    let ledger: Ledger;
    beforeEach(() => {
      ledger = subject();
    });
    const recordFile = async (version = A) => (await ledger.recordVersion(version, START)).tick;
    const recordDelivery = async (awaited: readonly string[], id = 'delivery-1') =>
      (await ledger.recordDelivery(deliveryOf({ id, files: [A, B] }), awaited, START)).tick;
    const settle = async () => {
      const changes = (await ledger.partition(ALPHA))?.changes ?? 0;
      const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
      if (!lease.taken) throw new Error('the lease is held');
      await ledger.commit(ALPHA, lease.epoch, { kind: 'settled', changes, readAt: START });
      await ledger.releaseLease(PERIOD, lease.epoch);
    };

    it('is sent after the quiet period by the file that made the partition dirty, however often it is recorded', async () => {
      expect(await recordFile(A)).toBe('quiet');
      expect(await recordFile(B)).toBe('none');
      expect(await recordFile(A)).toBe('quiet');
      expect(await recordFile(B)).toBe('none');
    });

    it('is sent after the quiet period by the manifest that made the partition dirty, however often it is recorded', async () => {
      expect(await recordDelivery([A.id, B.id])).toBe('quiet');
      expect(await recordDelivery([A.id, B.id])).toBe('quiet');
      expect(await recordFile(A)).toBe('none');
    });

    it('is sent at once by the file that completes a delivery, however often it is recorded', async () => {
      await recordDelivery([A.id, B.id]);
      expect(await recordFile(A)).toBe('none');
      expect(await recordFile(B)).toBe('now');
      expect(await recordFile(B)).toBe('now');
      expect(await recordFile(A)).toBe('none');
    });

    it('is sent at once by a manifest that waits for nothing, however often it is recorded', async () => {
      await recordFile(A);
      await recordFile(B);
      expect(await recordDelivery([])).toBe('now');
      expect(await recordDelivery([])).toBe('now');
    });

    it('is sent at once by a known file recorded again, when that completes the delivery', async () => {
      await recordFile(B);
      await recordFile(A);
      await recordDelivery([A.id]);
      expect(await recordFile(A)).toBe('now');
    });

    it('is nobody’s when everything is settled', async () => {
      await recordFile(A);
      await settle();
      expect(await recordFile(A)).toBe('none');
    });

    it('is sent by whoever makes the partition dirty again', async () => {
      await recordFile(A);
      await settle();
      expect(await recordFile(B)).toBe('quiet');
      expect(await recordFile(A)).toBe('none');
      expect(await recordFile(B)).toBe('quiet');
    });
  });

  describe('a tick that was sent', () => {
    it('is remembered by its moment, the newest word counts, and the lease stays', async () => {
      const ledger = subject();
      expect((await ledger.period(PERIOD)).nextTickAt).toBeUndefined();
      await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
      const { lease, epoch } = await ledger.period(PERIOD);
      await ledger.noteTick(PERIOD, START + 5000);
      await ledger.noteTick(PERIOD, START + 3000);
      expect(await ledger.period(PERIOD)).toEqual({ period: PERIOD, epoch, lease, nextTickAt: START + 3000 });
      await ledger.releaseLease(PERIOD, epoch);
      expect((await ledger.period(PERIOD)).nextTickAt).toBe(START + 3000);
    });
  });
}
