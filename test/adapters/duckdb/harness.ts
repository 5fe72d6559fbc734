import { mkdir, mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import * as z from 'zod';
import { quoteIdentifier, quoteText } from '../../../src/adapters/duckdb/quote.ts';
import { type DuckdbWarehouse, openDuckdbWarehouse } from '../../../src/adapters/duckdb/warehouse.ts';
import type { ColumnType } from '../../../src/billing/columnType.ts';
import { partitionPrefix } from '../../../src/billing/partition.ts';
import { type Payer, parsePayer } from '../../../src/billing/payer.ts';
import { monthOf, type Period, yearOf } from '../../../src/billing/period.ts';
import { rendered, type ScriptLine } from '../../analytics/rendered.ts';
import { type Cell, PERIOD, type Row, SMALL_REPORT, type WarehouseHarness } from '../../warehouse/harness.ts';

export interface DuckdbHarness extends WarehouseHarness {
  readonly warehouse: DuckdbWarehouse;
  /** The database file. */
  readonly path: string;
  readonly stagingRoot: string;
  /** Rows of any query, on a connection of their own, as plain JavaScript values. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Runs a statement on a connection of its own. */
  write(sql: string): Promise<void>;
  /** How much was written since the last checkpoint. */
  logBytes(): Promise<number>;
}

/** A DuckDB warehouse on a database file in a temporary folder, which `close` deletes. */
export async function makeDuckdbHarness(): Promise<DuckdbHarness> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'duckdb-warehouse-'));
  const stagingRoot = path.join(folder, 'staging');
  const databasePath = path.join(folder, 'warehouse.duckdb');
  const scratch = await DuckDBInstance.create(':memory:');
  const writer = await scratch.connect();
  await writer.run(`set TimeZone = 'UTC'`);
  let script: readonly ScriptLine[] | undefined;
  const warehouse = await openDuckdbWarehouse({
    path: databasePath,
    stagingRoot,
    analyticsStatements: (period, payers) => rendered(script ?? scriptOf(period, payers)),
  });
  const instance = await DuckDBInstance.fromCache(databasePath);
  const reader = await instance.connect();
  const query = async (sql: string) => (await reader.runAndReadAll(sql)).getRowObjectsJS();
  return {
    warehouse,
    registers: true,
    path: databasePath,
    stagingRoot,
    query,
    write: async (sql) => {
      await reader.run(sql);
    },
    logBytes: async () => (await stat(`${databasePath}.wal`)).size,
    stage: async ({ partition, name, rows, columns = SMALL_REPORT }) => {
      const stagedKey = `${partitionPrefix(partition)}${name}.parquet`;
      const sizeBytes = await writeParquet(writer, path.join(stagingRoot, stagedKey), rows, columns);
      return { stagedKey, rows: rows.length, sizeBytes, columns };
    },
    corrupt: ({ stagedKey, sizeBytes }) => truncate(path.join(stagingRoot, stagedKey), Math.floor(sizeBytes / 2)),
    remove: ({ stagedKey }) => rm(path.join(stagingRoot, stagedKey)),
    visibleRows: async ({ payer, period }) => {
      const rows = await query(
        `select identity_line_item_id as id from cur_line_items
         where payer = '${payer}' and year = ${yearOf(period)} and month = ${monthOf(period)} order by id`,
      );
      return rows.map(({ id }) => String(id));
    },
    shown: (columns) => query(`select ${columns} from cur_line_items order by identity_line_item_id`),
    script: (statements) => {
      script = statements;
    },
    insertFinding: (payer) => insertFinding(PERIOD, payer),
    analysed: async (period) => {
      const rows = await query(
        `select payer from cur_findings where year = ${yearOf(period)} and month = ${monthOf(period)} order by payer`,
      );
      return z
        .array(z.object({ payer: z.string().transform(parsePayer) }))
        .parse(rows)
        .map(({ payer }) => payer);
    },
    close: async () => {
      reader.closeSync();
      instance.closeSync();
      await warehouse.close();
      writer.closeSync();
      scratch.closeSync();
      await rm(folder, { recursive: true });
    },
  };
}

function scriptOf(period: Period, payers: readonly Payer[]): string[] {
  return [
    'begin transaction',
    `delete from cur_findings where year = ${yearOf(period)} and month = ${monthOf(period)}`,
    ...payers.map((payer) => insertFinding(period, payer)),
    'commit',
  ];
}

function insertFinding(period: Period, payer: Payer): string {
  return `insert into cur_findings (payer, year, month, check_name, account, resource)
    values ('${payer}', ${yearOf(period)}, ${monthOf(period)}, 'ran', '', '')`;
}

const SQL_TYPES: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  double: 'DOUBLE',
  int: 'INTEGER',
  bigint: 'BIGINT',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP_NS',
  timestamp_utc: 'TIMESTAMPTZ',
  timestamp_utc_converted: 'TIMESTAMP',
  timestamp_local: 'TIMESTAMP',
  int96: 'TIMESTAMP',
  date: 'DATE',
  'map<string,string>': 'MAP(VARCHAR, VARCHAR)',
  'map<string,double>': 'MAP(VARCHAR, DOUBLE)',
  other: 'STRUCT(a INTEGER)',
};

/** Answers the file's size in bytes. */
async function writeParquet(
  writer: DuckDBConnection,
  file: string,
  rows: readonly Row[],
  columns: readonly ColumnType[],
): Promise<number> {
  await mkdir(path.dirname(file), { recursive: true });
  const table = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${SQL_TYPES[type] ?? type}`).join(', ');
  await writer.run(`create or replace table staged (${table})`);
  for (const row of rows) {
    const values = columns.map(({ name, type }) => cellSql(row[name] ?? null, SQL_TYPES[type] ?? type));
    await writer.run(`insert into staged values (${values.join(', ')})`);
  }
  await writer.run(`copy staged to ${quoteText(file)} (format parquet)`);
  return (await stat(file)).size;
}

function cellSql(cell: Cell, type: string): string {
  if (cell === null) return 'null';
  if (typeof cell !== 'object') return `cast(${quoteText(String(cell))} as ${type})`;
  return `cast(cast(${quoteText(JSON.stringify(cell))} as JSON) as ${type})`;
}
