import * as z from 'zod/mini';
import { slices } from '../../base/slices.ts';
import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import type { SupersededFiles } from '../../warehouse/warehouse.ts';
import { FILES_PER_STATEMENT, removeFiles } from './changeFiles.ts';
import { lockFence } from './fence.ts';
import type { SnowflakeNames } from './names.ts';
import { ofMonth } from './ofMonth.ts';
import type { Session } from './session.ts';
import { BOUND_TEXTS, type Statements } from './statements.ts';

/** The run that makes files forgotten. */
interface Unregistering {
  readonly period: Period;
  readonly epoch: number;
}

/**
 * Makes the external table forget files that are not published, so that no query scans them any
 * more. Answers why it knows some still, by staged key: a file that is published stays.
 *
 * It is done in transactions under the fence (ADD FILES and REMOVE FILES may stand in one: SQL
 * reference, "ALTER EXTERNAL TABLE"): no newer run is let in between the look at what is published
 * and the removal, and one that is let in later registers what it publishes by itself. Throws
 * FencedOff, and what the session throws.
 */
export async function unregisterFiles(
  session: Pick<Session, 'transaction'>,
  names: SnowflakeNames,
  { period, epoch }: Unregistering,
  superseded: readonly SupersededFiles[],
): Promise<Map<string, string>> {
  const files = superseded.flatMap(({ payer, stagedKeys }) => stagedKeys.map((stagedKey) => ({ payer, stagedKey })));
  const refused = new Map<string, string>();
  for (const some of slices(files, FILES_PER_STATEMENT)) {
    const reasons = await session.transaction(async (statements) => {
      await lockFence(statements, names, period, epoch);
      const published = await publishedAmong(statements, names, period, some);
      const hidden = some.filter(({ stagedKey }) => !published.has(stagedKey));
      const left = await forget(
        statements,
        names,
        hidden.map(({ stagedKey }) => stagedKey),
      );
      return [...left, ...[...published].map((stagedKey) => [stagedKey, 'it is published'] as const)];
    });
    for (const [stagedKey, reason] of reasons) refused.set(stagedKey, reason);
  }
  return refused;
}

/** A native table has nothing of a file that is not published: nothing is to be done there. */
async function forget(
  statements: Statements,
  names: SnowflakeNames,
  stagedKeys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  return names.target === 'table' ? new Map() : removeFiles(statements, names, stagedKeys);
}

const KeyRow = z.object({ STAGED_KEY: z.string() });

async function publishedAmong(
  statements: Statements,
  names: SnowflakeNames,
  period: Period,
  files: readonly { readonly payer: Payer; readonly stagedKey: string }[],
): Promise<ReadonlySet<string>> {
  const payers = [...new Set(files.map(({ payer }) => payer))];
  const rows = await statements.run(
    `select staged_key from ${names.currentFiles}
     where ${ofMonth(period, payers)} and staged_key in ${BOUND_TEXTS}`,
    [JSON.stringify(files.map(({ stagedKey }) => stagedKey))],
  );
  return new Set(
    z
      .array(KeyRow)
      .parse(rows)
      .map((row) => row.STAGED_KEY),
  );
}
