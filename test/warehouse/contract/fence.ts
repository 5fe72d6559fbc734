import { expect, it } from 'vitest';
import { parsePeriod } from '../../../src/billing/period.ts';
import { FencedOff } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, PERIOD, publicationOf, rowsOf, runOf, type WarehouseHarness } from '../harness.ts';
import { runScript } from '../runScript.ts';

export function describeFence(harness: () => WarehouseHarness): void {
  it('keeps an older run from publishing and from running the script, and lets the newer one through', async () => {
    const { warehouse } = harness();
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    await warehouse.register(ALPHA, [file]);
    await warehouse.raiseFence(PERIOD, 5);
    await expect(warehouse.publish(PERIOD, 4, [publicationOf(ALPHA, [file])])).rejects.toThrow(FencedOff);
    expect(await harness().visibleRows(ALPHA)).toEqual([]);
    await expect(runScript(warehouse.script, runOf(4), [ALPHA.payer])).rejects.toThrow(FencedOff);
    expect(await harness().analysed(PERIOD)).toEqual([]);
    await warehouse.publish(PERIOD, 5, [publicationOf(ALPHA, [file])]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['a1']);
  });

  it('may be raised again by the same run, and never lowered', async () => {
    const { warehouse } = harness();
    await warehouse.raiseFence(PERIOD, 5);
    await warehouse.raiseFence(PERIOD, 5);
    await expect(warehouse.raiseFence(PERIOD, 4)).rejects.toThrow(FencedOff);
    await expect(warehouse.publish(PERIOD, 4, [])).rejects.toThrow(FencedOff);
  });

  it('is not raised by a run whose epoch the script has run under: the ledger that hands it out is behind', async () => {
    const { warehouse } = harness();
    await warehouse.raiseFence(PERIOD, 5);
    await runScript(warehouse.script, runOf(5), [ALPHA.payer]);
    await expect(warehouse.raiseFence(PERIOD, 5)).rejects.toThrow(FencedOff);
    await warehouse.raiseFence(PERIOD, 6);
  });

  it('stands for its own period only', async () => {
    const { warehouse } = harness();
    await warehouse.raiseFence(parsePeriod('2026-09'), 9);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [])]);
    expect((await warehouse.published(PERIOD, [ALPHA.payer])).size).toBe(1);
  });
}
