import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { loadWastageScript } from '../../src/analytics/checks/readChecks.ts';
import { analyticsStatements, loadScript } from '../../src/analytics/script.ts';
import { statementsOf } from '../../src/analytics/statements.ts';
import { DEFAULT_TAG_KEYS } from '../../src/analytics/tagKeys.ts';
import { type Payer, parsePayer } from '../../src/billing/payer.ts';
import { type Period, parsePeriod } from '../../src/billing/period.ts';
import { computedColumns } from '../../src/warehouse/computedColumns.ts';
import { lineItemColumns, partitionColumns } from '../../src/warehouse/lineItems.ts';

/** The columns of `cur_line_items` with DuckDB's types for them, in their order. */
export const CONTRACT_COLUMNS: ReadonlyMap<string, string> = new Map(
  [...partitionColumns, ...lineItemColumns, ...computedColumns].map(({ name, type }) => [
    name,
    type === 'MAP' ? 'MAP(VARCHAR, VARCHAR)' : type,
  ]),
);

/** One finding, without the time it was found at. */
export interface FindingRow {
  readonly payer: string;
  readonly year: number;
  readonly month: number;
  readonly check_name: string;
  readonly account: string;
  readonly region: string;
  readonly resource: string;
  readonly monthly_cost: number;
  /** Null where no saving can be said. */
  readonly estimated_saving: number | null;
  readonly alternative_saving: number | null;
  readonly currency: string | null;
}

/** The columns that a test gives; all others are NULL. Times are ISO text. */
export type LineItem = Readonly<Record<string, string | number | null>>;

/**
 * An in-memory DuckDB with an empty `cur_line_items` of the contract columns and the real tables
 * and views of findings and summaries.
 */
export async function openWarehouse(): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const columns = [...CONTRACT_COLUMNS].map(([name, type]) => `${name} ${type}`);
  await connection.run(`create table cur_line_items (${columns.join(', ')})`);
  for (const file of ['findings_tables.sql', 'summary_tables.sql', 'summary_views.sql']) {
    for (const statement of statementsOf(await loadScript(sqlPath(file)))) await connection.run(statement);
  }
  return connection;
}

/** Adds rows to `cur_line_items`. A column that is not in the contract is an error of DuckDB's. */
export async function plant(connection: DuckDBConnection, items: readonly LineItem[]): Promise<void> {
  const sameColumns = Map.groupBy(items, (item) => Object.keys(item).join(', '));
  for (const [columns, alike] of sameColumns) {
    const values = alike.flatMap((item) => Object.values(item));
    const width = values.length / alike.length;
    const rows = alike.map((_, row) => `(${Array.from({ length: width }, (__, at) => `$${row * width + at + 1}`)})`);
    await connection.run(`insert into cur_line_items (${columns}) values ${rows}`, values);
  }
}

/** Adds as many rows as there may be, by way of a JSON file at this path. */
export async function plantFile(connection: DuckDBConnection, path: string, items: readonly LineItem[]): Promise<void> {
  await writeFile(path, JSON.stringify(items));
  const names = [...new Set(items.flatMap((item) => Object.keys(item)))];
  const types = names.map((name) => `${name}: '${CONTRACT_COLUMNS.get(name)}'`);
  const source = `read_json('${path}', format = 'array', columns = {${types.join(', ')}})`;
  await connection.run(`insert into cur_line_items (${names.join(', ')}) select ${names.join(', ')} from ${source}`);
}

/** Computes the computed columns of all rows of `cur_line_items`, as the view does. */
export async function compute(connection: DuckDBConnection): Promise<void> {
  const computed = computedColumns.map(({ name, sql }) => `${name} = ${sql}`);
  await connection.run(`update cur_line_items set ${computed.join(', ')}`);
}

/** Runs the real wastage script with all of its checks, statement by statement. */
export async function analyse(connection: DuckDBConnection, period: string, payers: readonly string[]): Promise<void> {
  await runScript(connection, await loadWastageScript(sqlPath('')), parsePeriod(period), payers.map(parsePayer));
}

/** Runs a script as it is, statement by statement. */
export async function runScript(
  connection: DuckDBConnection,
  script: string,
  period: Period,
  payers: readonly Payer[],
): Promise<void> {
  for (const { sql } of analyticsStatements(script, { period, payers, tagKeys: DEFAULT_TAG_KEYS })) {
    await connection.run(sql);
  }
}

/** All findings, in a fixed order. */
export async function findingsIn(connection: DuckDBConnection): Promise<FindingRow[]> {
  const reader = await connection.runAndReadAll(
    `select payer, year, month, check_name, account, region, resource, monthly_cost, estimated_saving,
       alternative_saving, currency
     from cur_findings order by payer, year, month, check_name, account, resource`,
  );
  return reader.getRowObjectsJS() as unknown as FindingRow[];
}

/** A file of the folder sql/. */
export function sqlPath(name: string): string {
  return fileURLToPath(new URL(`../../sql/${name}`, import.meta.url));
}
