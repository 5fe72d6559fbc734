import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ALPHA, BETA, PERIOD } from '../../warehouse/harness.ts';
import { type DuckdbHarness, makeDuckdbHarness } from './harness.ts';
import { columns, publishReport } from './stagedReports.ts';

let harness: DuckdbHarness;
beforeEach(async () => {
  harness = await makeDuckdbHarness();
});
afterEach(() => harness.close());

it('amounts are the same, in whatever order their rows were added up', async () => {
  const instance = await DuckDBInstance.fromCache(harness.path);
  const connection = await instance.connect();
  await connection.run(`insert into cur_findings
      (payer, year, month, check_name, account, region, resource, monthly_cost, estimated_saving, currency)
    values ('111111111111', 2026, 10, 'b', 'acc', null, 'vol-1', 1473.2246029600024, 0.30000000000000004, 'USD'),
      ('111111111111', 2026, 10, 'a', 'acc', null, 'vol-2', 1473.224602960002, 0.3, 'USD')`);
  connection.closeSync();
  instance.closeSync();
  const amounts = { monthlyCost: 1473.22460296, estimatedSaving: 0.3 };
  expect(await harness.warehouse.findings()).toMatchObject([
    { check: 'a', ...amounts },
    { check: 'b', ...amounts },
  ]);

  const types = columns({ line_item_unblended_cost: 'double' });
  const items = [0.1, 0.2, 0.3, 1e15, -1e15].map((cost) => ({ line_item_unblended_cost: cost }));
  await publishReport(harness, ALPHA, { one: { columns: types, rows: items } });
  await publishReport(harness, BETA, { one: { columns: types, rows: items.toReversed() } });
  expect((await harness.warehouse.summary()).map(({ cost }) => cost)).toEqual([0.6, 0.6]);
});

it('amounts that no sum can hold fail nothing: they are unknown, and the others are there', async () => {
  const types = columns({ line_item_unblended_cost: 'double' });
  const rowsWith = (...costs: number[]) => costs.map((cost) => ({ line_item_unblended_cost: cost }));
  await publishReport(harness, ALPHA, {
    one: { columns: types, rows: rowsWith(Number.NaN, Number.POSITIVE_INFINITY, 1.7e308) },
  });
  await publishReport(harness, BETA, { one: { columns: types, rows: rowsWith(9e22, 9e22, 0.5, Number.NaN) } });
  await harness.query(`insert into cur_findings
      (payer, year, month, check_name, account, region, resource, monthly_cost, estimated_saving, currency)
    values ('111111111111', 2026, 10, 'a', 'acc', null, 'vol-1', 'nan', 'inf', 'USD'),
      ('111111111111', 2026, 10, 'a', 'acc', null, 'vol-2', 2, 1, 'USD')`);
  const totals = await harness.warehouse.totals(PERIOD, [ALPHA.payer, BETA.payer]);
  expect(totals.get(ALPHA.payer)).toMatchObject({
    costs: [{ currency: null, cost: null }],
    findings: [{ check: 'a', currency: 'USD', count: 2, estimatedSaving: 1 }],
  });
  expect(totals.get(BETA.payer)?.costs).toEqual([{ currency: null, cost: 1.8e23 }]);
  expect(await harness.warehouse.summary()).toMatchObject([{ cost: null }, { cost: 1.8e23 }]);
  expect(await harness.warehouse.findings()).toMatchObject([
    { resource: 'vol-2', monthlyCost: 2, estimatedSaving: 1 },
    { resource: 'vol-1', monthlyCost: null, estimatedSaving: null },
  ]);
});

it('the summary has one row per published partition and currency', async () => {
  const types = columns({ line_item_unblended_cost: 'double', line_item_currency_code: 'string' });
  const item = (id: string, cost: number, currency: string) => ({
    identity_line_item_id: id,
    line_item_unblended_cost: cost,
    line_item_currency_code: currency,
  });
  await publishReport(harness, BETA, {
    one: { columns: types, rows: [item('a', 1.5, 'USD'), item('b', 2, 'USD')] },
    two: { columns: types, rows: [item('c', 7, 'CNY')] },
  });
  await publishReport(harness, ALPHA, {});
  const base = { payer: BETA.payer, period: PERIOD, files: 2 };
  expect(await harness.warehouse.summary()).toEqual([
    { payer: ALPHA.payer, period: PERIOD, files: 0, rows: 0, cost: 0, currency: null },
    { ...base, rows: 1, cost: 7, currency: 'CNY' },
    { ...base, rows: 2, cost: 3.5, currency: 'USD' },
  ]);
});
