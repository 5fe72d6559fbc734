import * as z from 'zod/mini';
import { slices } from '../../base/slices.ts';
import { addFilesSql, removeFilesSql } from './externalTable.ts';
import { SnowflakeFailure, wasAnswered } from './failures.ts';
import type { SnowflakeNames } from './names.ts';
import { quoteText } from './quote.ts';
import { BOUND_TEXTS, type Statements } from './statements.ts';

/**
 * How many files one ADD FILES or REMOVE FILES names: they stand in its text, and a statement's
 * text may have 1 MB.
 */
export const FILES_PER_STATEMENT = 500;

/** A change of what the external table knows. */
interface Change {
  readonly sql: (names: SnowflakeNames, stagedKeys: readonly string[]) => string;
  /** The statuses that say of a file that it is done. */
  readonly done: ReadonlySet<string>;
  /** Whether the external table knows a file once it is done. */
  readonly knows: boolean;
  /** Why it is not, where Snowflake says nothing. */
  readonly unmentioned: string;
}

/**
 * Files are readable when they are new, were there in another version, or were there as they are.
 */
const ADDING: Change = {
  sql: addFilesSql,
  done: new Set(['REGISTERED_NEW', 'REGISTERED_UPDATE', 'REGISTER_SKIPPED']),
  knows: true,
  unmentioned: 'there is no such file in the stage',
};
const REMOVING: Change = {
  sql: removeFilesSql,
  done: new Set(['UNREGISTERED']),
  knows: false,
  unmentioned: 'the external table knows it still',
};

/**
 * Makes the external table know these files. Answers why it does not know some, by staged key.
 * Throws what the session throws.
 */
export function addFiles(
  session: Statements,
  names: SnowflakeNames,
  stagedKeys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  return changeFiles(session, names, ADDING, stagedKeys);
}

/** Makes it forget these files. Answers why it knows some still. Throws what the session throws. */
export function removeFiles(
  session: Statements,
  names: SnowflakeNames,
  stagedKeys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  return changeFiles(session, names, REMOVING, stagedKeys);
}

/**
 * What these statements answer of files that are as they should be already is not documented (SQL
 * reference, "ALTER EXTERNAL TABLE"): that may be a status that says so, nothing, or a failure, of
 * the file or of the whole statement. So whatever is not called done is looked up among the files
 * that the table knows; and a statement that has failed is sent once more, for those that are to be
 * changed alone.
 */
async function changeFiles(
  session: Statements,
  names: SnowflakeNames,
  change: Change,
  stagedKeys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const distinct = [...new Set(stagedKeys)];
  try {
    return await sendChange(session, names, change, distinct);
  } catch (error) {
    if (!(error instanceof SnowflakeFailure) || !wasAnswered(error)) throw error;
    const known = await knownAmong(session, names, distinct);
    const left = distinct.filter((stagedKey) => known.has(stagedKey) !== change.knows);
    if (left.length === distinct.length) throw error;
    return sendChange(session, names, change, left);
  }
}

async function sendChange(
  session: Statements,
  names: SnowflakeNames,
  change: Change,
  stagedKeys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map(stagedKeys.map((stagedKey) => [stagedKey, change.unmentioned]));
  for (const some of slices(stagedKeys, FILES_PER_STATEMENT)) {
    for (const row of z.array(OutcomeRow).parse(await session.run(change.sql(names, some)))) {
      const stagedKey = stagedKeyIn(row.FILE ?? '');
      if (change.done.has(row.STATUS ?? '')) reasons.delete(stagedKey);
      else if (reasons.has(stagedKey)) reasons.set(stagedKey, reasonOf(row));
    }
  }
  if (reasons.size === 0) return reasons;
  const known = await knownAmong(session, names, [...reasons.keys()]);
  return new Map([...reasons].filter(([stagedKey]) => known.has(stagedKey) !== change.knows));
}

/** When there is nothing to report, the answer may be a row without a file. */
const OutcomeRow = z.object({
  FILE: z.nullish(z.string()),
  STATUS: z.nullish(z.string()),
  DESCRIPTION: z.nullish(z.string()),
});
const FileRow = z.object({ FILE_NAME: z.string() });

function reasonOf({ STATUS, DESCRIPTION }: z.infer<typeof OutcomeRow>): string {
  return [STATUS ?? 'no status', DESCRIPTION].filter((part) => part).join(': ');
}

/**
 * The staged key at the end of a path. Snowflake writes paths from the bucket on, or from the
 * stage's folder on.
 */
export function stagedKeyIn(path: string): string {
  return path.slice(Math.max(0, path.lastIndexOf('year=')));
}

/**
 * Which of these files the external table knows. Every file of the table is looked at, so nothing
 * asks this where Snowflake has said it already.
 */
async function knownAmong(
  session: Statements,
  names: SnowflakeNames,
  stagedKeys: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await session.run(
    `select file_name
     from table(${names.database}.information_schema.external_table_files(table_name => ${quoteText(names.externalTable)}))
     where 'year=' || split_part(file_name, 'year=', -1) in ${BOUND_TEXTS}`,
    [JSON.stringify(stagedKeys)],
  );
  return new Set(
    z
      .array(FileRow)
      .parse(rows)
      .map(({ FILE_NAME }) => stagedKeyIn(FILE_NAME)),
  );
}
