import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyticsStatements, loadScript } from '../../src/analytics/script.ts';
import { statementsOf } from '../../src/analytics/statements.ts';
import { DEFAULT_TAG_KEYS } from '../../src/analytics/tagKeys.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { monthOf, parsePeriod, yearOf } from '../../src/billing/period.ts';
import { billOf } from '../../src/programs/sample/bill.ts';
import { finalDeliveries } from '../../src/programs/sample/deliveryPlan.ts';
import { runOnFakesnow } from './fakesnow.ts';
import {
  CONTRACT_COLUMNS,
  compute,
  findingsIn,
  type LineItem,
  openWarehouse,
  plantFile,
  sqlPath,
} from './lineItems.ts';

const SEED = 2026;
const PERIOD = parsePeriod('2026-09');
/** The bills of one month of the sample: both kinds of report, commitments, and wastage. */
const DELIVERIES = finalDeliveries().filter(({ period }) => period === PERIOD);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fakesnow-'));
});
afterAll(() => rm(folder, { recursive: true }));

function sampleItems(): LineItem[] {
  return DELIVERIES.flatMap((delivery) =>
    billOf(SEED, delivery).map(({ columns, product }) => ({
      ...contractValues(Object.entries(columns)),
      ...contractValues(Object.entries(product).map(([key, value]) => [`product_${key}`, value])),
      year: yearOf(PERIOD),
      month: monthOf(PERIOD),
      payer: delivery.source.payer,
    })),
  );
}

function contractValues(entries: readonly (readonly [string, string | number | Date | undefined])[]): LineItem {
  const known = entries.filter(([name]) => CONTRACT_COLUMNS.has(name));
  return Object.fromEntries(
    known.map(([name, value]) => [name, value instanceof Date ? value.toISOString().slice(0, 19) : (value ?? null)]),
  );
}

/** The table that the script reads, with its columns only, as Snowflake has them. */
async function lineItemsOnFakesnow(warehouse: DuckDBConnection, script: string): Promise<string[]> {
  const columns = [...CONTRACT_COLUMNS].filter(([name]) => new RegExp(String.raw`\b${name}\b`).test(script));
  const names = columns.map(([name]) => name).join(', ');
  const file = join(folder, 'line_items.parquet');
  await warehouse.run(`copy (select ${names} from cur_line_items) to '${file}'`);
  const definition = columns.map(([name, type]) => `${name} ${type === 'TIMESTAMP' ? 'timestamp_ntz' : type}`);
  return [
    `create table cur_line_items (${definition.join(', ')})`,
    `insert into cur_line_items (${names}) select ${names} from '${file}'`,
  ];
}

it('the wastage script finds the same in an engine of Snowflake’s SQL as in DuckDB, row by row', async () => {
  const warehouse = await openWarehouse();
  const script = await loadScript(sqlPath('analytics_wastage_queries.sql'));
  await plantFile(warehouse, join(folder, 'items.json'), sampleItems());
  await compute(warehouse);
  const payers = DELIVERIES.map(({ source }) => parsePayer(source.payer));
  const analysis = analyticsStatements(script, { period: PERIOD, payers, tagKeys: DEFAULT_TAG_KEYS }).map(
    ({ sql }) => sql,
  );
  for (const statement of analysis) await warehouse.run(statement);
  const expected = await findingsIn(warehouse);
  const tables = statementsOf(await loadScript(sqlPath('findings_tables.sql')));
  const found = await runOnFakesnow(
    [...(await lineItemsOnFakesnow(warehouse, script)), ...tables, ...analysis],
    'select payer, year, month, check_name, account, region, resource, monthly_cost, estimated_saving, currency, found_at from cur_findings order by payer, year, month, check_name, account, resource',
  );
  expect(expected.length).toBeGreaterThan(20);
  expect(found.map(({ found_at: _, ...row }) => row)).toEqual(
    expected.map((row) => ({
      ...row,
      monthly_cost: expect.closeTo(row.monthly_cost, 9),
      estimated_saving: expect.closeTo(row.estimated_saving, 9),
    })),
  );
}, 120_000);
