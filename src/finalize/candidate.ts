import type { Partition } from '../billing/partition.ts';
import type { StepFailure } from '../ledger/analyticsRecord.ts';
import type { CurrentSet } from '../ledger/currentSet.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import type { Problem } from '../ledger/problems.ts';
import { problemOf, stepOf } from '../ledger/problems.ts';
import type { StagedVersion } from '../ledger/versionRecord.ts';
import { analyticsFailed, verificationFailed } from '../outbox/finalizeMessages.ts';
import type { CurrencyCost } from '../warehouse/currencyCosts.ts';
import type { StagedFile } from '../warehouse/warehouse.ts';
import { type FinalizeServices, type FinalizeSettings, messageContext, type Run } from './services.ts';

/** A due partition as this run found it, and what to do with it. */
export interface Candidate {
  readonly record: PartitionRecord;
  readonly partition: Partition;
  readonly readAt: number;
  readonly set: CurrentSet;
}

export interface Publishable extends Candidate {
  readonly set: Extract<CurrentSet, { is: 'set' }>;
  readonly files: readonly StagedFile[];
  readonly setId: string;
}

/** What may be published: its audit has passed, and found these costs. */
export interface Audited extends Publishable {
  readonly costs: readonly CurrencyCost[];
}

/** `publishedEpoch` is that of the run that published the set: this one, or an earlier one. */
export interface PublishedCandidate extends Publishable {
  readonly publishedEpoch: number;
}

export function rowsOf({ files }: Publishable): number {
  return files.reduce((sum, { rows }) => sum + rows, 0);
}

/** How recent the files are: the newest source LastModified among them, 0 when there are none. */
export function asOf(files: readonly StagedVersion[]): number {
  return files.reduce((newest, { source }) => Math.max(newest, source.lastModified), 0);
}

/** Why a step of a run failed for a partition. */
interface Failure {
  readonly record: PartitionRecord;
  readonly what: Problem['what'];
  readonly message: string;
  /** Details of analytics that failed. */
  readonly step?: StepFailure | undefined;
}

/**
 * Notifies of a partition's failure and records it, with when it is tried again: after a delay that
 * doubles up to its maximum.
 */
export async function fail(
  { ledger, now, report, notify }: Pick<FinalizeServices, 'ledger' | 'now' | 'report' | 'notify'>,
  settings: FinalizeSettings,
  run: Run,
  { record, what, message, step }: Failure,
): Promise<void> {
  const { partition, changes } = record;
  const attempts = (problemOf(record, stepOf({ what }))?.attempts ?? 0) + 1;
  const at = now();
  const problem = { what, message, attempts, at, retryAt: retryAt(settings, attempts, at), changes };
  const context = messageContext({ now }, settings, run);
  const notification =
    what === 'analytics-failed'
      ? analyticsFailed(context, partition, problem, step)
      : verificationFailed(context, partition, problem);
  await notify([notification]);
  await ledger.commit(partition, run.epoch, { kind: 'failed', problem });
  report({ what, partition, reason: message, attempts });
}

/** When what has failed so often is tried again: after a delay that doubles up to its maximum. */
export function retryAt(
  { retryBaseSeconds, retryMaxSeconds }: Pick<FinalizeSettings, 'retryBaseSeconds' | 'retryMaxSeconds'>,
  attempts: number,
  now: number,
): number {
  return now + Math.min(retryMaxSeconds, retryBaseSeconds * 2 ** (attempts - 1)) * 1000;
}

export async function renewLease(
  { ledger, now }: Pick<FinalizeServices, 'ledger' | 'now'>,
  { leaseSeconds }: Pick<FinalizeSettings, 'leaseSeconds'>,
  { period, epoch }: Run,
): Promise<void> {
  await ledger.renewLease(period, epoch, now() + leaseSeconds * 1000);
}
