import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import type { Partition } from '../../billing/partition.ts';
import { unreadableColumn } from '../../warehouse/unreadableColumn.ts';
import { type FileStatus, type StagedFile, WarehouseBroken } from '../../warehouse/warehouse.ts';
import { addColumns } from './externalTable.ts';
import { type Batch, batches, loadSql } from './loadPlan.ts';
import { partitionValues } from './partitionValues.ts';
import { inTransaction } from './transaction.ts';

/**
 * How many columns of files one statement loads: 65 files of 126 columns, or 290 of 28. A statement
 * holds the footers and buffers of all its files (some 50 KB a column and file), so this bounds
 * memory; each statement and its commit take about a tenth of a second, so narrow files are loaded
 * more at a time.
 */
const COLUMNS_PER_BATCH = 8192;

function filesPerBatch(files: readonly StagedFile[]): number {
  const widest = files.reduce((most, { columns }) => Math.max(most, columns.length), 1);
  return Math.max(1, Math.floor(COLUMNS_PER_BATCH / widest));
}

/**
 * Loads the files that are not registered yet. Files are loaded batch by batch, each with its
 * bookkeeping in one transaction. A batch that fails is halved until the broken file stands alone:
 * it is the only one with status 'failed'.
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
  await addColumns(connection, readable);
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

const KeyRow = z.object({ staged_key: z.string() });

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

/**
 * What is wrong. The lines below it show our statement, which means nothing to whoever reads the
 * reason.
 */
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
