import * as z from 'zod/mini';
import { type Partition, partitionPrefix } from '../../billing/partition.ts';
import { monthOf, yearOf } from '../../billing/period.ts';
import { unreadableColumn } from '../../warehouse/unreadableColumn.ts';
import type { FileStatus, StagedFile } from '../../warehouse/warehouse.ts';
import { refreshSql, removeFilesSql } from './externalTable.ts';
import type { SnowflakeNames } from './names.ts';
import { quoteText } from './quote.ts';
import { BOUND_TEXTS, type Statements } from './statements.ts';

/**
 * How many files one REMOVE FILES names: they stand in its text, and a statement's text may have 1
 * MB.
 */
const FILES_PER_REMOVAL = 500;

/**
 * The statuses after which a file's rows are readable: it is new, was there in another version, or
 * was there as it is.
 */
const READABLE = new Set(['REGISTERED_NEW', 'REGISTERED_UPDATE', 'REGISTER_SKIPPED']);

/**
 * Makes the external table learn a partition's files, by one REFRESH of just the partition's path.
 * That statement succeeds even when files fail, so the status of every file is read; and what it
 * does not mention is looked up among the files that the table knows, because the documentation
 * doesn't say whether a file that has not changed is mentioned. A REFRESH also registers other
 * files that lie there, and forgets those that don't: readers see neither.
 */
export async function registerFiles(
  session: Statements,
  names: SnowflakeNames,
  partition: Partition,
  files: readonly StagedFile[],
): Promise<FileStatus[]> {
  if (files.length === 0) return [];
  const outcomes = new Map<string, string | undefined>();
  for (const row of z.array(OutcomeRow).parse(await session.run(refreshSql(names, partition)))) {
    const stagedKey = stagedKeyIn(partition, row.FILE);
    if (stagedKey !== undefined) outcomes.set(stagedKey, failureOf(row));
  }
  if (files.some(({ stagedKey }) => !outcomes.has(stagedKey))) {
    for (const stagedKey of await registeredKeys(session, names, partition)) {
      if (!outcomes.has(stagedKey)) outcomes.set(stagedKey, undefined);
    }
  }
  return files.map((file) => {
    const { stagedKey } = file;
    const missing = outcomes.has(stagedKey) ? outcomes.get(stagedKey) : 'there is no such file in the stage';
    const reason = missing ?? unreadableColumn(file);
    return reason === undefined ? { stagedKey, status: 'registered' } : { stagedKey, status: 'failed', reason };
  });
}

/**
 * Makes the external table forget files, and nothing when it knows none of them. Throws an Error
 * that names the published ones among them, before it forgets any; and one that names a file that
 * Snowflake did not forget: its staged copy has to stay then, and forgetting is tried again with
 * the next removal.
 */
export async function unregisterFiles(
  session: Statements,
  names: SnowflakeNames,
  partition: Partition,
  stagedKeys: readonly string[],
): Promise<void> {
  if (stagedKeys.length === 0) return;
  await refusePublished(session, names, partition, stagedKeys);
  // Whether REMOVE FILES minds a file that the table does not know is not documented.
  const registered = await registeredKeys(session, names, partition);
  const known = [...new Set(stagedKeys)].filter((stagedKey) => registered.has(stagedKey));
  for (let start = 0; start < known.length; start += FILES_PER_REMOVAL) {
    const rows = await session.run(removeFilesSql(names, known.slice(start, start + FILES_PER_REMOVAL)));
    const failed = z
      .array(OutcomeRow)
      .parse(rows)
      .find(({ STATUS }) => STATUS === 'UNREGISTER_FAILED');
    if (failed) throw new Error(`${failed.FILE} was not unregistered: ${failed.DESCRIPTION}`);
  }
}

/** Throws an Error that names those of the files that are published. */
export async function refusePublished(
  session: Statements,
  names: SnowflakeNames,
  { payer, period }: Partition,
  stagedKeys: readonly string[],
): Promise<void> {
  const published = await session.run(
    `select staged_key from ${names.currentFiles}
     where year = ? and month = ? and payer = ? and staged_key in ${BOUND_TEXTS}`,
    [yearOf(period), monthOf(period), payer, JSON.stringify(stagedKeys)],
  );
  if (published.length === 0) return;
  const keys = z.array(KeyRow).parse(published);
  throw new Error(`published files cannot be unregistered: ${keys.map((row) => row.STAGED_KEY).join(', ')}`);
}

/**
 * A row that REFRESH and REMOVE FILES answer. When there is nothing to report, it may be one
 * without a file.
 */
const OutcomeRow = z.object({
  FILE: z.nullish(z.string()),
  STATUS: z.nullish(z.string()),
  DESCRIPTION: z.nullish(z.string()),
});
const KeyRow = z.object({ STAGED_KEY: z.string() });
const FileRow = z.object({ FILE_NAME: z.string() });

/**
 * Why a file's rows are not readable; undefined when they are. An unknown status promises nothing.
 */
function failureOf({ STATUS, DESCRIPTION }: z.infer<typeof OutcomeRow>): string | undefined {
  if (STATUS && READABLE.has(STATUS)) return undefined;
  return [STATUS ?? 'no status', DESCRIPTION].filter((part) => part).join(': ');
}

/**
 * The staged key at the end of a path. Snowflake writes paths from the bucket on, or from the
 * stage's folder on.
 */
export function stagedKeyIn(partition: Partition, path: string | null | undefined): string | undefined {
  const start = path?.lastIndexOf(partitionPrefix(partition)) ?? -1;
  return start < 0 ? undefined : path?.slice(start);
}

async function registeredKeys(
  session: Statements,
  names: SnowflakeNames,
  partition: Partition,
): Promise<ReadonlySet<string>> {
  const rows = await session.run(
    `select file_name
     from table(${names.database}.information_schema.external_table_files(table_name => ${quoteText(names.externalTable)}))
     where contains(file_name, ?)`,
    [partitionPrefix(partition)],
  );
  const keys = z
    .array(FileRow)
    .parse(rows)
    .map(({ FILE_NAME }) => stagedKeyIn(partition, FILE_NAME));
  return new Set(keys.filter((key) => key !== undefined));
}
