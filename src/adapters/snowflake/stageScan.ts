import * as z from 'zod/mini';
import { slices } from '../../base/slices.ts';
import { type Partition, partitionPrefix } from '../../billing/partition.ts';
import { unreadableColumn } from '../../warehouse/unreadableColumn.ts';
import type { FileAudit, FileStatus, StagedFile } from '../../warehouse/warehouse.ts';
import { type AuditedColumns, auditSql, auditsOf, COST, CURRENCY, OPERATION, PARENT, START } from './audit.ts';
import { stagedKeyIn } from './changeFiles.ts';
import { PATH_COLUMNS } from './externalTable.ts';
import { SnowflakeFailure } from './failures.ts';
import { isText, loadSql, stagedSql, typeIn } from './loadColumn.ts';
import type { SnowflakeNames } from './names.ts';
import { quoteText } from './quote.ts';
import type { Statements } from './statements.ts';

/**
 * Whether files lie in the stage, whole: a native table has nothing to register, for files are
 * loaded when they are published. A copy has its source's size.
 */
export async function findStaged(
  session: Statements,
  names: SnowflakeNames,
  partition: Partition,
  files: readonly StagedFile[],
): Promise<FileStatus[]> {
  if (files.length === 0) return [];
  const sizes = new Map<string, number>();
  for (const { NAME, SIZE } of z.array(ListRow).parse(await session.run(`list ${stagePath(names, partition)}`))) {
    sizes.set(stagedKeyIn(NAME), SIZE);
  }
  return files.map((file) => {
    const { stagedKey } = file;
    const reason = incomplete(file, sizes.get(stagedKey)) ?? unreadableColumn(file);
    return reason === undefined ? { stagedKey, status: 'registered' } : { stagedKey, status: 'failed', reason };
  });
}

function incomplete({ sizeBytes }: StagedFile, size: number | undefined): string | undefined {
  if (size === undefined) return 'there is no such file in the stage';
  return size === sizeBytes ? undefined : `it has ${size} bytes in the stage, and its source ${sizeBytes}`;
}

/** How many files one statement scans: their names stand in a pattern. */
const FILES_PER_SCAN = 200;

/**
 * Counts in files of the stage, before anything of them is loaded, what `auditFiles` counts in the
 * external table: through the expressions by which they will be loaded, as the contract view will
 * read them. So nobody ever sees rows that were not audited, and what is wrong with one payer's
 * files is found in that payer's own statements, before a transaction with others.
 *
 * A scan of the stage fails as a whole when a file of it cannot be read, unlike one of an external
 * table. Then it is halved, until only that file is left, whose rows are zero, and which says why.
 */
export async function auditStaged(
  session: Statements,
  names: SnowflakeNames,
  partition: Partition,
  files: readonly StagedFile[],
): Promise<FileAudit[]> {
  const audits = new Map<string, FileAudit>();
  const unique = [...new Map(files.map((file) => [file.stagedKey, file])).values()];
  const alike = Map.groupBy(unique, (file) => JSON.stringify(auditedColumns(file)));
  for (const group of alike.values()) {
    for (const some of slices(group, FILES_PER_SCAN)) {
      for (const audit of await scan(session, names, partition, some)) audits.set(audit.stagedKey, audit);
    }
  }
  return files.flatMap(({ stagedKey }) => audits.get(stagedKey) ?? []);
}

/** Of files whose audited columns have the same types. */
async function scan(
  session: Statements,
  names: SnowflakeNames,
  partition: Partition,
  files: readonly StagedFile[],
): Promise<FileAudit[]> {
  const [file] = files;
  if (!file) return [];
  try {
    const source = `${stagePath(names, partition)} ${scanned(names, files)}`;
    return auditsOf(files, await session.run(auditSql(auditedColumns(file), partition.period, source)));
  } catch (error) {
    if (!isAboutData(error)) throw error;
    if (files.length === 1) return auditsOf(files, []).map((audit) => ({ ...audit, reason: error.message }));
    const half = Math.ceil(files.length / 2);
    const first = await scan(session, names, partition, files.slice(0, half));
    return [...first, ...(await scan(session, names, partition, files.slice(half)))];
  }
}

const STAGED_KEY = PATH_COLUMNS[3][2];

function auditedColumns(file: StagedFile): AuditedColumns {
  const [start, cost] = [typeIn(file, START), typeIn(file, COST)];
  const value = stagedSql(COST);
  return {
    stagedKey: STAGED_KEY,
    currency: textSql(file, CURRENCY),
    periodStart: `convert_timezone('UTC', ${loadSql(START, start)})::timestamp_ntz`,
    costText: isText(cost) ? `nullif(${value}::varchar, '')` : loadSql(COST, cost),
    cost: isText(cost) ? `try_to_double(${value}::varchar)` : loadSql(COST, cost),
    operation: textSql(file, OPERATION),
    parent: textSql(file, PARENT),
  };
}

function textSql(file: StagedFile, column: string): string {
  return `nullif(${loadSql(column, typeIn(file, column))}, '')`;
}

/**
 * A partition's folder in the stage. It ends in a slash: `payer-1` would be `payer-12` too.
 */
function stagePath({ stage }: SnowflakeNames, partition: Partition): string {
  return `@${stage}/${partitionPrefix(partition)}`;
}

/** The pattern is of the whole path, or of what follows the stage's path: it matches either. */
function scanned({ fileFormat }: SnowflakeNames, files: readonly StagedFile[]): string {
  const fileNames = files.map(({ stagedKey }) => stagedKey.slice(stagedKey.lastIndexOf('/') + 1));
  const pattern = `(.*/){0,1}(${fileNames.map((name) => name.replace(/[^\w-]/g, '[$&]')).join('|')})`;
  return `(file_format => '${fileFormat}', pattern => ${quoteText(pattern)})`;
}

/**
 * Snowflake has answered that a file, or a value in it, cannot be read: the codes of its data
 * errors begin with 100 (100038, "Numeric value … is not recognized").
 */
function isAboutData(error: unknown): error is SnowflakeFailure {
  return error instanceof SnowflakeFailure && /^100\d{3}$/.test(error.code);
}

/** A file as LIST answers it. */
const ListRow = z.object({ NAME: z.string(), SIZE: z.coerce.number() });
