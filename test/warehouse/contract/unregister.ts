import { expect, it } from 'vitest';
import { FencedOff } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, BETA, PERIOD, publicationOf, rowsOf, type WarehouseHarness } from '../harness.ts';

export function describeUnregister(harness: () => WarehouseHarness): void {
  const staged = (name: string, partition = ALPHA) => harness().stage({ partition, name, rows: rowsOf([name]) });

  /** The rows that it can still read of a file: all, where it reads what lies in the stage. */
  const forgotten = () => (harness().registers ? 0 : 1);

  it('forgets a superseded file: its rows are gone, and it can be registered again', async () => {
    const { warehouse } = harness();
    const [old, fresh] = [await staged('old'), await staged('fresh')];
    await warehouse.register(ALPHA, [old, fresh]);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [fresh])]);
    const superseded = { payer: ALPHA.payer, stagedKeys: [old.stagedKey] };
    for (const _ of [1, 2]) expect(await warehouse.unregister(PERIOD, 1, [superseded])).toEqual(new Map());
    expect(await warehouse.audit(ALPHA, [old, fresh])).toMatchObject([{ rows: forgotten() }, { rows: 1 }]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['fresh']);
    await warehouse.register(ALPHA, [old]);
    expect(await warehouse.audit(ALPHA, [old])).toMatchObject([{ rows: 1 }]);
  });

  it('names a published file, and forgets the others, of whatever payer of the month', async () => {
    const { warehouse } = harness();
    const [old, current, beside] = [await staged('old'), await staged('current'), await staged('beside', BETA)];
    await warehouse.register(ALPHA, [old, current]);
    await warehouse.register(BETA, [beside]);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [current])]);
    const refused = await warehouse.unregister(PERIOD, 1, [
      { payer: ALPHA.payer, stagedKeys: [old.stagedKey, current.stagedKey] },
      { payer: BETA.payer, stagedKeys: [beside.stagedKey] },
    ]);
    expect([...refused]).toEqual([[current.stagedKey, 'it is published']]);
    expect(await warehouse.audit(ALPHA, [old, current])).toMatchObject([{ rows: forgotten() }, { rows: 1 }]);
    expect(await warehouse.audit(BETA, [beside])).toMatchObject([{ rows: forgotten() }]);
  });

  it('is fenced: a run that a newer one has overtaken forgets nothing', async () => {
    const { warehouse } = harness();
    const old = await staged('old');
    await warehouse.raiseFence(PERIOD, 1);
    await warehouse.register(ALPHA, [old]);
    await warehouse.raiseFence(PERIOD, 2);
    const superseded = [{ payer: ALPHA.payer, stagedKeys: [old.stagedKey] }];
    await expect(warehouse.unregister(PERIOD, 1, superseded)).rejects.toThrow(FencedOff);
    expect(await warehouse.audit(ALPHA, [old])).toMatchObject([{ rows: 1 }]);
  });

  it('takes no files at all', async () => {
    expect(await harness().warehouse.unregister(PERIOD, 1, [])).toEqual(new Map());
  });
}
