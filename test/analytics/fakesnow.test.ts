import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadWastageScript, readChecks } from '../../src/analytics/checks/readChecks.ts';
import { analyticsStatements, loadScript } from '../../src/analytics/script.ts';
import { statementsOf } from '../../src/analytics/statements.ts';
import { DEFAULT_TAG_KEYS } from '../../src/analytics/tagKeys.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { monthOf, yearOf } from '../../src/billing/period.ts';
import { billOf } from '../../src/programs/sample/bill.ts';
import { finalDeliveries } from '../../src/programs/sample/deliveryPlan.ts';
import { anyBill, PAYERS } from './checks/generatedBill.ts';
import { type Rows, runOnFakesnow } from './fakesnow.ts';
import { CONTRACT_COLUMNS, compute, type LineItem, openWarehouse, plantFile, sqlPath } from './lineItems.ts';
import { generatedSpending, insertsOf } from './summaries/spending.ts';

const SEED = 2026;
/** The bills of the sample: both kinds of report, commitments, wastage, two months. */
const DELIVERIES = finalDeliveries();
const GENERATED_PAYERS = ['900000000091', '900000000092'];
const SCRIPTS = ['findings_tables.sql', 'summary_tables.sql', 'summary_views.sql'];
/** When something was found, or looked at, and how long that took. */
const TIMES = new Set(['found_at', 'ran_at', 'seconds']);

function sampleItems(): LineItem[] {
  return DELIVERIES.flatMap((delivery) =>
    billOf(SEED, delivery).map(({ columns, product }) => ({
      ...contractValues(Object.entries(columns)),
      ...contractValues(Object.entries(product).map(([key, value]) => [`product_${key}`, value])),
      year: yearOf(delivery.period),
      month: monthOf(delivery.period),
      payer: delivery.source.payer,
    })),
  );
}

/** A snapshot, which the sample has not. */
function withSnapshot(items: readonly LineItem[]): LineItem[] {
  const [first] = items.filter((item) => item.line_item_usage_type === 'EBS:VolumeUsage.gp2');
  const snapshot = { line_item_usage_type: 'EBS:SnapshotUsage', line_item_resource_id: 'snap-1' };
  return [...items, { ...first, ...snapshot }];
}

/** Bills that more than half of the checks find something in, of payers of their own. */
async function generatedItems(): Promise<LineItem[]> {
  const bill = anyBill(await readChecks(sqlPath('checks')), { minLength: 900, maxLength: 900 });
  return fc
    .sample(bill, { numRuns: 1, seed: SEED })
    .flatMap((lines) =>
      lines.map((line) => ({ ...line, payer: GENERATED_PAYERS[line.payer === PAYERS[0] ? 0 : 1] ?? '' })),
    );
}

function contractValues(entries: readonly (readonly [string, string | number | Date | undefined])[]): LineItem {
  const known = entries.filter(([name]) => CONTRACT_COLUMNS.has(name));
  return Object.fromEntries(
    known.map(([name, value]) => [name, value instanceof Date ? value.toISOString().slice(0, 19) : (value ?? null)]),
  );
}

/** The table that the script reads, with its columns only, as Snowflake has them. */
async function lineItemsOnFakesnow(warehouse: DuckDBConnection, script: string, folder: string): Promise<string[]> {
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

/** Everything that the scripts create and that stays, by its name. */
async function relations(): Promise<readonly string[]> {
  const scripts = await Promise.all(SCRIPTS.map((file) => loadScript(sqlPath(file))));
  return scripts.flatMap((script) =>
    [...script.matchAll(/^create (?:table if not exists|or replace view) (\w+)/gm)].map(([, name = '']) => name),
  );
}

const queryOf = (relation: string): string => `select * from ${relation}`;

async function rowsIn(warehouse: DuckDBConnection, names: readonly string[]): Promise<ReadonlyMap<string, Rows>> {
  const rows = new Map<string, Rows>();
  for (const name of names) rows.set(name, (await warehouse.runAndReadAll(queryOf(name))).getRowObjectsJson());
  return rows;
}

/**
 * A row as text: numbers with nine digits, which is where sums of the same doubles in another order
 * differ, and without what the clock said.
 */
function textOf(row: Readonly<Record<string, unknown>>): string {
  const cells = Object.entries(row).filter(([name]) => !TIMES.has(name));
  return cells
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${cellOf(value)}`)
    .join(' ');
}

function cellOf(value: unknown): string {
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?(e-?\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') return String(value);
  return Math.abs(number) < 1e-9 ? '0' : number.toPrecision(9);
}

const NAMES = await relations();
let expected: ReadonlyMap<string, Rows>;
let found: ReadonlyMap<string, Rows>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fakesnow-'));
  try {
    const warehouse = await openWarehouse();
    const script = await loadWastageScript(sqlPath(''));
    const items = [...withSnapshot(sampleItems()), ...(await generatedItems())];
    await plantFile(warehouse, join(folder, 'items.json'), items);
    await compute(warehouse);
    const periods = [...new Set(DELIVERIES.map(({ period }) => period))].sort();
    const analysis = periods.flatMap((period) => {
      const ofSample = DELIVERIES.filter((one) => one.period === period).map(({ source }) => source.payer);
      const payers = [...ofSample, ...GENERATED_PAYERS].map(parsePayer);
      return analyticsStatements(script, { period, payers, tagKeys: DEFAULT_TAG_KEYS }).map(({ sql }) => sql);
    });
    const tables = await Promise.all(SCRIPTS.map((file) => loadScript(sqlPath(file))));
    const lineItems = await lineItemsOnFakesnow(warehouse, script, folder);
    // What the sample has not: two whole months, drift, changes of price.
    const generated = insertsOf(generatedSpending());
    for (const statement of [...analysis, ...generated]) await warehouse.run(statement);
    expected = await rowsIn(warehouse, NAMES);
    const queries = new Map(NAMES.map((name) => [name, queryOf(name)]));
    found = await runOnFakesnow([...lineItems, ...tables.flatMap(statementsOf), ...analysis, ...generated], queries);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 240_000);

describe('an engine of Snowflake’s SQL finds the same as DuckDB, row by row, in', () => {
  it.each(NAMES)('%s', (name) => {
    const rows = expected.get(name) ?? [];
    expect(rows).not.toEqual([]);
    expect(found.get(name)?.map(textOf).sort()).toEqual(rows.map(textOf).sort());
  });
});

it('the findings that are compared are of more than half of the checks', async () => {
  const checks = await readChecks(sqlPath('checks'));
  const names = new Set(expected.get('cur_findings')?.map(({ check_name }) => check_name));
  expect(names.size).toBeGreaterThan(checks.length / 2);
});
