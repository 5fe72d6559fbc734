import { expect, it } from 'vitest';
import { ALPHA, PERIOD, publicationOf, rowsOf, type WarehouseHarness } from '../harness.ts';

export function describeUnregister(harness: () => WarehouseHarness): void {
  it('forgets a superseded file: its rows are gone, and it can be registered again', async () => {
    const { warehouse } = harness();
    const old = await harness().stage({ partition: ALPHA, name: 'old', rows: rowsOf(['o1']) });
    const fresh = await harness().stage({ partition: ALPHA, name: 'fresh', rows: rowsOf(['f1']) });
    await warehouse.register(ALPHA, [old, fresh]);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [fresh])]);
    for (const _ of [1, 2]) await warehouse.unregister(ALPHA, [old.stagedKey]);
    const forgotten = harness().registers ? 0 : 1;
    expect(await warehouse.audit(ALPHA, [old, fresh])).toMatchObject([{ rows: forgotten }, { rows: 1 }]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['f1']);
    await warehouse.register(ALPHA, [old]);
    expect(await warehouse.audit(ALPHA, [old])).toMatchObject([{ rows: 1 }]);
  });

  it('refuses a published file, names it, and then forgets none of the others either', async () => {
    const { warehouse } = harness();
    const old = await harness().stage({ partition: ALPHA, name: 'old', rows: rowsOf(['o1']) });
    const current = await harness().stage({ partition: ALPHA, name: 'current', rows: rowsOf(['c1']) });
    await warehouse.register(ALPHA, [old, current]);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [current])]);
    await expect(warehouse.unregister(ALPHA, [old.stagedKey, current.stagedKey])).rejects.toThrow(current.stagedKey);
    expect(await warehouse.audit(ALPHA, [old, current])).toMatchObject([{ rows: 1 }, { rows: 1 }]);
  });
}
