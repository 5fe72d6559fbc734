import { expect, it } from 'vitest';
import type { Partition } from '../../../src/billing/partition.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { ALPHA, BETA, PERIOD, publicationOf, rowsOf, type WarehouseHarness } from '../harness.ts';

export function describePublish(harness: () => WarehouseHarness): void {
  it('makes exactly the given files visible, and another publication replaces them', async () => {
    const { warehouse } = harness();
    const old = await harness().stage({ partition: ALPHA, name: 'old', rows: rowsOf(['o1', 'o2']) });
    const kept = await harness().stage({ partition: ALPHA, name: 'kept', rows: rowsOf(['k1']) });
    const fresh = await harness().stage({ partition: ALPHA, name: 'fresh', rows: rowsOf(['f1']) });
    await warehouse.register(ALPHA, [old, kept, fresh]);

    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [old, kept])]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['k1', 'o1', 'o2']);

    await warehouse.publish(PERIOD, 2, [publicationOf(ALPHA, [kept, fresh])]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['f1', 'k1']);
    expect(await warehouse.published(PERIOD, [ALPHA.payer])).toEqual(
      new Map([[ALPHA.payer, { stagedKeys: [fresh.stagedKey, kept.stagedKey].sort(), epoch: 2 }]]),
    );
  });

  it('may be repeated with the same outcome', async () => {
    const { warehouse } = harness();
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    await warehouse.register(ALPHA, [file]);
    for (const _ of [1, 2]) await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['a1']);
  });

  it('leaves other partitions as they are, also the same payer in another month', async () => {
    const { warehouse } = harness();
    const september: Partition = { payer: ALPHA.payer, period: parsePeriod('2026-09') };
    const partitions = [ALPHA, BETA, september];
    for (const partition of partitions) {
      const id = `${partition.payer} ${partition.period}`;
      const file = await harness().stage({ partition, name: 'a', rows: rowsOf([id]) });
      await warehouse.register(partition, [file]);
      await warehouse.publish(partition.period, 1, [publicationOf(partition, [file])]);
    }
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [])]);
    expect(await harness().visibleRows(ALPHA)).toEqual([]);
    expect(await harness().visibleRows(BETA)).toEqual([`${BETA.payer} 2026-10`]);
    expect(await harness().visibleRows(september)).toEqual([`${ALPHA.payer} 2026-09`]);
  });

  it('remembers a publication without files: the partition is published, and empty', async () => {
    const { warehouse } = harness();
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [])]);
    expect(await warehouse.published(PERIOD, [ALPHA.payer, BETA.payer])).toEqual(
      new Map([[ALPHA.payer, { stagedKeys: [], epoch: 1 }]]),
    );
  });

  it('answers for the payers asked about only', async () => {
    const { warehouse } = harness();
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, []), publicationOf(BETA, [])]);
    expect([...(await warehouse.published(PERIOD, [BETA.payer])).keys()]).toEqual([BETA.payer]);
    expect(await warehouse.published(PERIOD, [])).toEqual(new Map());
  });

  it('refuses a publication of another period, and changes nothing then', async () => {
    const { warehouse } = harness();
    const september: Partition = { payer: BETA.payer, period: parsePeriod('2026-09') };
    const both = [publicationOf(ALPHA, []), publicationOf(september, [])];
    await expect(warehouse.publish(PERIOD, 1, both)).rejects.toThrow(RangeError);
    expect(await warehouse.published(PERIOD, [ALPHA.payer])).toEqual(new Map());
  });
}
