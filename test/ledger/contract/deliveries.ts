import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { partitionPrefix } from '../../../src/billing/partition.ts';
import type { Delivery } from '../../../src/ledger/delivery.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { awaitedKey } from '../../../src/ledger/partitionRecord.ts';
import type { VersionRecord } from '../../../src/ledger/versionRecord.ts';
import { ALPHA, BETA, deliveryOf, START, versionOf } from '../records.ts';
import { anotherPartition } from './anotherPartition.ts';

const A = versionOf({ key: 'a' });
const B = versionOf({ key: 'b' });

export function describeDeliveryRules(subject: () => Ledger): void {
  describe('a delivery', () => {
    let ledger: Ledger;
    beforeEach(() => {
      ledger = subject();
    });
    const complete = async () => (await ledger.partition(ALPHA))?.completeDelivery?.id;

    it('that was never recorded is unknown', async () => {
      expect(await ledger.delivery(ALPHA, 'delivery-1')).toBeUndefined();
    });

    it('comes back as it was recorded, and counts as a change', async () => {
      const given = deliveryOf({ files: [A], absent: [B] });
      const { isNew, partition } = await ledger.recordDelivery(given, [A.id, awaitedKey(B.source)], START);
      expect(isNew).toBe(true);
      expect(partition).toMatchObject({ changes: 1, firstChangeAt: START, delivery: { id: given.id, files: 2 } });
      expect(partition.completeDelivery).toBeUndefined();
      expect(await ledger.delivery(ALPHA, given.id)).toEqual(given);
      expect(await ledger.delivery(BETA, given.id)).toBeUndefined();
      expect(await ledger.partition(ALPHA)).toEqual(partition);
    });

    it('that waits for nothing is complete', async () => {
      const { partition } = await ledger.recordDelivery(deliveryOf(), [], START);
      expect(partition.completeDelivery).toMatchObject({ id: 'delivery-1', manifest: deliveryOf().manifest });
    });

    it('recorded again as it is counts no change', async () => {
      const given = deliveryOf({ files: [A, B] });
      const { partition } = await ledger.recordDelivery(given, [A.id, B.id], START);
      const again = await ledger.recordDelivery(given, [B.id, A.id], START + 1000);
      expect(again.isNew).toBe(false);
      expect(await ledger.partition(ALPHA)).toEqual(partition);
    });

    it('that is complete is not taken apart by an outdated word of what it waits for', async () => {
      const given = deliveryOf({ files: [A] });
      await ledger.recordDelivery(given, [], START);
      expect((await ledger.recordDelivery(given, [A.id], START + 1)).isNew).toBe(false);
      expect(await complete()).toBe('delivery-1');
      expect((await ledger.partition(ALPHA))?.delivery?.awaited).toEqual([]);
    });

    it('that a second copy of its manifest names is not new, and takes its order from the newer copy', async () => {
      const files = [A];
      const first = await ledger.recordDelivery(deliveryOf({ files }), [], START);
      const manifestKey = `${partitionPrefix(ALPHA)}copy-Manifest.json`;
      const copy = deliveryOf({ files, manifestKey, lastModified: START + 1000 });
      const { isNew, partition } = await ledger.recordDelivery(copy, [], START + 1000);
      expect([isNew, partition.changes]).toEqual([false, first.partition.changes]);
      expect(await ledger.partition(ALPHA)).toEqual(partition);
      expect(partition.delivery?.manifest).toEqual(copy.manifest);
      const betweenKey = `${partitionPrefix(ALPHA)}b-Manifest.json`;
      const between = deliveryOf({ id: 'between', manifestKey: betweenKey, lastModified: START + 500 });
      expect((await ledger.recordDelivery(between, [], START + 2000)).isNew).toBe(false);
      expect((await ledger.recordDelivery(deliveryOf({ files }), [], START + 3000)).isNew).toBe(false);
    });

    it('that a second look finds fixed to other versions takes the place of the first look', async () => {
      await ledger.recordDelivery(deliveryOf({ id: 'first-look', etag: 'm' }), [A.id, 'second-look'], START);
      const { isNew } = await ledger.recordDelivery(deliveryOf({ id: 'second-look', etag: 'm' }), [B.id], START + 1);
      expect(isNew).toBe(true);
      expect((await ledger.partition(ALPHA))?.delivery).toMatchObject({ id: 'second-look', awaited: [B.id] });
    });

    it.each([[[]], [[B.id]]])(
      'that is newer takes the place of the newest known (still waiting for %j)',
      async (awaited) => {
        await ledger.recordDelivery(deliveryOf({ id: 'old' }), [], START);
        await ledger.recordDelivery(deliveryOf({ id: 'new', lastModified: START + 1000 }), awaited, START + 1000);
        expect((await ledger.partition(ALPHA))?.delivery?.id).toBe('new');
        expect(await complete()).toBe(awaited.length === 0 ? 'new' : 'old');
      },
    );

    it('that is older than the newest known changes nothing', async () => {
      await ledger.recordDelivery(deliveryOf({ id: 'new', lastModified: START + 1000 }), [], START);
      const before = await ledger.partition(ALPHA);
      for (const awaited of [[], [A.id]]) {
        const { isNew } = await ledger.recordDelivery(deliveryOf({ id: 'old' }), awaited, START + 1);
        expect(isNew).toBe(false);
      }
      expect(await ledger.partition(ALPHA)).toEqual(before);
    });

    it('that is older and waits changes nothing while the newest waits', async () => {
      await ledger.recordDelivery(deliveryOf({ id: 'new', lastModified: START + 1000 }), [A.id], START);
      const before = await ledger.partition(ALPHA);
      expect((await ledger.recordDelivery(deliveryOf({ id: 'old' }), [B.id], START + 1)).isNew).toBe(false);
      expect(await ledger.partition(ALPHA)).toEqual(before);
    });

    it('that is older but complete is the one to publish while the newest waits', async () => {
      await ledger.recordDelivery(deliveryOf({ id: 'new', lastModified: START + 1000 }), [A.id], START);
      const old = deliveryOf({ id: 'old', files: [B] });
      const { isNew, partition } = await ledger.recordDelivery(old, [], START + 1);
      expect(isNew).toBe(true);
      expect([partition.delivery?.id, partition.completeDelivery?.id]).toEqual(['new', 'old']);
      expect(await ledger.delivery(ALPHA, 'old')).toEqual(old);
      expect((await ledger.recordVersion(A, START + 2)).partition.completeDelivery?.id).toBe('new');
    });

    it('that is older but complete does not replace a newer complete one', async () => {
      const days = (count: number) => START + count * 86_400_000;
      await ledger.recordDelivery(deliveryOf({ id: 'second', lastModified: days(2) }), [], START);
      await ledger.recordDelivery(deliveryOf({ id: 'third', lastModified: days(3) }), [A.id], START);
      expect((await ledger.recordDelivery(deliveryOf({ id: 'first', lastModified: days(1) }), [], START)).isNew).toBe(
        false,
      );
      expect(await complete()).toBe('second');
    });
  });

  describe('what a delivery waits for', () => {
    const waitFor = (awaited: readonly string[]) =>
      subject().recordDelivery(deliveryOf({ files: [A, B] }), awaited, START);

    it('is resolved file by file, and the last file completes it', async () => {
      await waitFor([A.id, B.id]);
      const first = await subject().recordVersion(A, START + 1);
      expect(first.partition.delivery?.awaited).toEqual([B.id]);
      expect(first.partition.completeDelivery).toBeUndefined();
      const last = await subject().recordVersion(B, START + 2);
      expect(last.partition.delivery?.awaited).toEqual([]);
      expect(last.partition.completeDelivery?.id).toBe('delivery-1');
    });

    it('is resolved by any version of a key that was not there', async () => {
      await waitFor([awaitedKey(A.source)]);
      const { partition } = await subject().recordVersion(versionOf({ key: 'a', etag: 'whichever' }), START + 1);
      expect(partition.completeDelivery?.id).toBe('delivery-1');
    });

    it('is resolved by a file that is empty', async () => {
      await waitFor([A.id]);
      const { partition } = await subject().recordVersion(
        versionOf({ key: 'a', outcome: { status: 'empty' } }),
        START + 1,
      );
      expect(partition.completeDelivery?.id).toBe('delivery-1');
    });

    it('is not resolved by another version, another file or a file that cannot be read', async () => {
      await waitFor([A.id]);
      const unreadable = { status: 'quarantined', reason: 'no footer' } as const;
      for (const other of [versionOf({ key: 'a', etag: 'e2' }), B, versionOf({ key: 'a', outcome: unreadable })]) {
        const { partition } = await subject().recordVersion(other, START + 1);
        expect(partition.delivery?.awaited).toEqual([A.id]);
      }
    });

    it('is resolved when a version that was staged before is recorded again, and that counts as a change', async () => {
      await subject().recordVersion(A, START);
      const { partition: before } = await waitFor([A.id]);
      const { partition } = await subject().recordVersion(A, START + 1);
      expect(partition.completeDelivery?.id).toBe('delivery-1');
      expect(partition.changes).toBeGreaterThan(before.changes);
      expect(await subject().partition(ALPHA)).toEqual(partition);
    });
  });

  it('deliveries and versions in any order end in the newest delivery, complete', async () => {
    await fc.assert(
      fc.asyncProperty(aScript, async (script) => {
        const partition = anotherPartition();
        for (const step of script) await play(subject(), partition, step);
        const record = await subject().partition(partition);
        expect(record?.delivery).toMatchObject({ id: 'third', awaited: [] });
        expect(record?.completeDelivery?.id).toBe('third');
      }),
      { numRuns: 60 },
    );
  });
}

const FILES = [
  { key: 'a', etag: 'e1' },
  { key: 'a', etag: 'e2' },
  { key: 'b', etag: 'e1' },
] as const;
const DELIVERIES = [
  { id: 'first', names: [0, 2] },
  { id: 'second', names: [1, 2] },
  { id: 'third', names: [1] },
] as const;
type Step = { readonly file: number } | { readonly delivery: number };

const STEPS: readonly Step[] = [...FILES.keys()]
  .map((file): Step => ({ file }))
  .concat([...DELIVERIES.keys()].map((delivery) => ({ delivery })));
const aScript = fc.shuffledSubarray([...STEPS, ...STEPS], { minLength: 2 * STEPS.length });

/**
 * Does what the copy workflow does: a manifest waits for what is not staged, and what it waits for
 * is requested.
 */
async function play(ledger: Ledger, partition: VersionRecord['partition'], step: Step): Promise<void> {
  const fileAt = (index: number) => versionOf({ partition, ...FILES[index] });
  if ('file' in step) {
    await ledger.recordVersion(fileAt(step.file), START);
    return;
  }
  const { id = '', names = [] } = DELIVERIES[step.delivery] ?? {};
  const files = names.map(fileAt);
  const delivery: Delivery = deliveryOf({ partition, id, lastModified: START + step.delivery * 1000, files });
  const known = new Set((await ledger.versions(partition)).map((version) => version.id));
  const awaited = files.filter((file) => !known.has(file.id)).map((file) => file.id);
  await ledger.recordDelivery(delivery, awaited, START);
}
