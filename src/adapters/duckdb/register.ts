import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import * as z from 'zod';
import type { Partition } from '../../billing/partition.ts';
import { monthOf, yearOf } from '../../billing/period.ts';
import { COST_BOUND } from '../../warehouse/costs.ts';
import { unreadableColumn } from '../../warehouse/unreadableColumn.ts';
import { type FileAudit, type FileStatus, type StagedFile, WarehouseBroken } from '../../warehouse/warehouse.ts';
import { type Batch, batches, loadSql } from './loadPlan.ts';
import { quoteIdentifier, quoteText } from './quote.ts';
import { mapMacros } from './readColumn.ts';
import { inTransaction } from './turns.ts';
import { gatheredColumns, lineItemsViewSql, reportColumns } from './view.ts';

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

/** The first columns of `cur_external`. They say where a row belongs. */
const FILE_COLUMNS = ['payer', 'year', 'month', 'staged_key'];

/**
 * Gives `cur_external` the columns that the contract reads, of the contract's types and no others, and creates the view
 * anew, which may have changed with this program.
 */
export async function prepareExternalTable(connection: DuckDBConnection): Promise<void> {
  for (const macro of mapMacros) await connection.run(macro);
  await inTransaction(connection, async () => {
    const known = await tableColumns(connection);
    for (const [name, type] of reportColumns) {
      if (!known.includes(name)) {
        await connection.run(`alter table cur_external add column ${quoteIdentifier(name)} ${type}`);
      }
    }
    const others = known.filter((name) => !reportColumns.has(name) && !FILE_COLUMNS.includes(name));
    if (others.length > 0) await leaveOut(connection, others);
    await connection.run(lineItemsViewSql());
  });
}

/**
 * Older releases had a column for each column of any report. The tags among these are gathered; the table is
 * written anew, once, because dropping thousands of columns one by one takes minutes.
 */
async function leaveOut(connection: DuckDBConnection, others: readonly string[]): Promise<void> {
  const columns = [...FILE_COLUMNS, ...reportColumns.keys()].map((name) => {
    const gathered = gatheredColumns.find((column) => column.name === name);
    const old = others.filter((other) => gathered?.prefixes.some((prefix) => other.startsWith(prefix))).sort();
    if (!gathered || old.length === 0) return quoteIdentifier(name);
    const keys = old.map((other) => quoteText(other.slice(gathered.cut.length)));
    const values = old.map((other) => `cast(${quoteIdentifier(other)} as VARCHAR)`);
    return `nullif(map_from_entries(list_filter(
      list_zip([${keys.join(', ')}], [${values.join(', ')}]), lambda entry: entry[2] <> ''
    )), MAP {}) as ${quoteIdentifier(name)}`;
  });
  await connection.run(`create table cur_external_anew as select ${columns.join(', ')} from cur_external`);
  await connection.run('drop table cur_external');
  await connection.run('alter table cur_external_anew rename to cur_external');
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
  const failures = new Map<string, string>();
  for (const file of missing.values()) {
    const reason = unreadableColumn(file);
    if (reason !== undefined) failures.set(file.stagedKey, reason);
  }
  const readable = [...missing.values()].filter(({ stagedKey }) => !failures.has(stagedKey));
  for (const batch of batches(readable, filesPerBatch(readable))) {
    for (const [stagedKey, reason] of await loadOrHalve(connection, stagingRoot, partition, batch)) {
      failures.set(stagedKey, reason);
    }
  }
  return files.map(({ stagedKey }) => {
    const reason = failures.get(stagedKey);
    return reason === undefined ? { stagedKey, status: 'registered' } : { stagedKey, status: 'failed', reason };
  });
}

/**
 * Counts, in one scan of the partition, the rows of each file, those that say they belong to another month, and what is
 * known of their cost.
 */
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
       ) as other_count,
       count(line_item_unblended_cost) as cost_count,
       -- not "at or above": whatever is compared with NaN, that is NaN
       count(*) filter (where not abs(line_item_unblended_cost) < ${COST_BOUND}) as impossible_count
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
    return {
      stagedKey,
      rows: count?.row_count ?? 0,
      rowsOfOtherPeriods: count?.other_count ?? 0,
      rowsWithCost: count?.cost_count ?? 0,
      rowsOfImpossibleCost: count?.impossible_count ?? 0,
    };
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
const AuditRow = z.object({
  staged_key: z.string(),
  row_count: CountOfRows,
  other_count: CountOfRows,
  cost_count: CountOfRows,
  impossible_count: CountOfRows,
});
const ColumnRow = z.object({ column_name: z.string() });

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

async function tableColumns(connection: DuckDBConnection): Promise<string[]> {
  const reader = await connection.runAndReadAll(
    `select column_name from duckdb_columns()
     where database_name = current_database() and schema_name = current_schema() and table_name = 'cur_external'`,
  );
  return z
    .array(ColumnRow)
    .parse(reader.getRowObjectsJS())
    .map(({ column_name }) => column_name);
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
    if (error instanceof WarehouseBroken) throw error;
    const [first, ...others] = batch.files;
    if (first === undefined) return [];
    if (others.length === 0) return [[first.stagedKey, firstLineOf(error)]];
    const halves = batches(batch.files, Math.ceil(batch.files.length / 2));
    const failures = [];
    for (const half of halves) failures.push(...(await loadOrHalve(connection, stagingRoot, partition, half)));
    return failures;
  }
}

/** What is wrong. The lines below it show the statement, which is ours, and nobody's who reads the reason. */
function firstLineOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.trim();
}

async function load(
  connection: DuckDBConnection,
  stagingRoot: string,
  partition: Partition,
  batch: Batch,
): Promise<void> {
  const sql = loadSql(batch, stagingRoot);
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
