import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import * as z from 'zod';
import type { Period } from '../../billing/period.ts';
import type { SupersededFiles } from '../../warehouse/warehouse.ts';
import { checkFence } from './fence.ts';
import { partitionValues } from './partitionValues.ts';
import { inTransaction } from './transaction.ts';

/** The run that makes files forgotten. */
interface Unregistering {
  readonly period: Period;
  readonly epoch: number;
}

/**
 * Deletes the rows and the bookkeeping of files that are not published, in one transaction that
 * checks the fence first. Answers those that are, by staged key, and why. Throws FencedOff.
 */
export async function unregisterFiles(
  connection: DuckDBConnection,
  { period, epoch }: Unregistering,
  superseded: readonly SupersededFiles[],
): Promise<Map<string, string>> {
  return inTransaction(connection, async () => {
    await checkFence(connection, period, epoch);
    const refused = new Map<string, string>();
    for (const files of superseded) {
      const published = await publishedAmong(connection, period, files);
      for (const stagedKey of published) refused.set(stagedKey, 'it is published');
      const keys = files.stagedKeys.filter((stagedKey) => !refused.has(stagedKey));
      const values = { ...partitionValues({ payer: files.payer, period }), keys: listValue(keys) };
      await connection.run(`delete from cur_external ${OF_FILES}`, values, { keys: LIST(VARCHAR) });
      await connection.run(`delete from cur_registered_files ${OF_FILES}`, values, { keys: LIST(VARCHAR) });
    }
    return refused;
  });
}

const OF_FILES = 'where payer = $payer and year = $year and month = $month and staged_key in (select unnest($keys))';
const KeyRow = z.object({ staged_key: z.string() });

async function publishedAmong(
  connection: DuckDBConnection,
  period: Period,
  { payer, stagedKeys }: SupersededFiles,
): Promise<string[]> {
  const reader = await connection.runAndReadAll(
    `select staged_key from cur_current_files ${OF_FILES}`,
    { ...partitionValues({ payer, period }), keys: listValue(stagedKeys) },
    { keys: LIST(VARCHAR) },
  );
  return z
    .array(KeyRow)
    .parse(reader.getRowObjectsJS())
    .map((row) => row.staged_key);
}
