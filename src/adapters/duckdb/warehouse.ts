import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Partition } from '../../billing/partition.ts';
import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import { MIN_MEMORY_LIMIT_BYTES } from '../../warehouse/memoryLimit.ts';
import type { RenderedStatement } from '../../warehouse/script.ts';
import type { Warehouse } from '../../warehouse/warehouse.ts';
import { auditFiles } from './audit.ts';
import { prepareView } from './externalTable.ts';
import { raiseFence } from './fence.ts';
import type { CheckRun, WastageFinding } from './findings.ts';
import { forgetInWarehouse, type InWarehouse } from './forget.ts';
import { ownerDigestsOf } from './ownerDigests.ts';
import { publishedFiles, publishFiles } from './publish.ts';
import { registerFiles } from './register.ts';
import { checkRuns, findings, type PartitionSummary, publishedPartitions, summary } from './reports.ts';
import { createDuckdbScript } from './script.ts';
import { tableStatements } from './tables.ts';
import { totalsOf } from './totals.ts';
import { turnsOn } from './turns.ts';
import { unregisterFiles } from './unregister.ts';

interface DuckdbWarehouseOptions {
  /** A database file, created when it is not there, or `:memory:`. */
  readonly path: string;
  /** The absolute folder under which a staged key is a relative path. */
  readonly stagingRoot: string;
  /** The analytics script for these payers' month: rendered statements, in their order. */
  readonly analyticsStatements: (period: Period, payers: readonly Payer[]) => readonly RenderedStatement[];
  /** The whole script needs one session. */
  readonly oneSession?: boolean | undefined;
  /**
   * How much memory DuckDB may take for its data, in bytes; by default half of the machine's (or
   * the container's). What does not fit goes to `PATH.tmp`, beside the database; what cannot go
   * there fails with "Out of Memory Error".
   */
  readonly memoryLimitBytes?: number | undefined;
}

/** The embedded warehouse, and what its users look at. */
export interface DuckdbWarehouse extends Warehouse {
  /** What readers see, one row per published partition and currency; by period, then payer. */
  summary(): Promise<PartitionSummary[]>;
  /** The partitions that readers see, with rows or without. */
  publishedPartitions(): Promise<Partition[]>;
  /** The wastage that the analytics found, largest estimated saving first. */
  findings(): Promise<WastageFinding[]>;
  /** How each check went over each payer's month, by check, payer and period. */
  checkRuns(): Promise<CheckRun[]>;
  /**
   * Takes a partition out, as if nothing of it had ever been registered or published: see
   * forgetInWarehouse.
   */
  forget(partition: Partition): Promise<InWarehouse>;
  /** Waits for what is running, then closes the database. No method may be called from then on. */
  close(): Promise<void>;
}

/**
 * Opens the warehouse that needs no server: a DuckDB database over the staged Parquet files.
 *
 * What Snowflake has as an external table is a native table here, `cur_external`, and `register`
 * loads the files into it. A view over read_parquet would need no loading, but it opens every file
 * again to read its footer in each query: thousands of opens before the first row. Loading pays
 * that once per file, and immutable staged keys keep it true.
 *
 * Every change is one transaction, so a process that is killed leaves the old state or the new one.
 * Changes run one after the other on one connection, reads on another. A program in the same
 * process may read along through `DuckDBInstance.fromCache(path)`; DuckDB lets no other process
 * open the file meanwhile. Throws DuckDB's error when the file is in use, or is not a database; a
 * RangeError for an invalid memory limit.
 */
export async function openDuckdbWarehouse(options: DuckdbWarehouseOptions): Promise<DuckdbWarehouse> {
  const memoryLimitBytes = checkedMemoryLimit(options.memoryLimitBytes ?? defaultMemoryLimit());
  await createDatabase(options.path);
  const instance = await DuckDBInstance.fromCache(options.path);
  const writer = await instance.connect();
  await prepare(writer, memoryLimitBytes);
  const reader = await instance.connect();
  const writes = turnsOn(writer);
  const reads = turnsOn(reader);
  return {
    raiseFence: (period, epoch) => writes((connection) => raiseFence(connection, period, epoch)),
    published: (period, payers) => reads((connection) => publishedFiles(connection, period, payers)),
    register: (partition, files) =>
      writes((connection) => registerFiles(connection, options.stagingRoot, partition, files)),
    audit: (partition, files) => reads((connection) => auditFiles(connection, partition, files)),
    publish: (period, epoch, publications) =>
      writes((connection) => publishFiles(connection, period, epoch, publications)),
    totals: (period, payers) => reads((connection) => totalsOf(connection, period, payers)),
    ownerDigests: (period, payers) => reads((connection) => ownerDigestsOf(connection, period, payers)),
    script: createDuckdbScript({
      writes,
      connect: () => instance.connect(),
      analyticsStatements: options.analyticsStatements,
      oneSession: options.oneSession,
      clock: () => performance.now(),
    }),
    unregister: (period, epoch, superseded) =>
      writes((connection) => unregisterFiles(connection, { period, epoch }, superseded)),
    forget: (partition) => writes((connection) => forgetInWarehouse(connection, partition)),
    summary: () => reads(summary),
    publishedPartitions: () => reads(publishedPartitions),
    findings: () => reads(findings),
    checkRuns: () => reads(checkRuns),
    close: () =>
      writes(() =>
        reads(async () => {
          reader.closeSync();
          writer.closeSync();
          instance.closeSync();
        }),
      ),
  };
}

/**
 * The oldest release of DuckDB that can read a new database file. Its storage has a way to write
 * text (dictionary and FSST in one) that takes a quarter less time to load a report than those of
 * DuckDB's default, which every release since 0.10 can read.
 */
const STORAGE_VERSION = 'v1.3.0';

/**
 * A file keeps the storage version that it was created with, whoever opens it later, and with
 * whatever settings. One of an older release stays as it is.
 */
async function createDatabase(path: string): Promise<void> {
  if (path === ':memory:' || existsSync(path)) return;
  const instance = await DuckDBInstance.create(path, { storage_compatibility_version: STORAGE_VERSION });
  instance.closeSync();
}

const TABLES = ['findings_tables.sql', 'summary_tables.sql', 'summary_views.sql'].map(
  (file) => new URL(`../../../sql/${file}`, import.meta.url),
);

async function prepare(connection: DuckDBConnection, memoryLimitBytes: number): Promise<void> {
  // DuckDB would take four fifths of the machine's memory, and this process and others need theirs.
  await connection.run(`set global memory_limit = '${memoryLimitBytes}B'`);
  // Bills are cut in UTC; DuckDB would take the machine's zone wherever an instant becomes a
  // timestamp.
  await connection.run(`set global TimeZone = 'UTC'`);
  // A script may set it for all; what loads files keeps its own.
  await connection.run(`set session TimeZone = 'UTC'`);
  // Every staged file is read once. The cache would keep at least a megabyte of memory for each.
  await connection.run('set global enable_external_file_cache = false');
  // Keeping the order of small files makes DuckDB hold a row group for each: twice the time. A
  // table has no order.
  await connection.run('set global preserve_insertion_order = false');
  // By default every thread holds five row groups of a load before it writes them: more than twice
  // the memory, and no faster.
  await connection.run('set global write_buffer_row_group_count = 1');
  for (const statement of tableStatements) await connection.run(statement);
  for (const file of TABLES) await connection.run(await readFile(file, 'utf8'));
  await prepareView(connection);
}

function defaultMemoryLimit(): number {
  // 0 or beyond the machine's own memory where no container bounds this process.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.max(MIN_MEMORY_LIMIT_BYTES, Math.floor(Math.min(totalmem(), constrained) / 2));
}

function checkedMemoryLimit(bytes: number): number {
  if (Number.isSafeInteger(bytes) && bytes >= MIN_MEMORY_LIMIT_BYTES) return bytes;
  throw new RangeError(`memoryLimitBytes must be a whole number of at least ${MIN_MEMORY_LIMIT_BYTES}, got ${bytes}`);
}
