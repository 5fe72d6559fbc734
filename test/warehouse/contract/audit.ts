import { expect, it } from 'vitest';
import { costsOf } from '../../../src/warehouse/currencyCosts.ts';
import { ALPHA, rowsOf, SMALL_REPORT, type WarehouseHarness } from '../harness.ts';

export function describeAudit(harness: () => WarehouseHarness): void {
  it('counts zero rows in a file that is not known', async () => {
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    if (!harness().registers) await harness().remove(file);
    expect(await harness().warehouse.audit(ALPHA, [file])).toEqual([
      {
        stagedKey: file.stagedKey,
        rows: 0,
        rowsOfOtherPeriods: 0,
        rowsWithCost: 0,
        rowsOfImpossibleCost: 0,
        costs: [],
      },
    ]);
  });

  it('counts the rows of each file, and those whose billing period is known and another month', async () => {
    const { warehouse } = harness();
    const rows = [
      ...rowsOf(['in time']),
      ...rowsOf(['a month early'], '2026-09-01 00:00:00'),
      ...rowsOf(['a year early'], '2025-10-01 00:00:00'),
      { identity_line_item_id: 'unknown' },
    ];
    const mixed = await harness().stage({ partition: ALPHA, name: 'mixed', rows });
    const empty = await harness().stage({ partition: ALPHA, name: 'empty', rows: [] });
    await warehouse.register(ALPHA, [mixed, empty]);
    expect(await warehouse.audit(ALPHA, [empty, mixed])).toMatchObject([
      { stagedKey: empty.stagedKey, rows: 0, rowsOfOtherPeriods: 0, rowsWithCost: 0, rowsOfImpossibleCost: 0 },
      { stagedKey: mixed.stagedKey, rows: 4, rowsOfOtherPeriods: 2, rowsWithCost: 3, rowsOfImpossibleCost: 0 },
    ]);
  });

  it('counts the rows of each file whose cost no sum can hold: NaN, infinite, or beyond the bound', async () => {
    const { warehouse } = harness();
    const ofCosts = (...costs: (number | null)[]) =>
      costs.map((line_item_unblended_cost, id) => ({ identity_line_item_id: String(id), line_item_unblended_cost }));
    const impossible = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e12, -1e23, 1.7e308];
    const bad = await harness().stage({ partition: ALPHA, name: 'bad', rows: ofCosts(...impossible, 1, null) });
    const rows = ofCosts(0, -0.5, 999_999_999_999, null);
    const good = await harness().stage({ partition: ALPHA, name: 'good', rows });
    await warehouse.register(ALPHA, [bad, good]);
    expect(await warehouse.audit(ALPHA, [bad, good])).toMatchObject([
      { rows: 8, rowsWithCost: 7, rowsOfImpossibleCost: 6 },
      { rows: 4, rowsWithCost: 3, rowsOfImpossibleCost: 0 },
    ]);
  });

  it('adds up the cost of each file per currency, as decimals: in whatever order, and unknown where no row has one', async () => {
    const { warehouse } = harness();
    const columns = [...SMALL_REPORT, { name: 'line_item_currency_code', type: 'string' }];
    const row = (line_item_currency_code: string | null, line_item_unblended_cost: number | null) => ({
      identity_line_item_id: 'a',
      line_item_currency_code,
      line_item_unblended_cost,
    });
    const rows = [row('USD', 0.1), row('USD', 0.2), row('USD', null), row('CNY', null), row(null, -7), row('', 1e-9)];
    const first = await harness().stage({ partition: ALPHA, name: 'a', rows, columns });
    const second = await harness().stage({ partition: ALPHA, name: 'b', rows: [row('USD', 999_999_999_999)], columns });
    await warehouse.register(ALPHA, [first, second]);
    const audits = await warehouse.audit(ALPHA, [first, second]);
    expect(costsOf(audits)).toEqual([
      { currency: 'CNY', cost: null },
      { currency: 'USD', cost: 999_999_999_999.3 },
      { currency: null, cost: -6.999999999 },
    ]);
    expect(costsOf(audits.slice(1))).toEqual([{ currency: 'USD', cost: 999_999_999_999 }]);
  });

  it('counts no row with a cost where the column is empty, or where there is none', async () => {
    const { warehouse } = harness();
    const empty = await harness().stage({ partition: ALPHA, name: 'a', rows: [{ identity_line_item_id: 'a1' }] });
    const columns = [{ name: 'identity_line_item_id', type: 'string' }];
    const none = await harness().stage({
      partition: ALPHA,
      name: 'b',
      rows: [{ identity_line_item_id: 'b1' }],
      columns,
    });
    await warehouse.register(ALPHA, [empty, none]);
    expect(await warehouse.audit(ALPHA, [empty, none])).toMatchObject([
      { rows: 1, rowsWithCost: 0 },
      { rows: 1, rowsWithCost: 0 },
    ]);
  });

  it('counts no row of another period when no report says its billing period', async () => {
    const columns = [{ name: 'identity_line_item_id', type: 'string' }];
    const rows = [{ identity_line_item_id: 'a1' }];
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows, columns });
    await harness().warehouse.register(ALPHA, [file]);
    expect(await harness().warehouse.audit(ALPHA, [file])).toMatchObject([{ rows: 1, rowsOfOtherPeriods: 0 }]);
  });
}
