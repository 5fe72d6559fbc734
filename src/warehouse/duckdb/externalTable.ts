import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import * as z from 'zod';
import type { Partition } from '../../billing/partition.ts';
import { monthOf, yearOf } from '../../billing/period.ts';
import type { FileAudit, FileStatus, StagedFile } from '../warehouse.ts';
import { duckdbType, textOf, widen } from './columnTypes.ts';
import { contractSourceColumns, lineItemsViewSql } from './lineItemsView.ts';
import { type Batch, batches, loadedColumns, loadSql } from './loadPlan.ts';
import { quoteIdentifier } from './quote.ts';
import { inTransaction } from './turns.ts';

/**
 * How many columns of files one statement loads: 65 files of 126 columns, or 290 of 28. A statement holds the footers
 * and buffers of all its files (some 50 KB a column and file), so this bounds memory; each statement and its commit
 * take about a tenth of a second, so narrow files are loaded more at a time.
 */
const COLUMNS_PER_BATCH = 8192;

function filesPerBatch(files: readonly StagedFile[]): number {
  const widest = files.reduce((most, { columns }) => Math.max(most, columns.length), 1);
  return Math.max(1, Math.floor(COLUMNS_PER_BATCH / widest));
}

/** The bound parameters that say which partition a statement is about. */
export function partitionValues({ payer, period }: Partition): { payer: string; year: number; month: number } {
  return { payer, year: yearOf(period), month: monthOf(period) };
}

/**
 * Gives `cur_external` the columns that the contract reads, of the contract's types, and creates the view anew, which
 * may have changed with this program.
 */
export async function prepareExternalTable(connection: DuckDBConnection): Promise<void> {
  await inTransaction(connection, async () => {
    const known = await tableTypes(connection);
    for (const [name, type] of contractSourceColumns) {
      if (!known.has(name)) await addColumn(connection, name, type);
    }
    await createView(connection);
  });
}

/**
 * Loads the files that are not registered yet. Files are loaded batch by batch, each with its bookkeeping in one
 * transaction. A batch that fails is halved until the broken file stands alone: it is the only one with status 'failed'.
 */
export async function registerFiles(
  connection: DuckDBConnection,
  stagingRoot: string,
  partition: Partition,
  files: readonly StagedFile[],
): Promise<FileStatus[]> {
  const registered = await registeredKeys(connection, partition);
  const missing = new Map(
    files.flatMap((file) => (registered.has(file.stagedKey) ? [] : [[file.stagedKey, file] as const])),
  );
  await followSchema(connection, [...missing.values()]);
  const failures = new Map<string, string>();
  for (const batch of batches([...missing.values()], filesPerBatch([...missing.values()]))) {
    for (const [stagedKey, reason] of await loadOrHalve(connection, stagingRoot, partition, batch)) {
      failures.set(stagedKey, reason);
    }
  }
  return files.map(({ stagedKey }) => {
    const reason = failures.get(stagedKey);
    return reason === undefined ? { stagedKey, status: 'registered' } : { stagedKey, status: 'failed', reason };
  });
}

/** Counts, in one scan of the partition, the rows of each file and those that say they belong to another month. */
export async function auditFiles(
  connection: DuckDBConnection,
  partition: Partition,
  files: readonly StagedFile[],
): Promise<FileAudit[]> {
  const reader = await connection.runAndReadAll(
    `select
       staged_key,
       count(*) as row_count,
       count(*) filter (
         where year(bill_billing_period_start_date) <> $year or month(bill_billing_period_start_date) <> $month
       ) as other_count
     from cur_external
     where payer = $payer and year = $year and month = $month
       and staged_key in (select unnest($keys))
     group by staged_key`,
    { ...partitionValues(partition), keys: listValue(files.map(({ stagedKey }) => stagedKey)) },
    { keys: LIST(VARCHAR) },
  );
  const counts = new Map(
    z
      .array(AuditRow)
      .parse(reader.getRowObjectsJS())
      .map((row) => [row.staged_key, row]),
  );
  return files.map(({ stagedKey }) => {
    const count = counts.get(stagedKey);
    return { stagedKey, rows: count?.row_count ?? 0, rowsOfOtherPeriods: count?.other_count ?? 0 };
  });
}

/** Deletes the rows and the bookkeeping of files. Throws an Error that names them when some are published. */
export async function unregisterFiles(
  connection: DuckDBConnection,
  partition: Partition,
  stagedKeys: readonly string[],
): Promise<void> {
  const values = { ...partitionValues(partition), keys: listValue(stagedKeys) };
  const types = { keys: LIST(VARCHAR) };
  const where = `where payer = $payer and year = $year and month = $month and staged_key in (select unnest($keys))`;
  await inTransaction(connection, async () => {
    const reader = await connection.runAndReadAll(`select staged_key from cur_current_files ${where}`, values, types);
    const published = z.array(KeyRow).parse(reader.getRowObjectsJS());
    if (published.length > 0) {
      throw new Error(`published files cannot be unregistered: ${published.map((row) => row.staged_key).join(', ')}`);
    }
    await connection.run(`delete from cur_external ${where}`, values, types);
    await connection.run(`delete from cur_registered_files ${where}`, values, types);
  });
}

const CountOfRows = z.bigint().transform(Number);
const KeyRow = z.object({ staged_key: z.string() });
const AuditRow = z.object({ staged_key: z.string(), row_count: CountOfRows, other_count: CountOfRows });
const ColumnRow = z.object({ column_name: z.string(), data_type: z.string() });

async function registeredKeys(connection: DuckDBConnection, partition: Partition): Promise<Set<string>> {
  const reader = await connection.runAndReadAll(
    'select staged_key from cur_registered_files where payer = $payer and year = $year and month = $month',
    partitionValues(partition),
  );
  return new Set(
    z
      .array(KeyRow)
      .parse(reader.getRowObjectsJS())
      .map((row) => row.staged_key),
  );
}

async function tableTypes(connection: DuckDBConnection): Promise<Map<string, string>> {
  const reader = await connection.runAndReadAll(
    `select column_name, data_type from duckdb_columns()
     where database_name = current_database() and schema_name = current_schema() and table_name = 'cur_external'`,
  );
  const rows = z.array(ColumnRow).parse(reader.getRowObjectsJS());
  return new Map(rows.map(({ column_name, data_type }) => [column_name, data_type]));
}

/** Adds the columns that the table lacks and widens those that no longer fit; then the view gathers new tags as well. */
async function followSchema(connection: DuckDBConnection, files: readonly StagedFile[]): Promise<void> {
  const known = await tableTypes(connection);
  const wanted = new Map(known);
  for (const { name, type } of files.flatMap(loadedColumns)) {
    if (contractSourceColumns.has(name)) continue;
    const before = wanted.get(name);
    wanted.set(name, before === undefined ? duckdbType(type) : widen(before, duckdbType(type)));
  }
  const changed = [...wanted].filter(([name, type]) => known.get(name) !== type);
  if (changed.length === 0) return;
  await inTransaction(connection, async () => {
    for (const [name, type] of changed) {
      const before = known.get(name);
      if (before === undefined) await addColumn(connection, name, type);
      else await changeType(connection, name, before, type);
    }
    await createView(connection);
  });
}

async function addColumn(connection: DuckDBConnection, name: string, type: string): Promise<void> {
  await connection.run(`alter table cur_external add column ${quoteIdentifier(name)} ${type}`);
}

async function changeType(connection: DuckDBConnection, name: string, before: string, after: string): Promise<void> {
  const column = quoteIdentifier(name);
  const value = after === 'VARCHAR' ? textOf(column, before.startsWith('MAP(')) : `cast(${column} as ${after})`;
  await connection.run(`alter table cur_external alter column ${column} set data type ${after} using ${value}`);
}

async function createView(connection: DuckDBConnection): Promise<void> {
  await connection.run(lineItemsViewSql([...(await tableTypes(connection)).keys()]));
}

/** Gives the reasons of the files that could not be loaded, by staged key. */
async function loadOrHalve(
  connection: DuckDBConnection,
  stagingRoot: string,
  partition: Partition,
  batch: Batch,
): Promise<(readonly [stagedKey: string, reason: string])[]> {
  try {
    await load(connection, stagingRoot, partition, batch);
    return [];
  } catch (error) {
    const [first, ...others] = batch.files;
    if (first === undefined) return [];
    if (others.length === 0) return [[first.stagedKey, error instanceof Error ? error.message : String(error)]];
    const halves = batches(batch.files, Math.ceil(batch.files.length / 2));
    const failures = [];
    for (const half of halves) failures.push(...(await loadOrHalve(connection, stagingRoot, partition, half)));
    return failures;
  }
}

async function load(
  connection: DuckDBConnection,
  stagingRoot: string,
  partition: Partition,
  batch: Batch,
): Promise<void> {
  const sql = loadSql(batch, stagingRoot, await tableTypes(connection));
  const values = partitionValues(partition);
  const files = batch.files.map(({ stagedKey, rows }) => ({ staged_key: stagedKey, rows }));
  await inTransaction(connection, async () => {
    await connection.run(sql, values);
    await connection.run(
      `insert into cur_registered_files by name
       select $payer as payer, $year as year, $month as month, staged_key, rows
       from (select unnest(from_json($files, '[{"staged_key": "VARCHAR", "rows": "BIGINT"}]'), recursive := true))`,
      { ...values, files: JSON.stringify(files) },
    );
  });
}
