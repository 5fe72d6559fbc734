import type { Partition } from '../billing/partition.ts';
import type { StepFailure } from '../ledger/analyticsRecord.ts';
import type { CurrentSet } from '../ledger/currentSet.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import type { Problem } from '../ledger/problems.ts';
import { problemOf, stepOf } from '../ledger/problems.ts';
import type { StagedVersion, VersionRecord } from '../ledger/versionRecord.ts';
import { analyticsFailed, verificationFailed } from '../outbox/finalizeMessages.ts';
import type { StagedFile } from '../warehouse/warehouse.ts';
import { type FinalizeServices, messageContext, type Run } from './services.ts';

/** A due partition as this run found it, and what to do with it. */
export interface Candidate {
  readonly record: PartitionRecord;
  readonly partition: Partition;
  readonly readAt: number;
  readonly versions: readonly VersionRecord[];
  readonly set: CurrentSet;
}

export interface Publishable extends Candidate {
  readonly set: Extract<CurrentSet, { is: 'set' }>;
  readonly files: readonly StagedFile[];
  readonly setId: string;
}

/** `publishedEpoch` is that of the run that published the set: this one, or an earlier one. */
export interface PublishedCandidate extends Publishable {
  readonly publishedEpoch: number;
}

/** As of when the files tell the bill: the newest source LastModified among them, 0 when there are none. */
export function asOf(files: readonly StagedVersion[]): number {
  return files.reduce((newest, { source }) => Math.max(newest, source.lastModified), 0);
}

/**
 * Tells of a partition's trouble and records it, with when it is tried again: after a delay that doubles up to its
 * maximum. `failure` says more of analytics that failed.
 */
export async function fail(
  finalizing: FinalizeServices,
  run: Run,
  { partition, record }: Pick<Candidate, 'partition' | 'record'>,
  what: Problem['what'],
  message: string,
  failure?: StepFailure,
): Promise<void> {
  const { ledger, settings, now, report, notify } = finalizing;
  const before = problemOf(record, stepOf({ what }));
  const attempts = (before?.attempts ?? 0) + 1;
  const seconds = Math.min(settings.retryMaxSeconds, settings.retryBaseSeconds * 2 ** (attempts - 1));
  const at = now();
  const problem = { what, message, attempts, at, retryAt: at + seconds * 1000, changes: record.changes };
  const telling = messageContext(finalizing, run);
  const told =
    what === 'analytics-failed'
      ? analyticsFailed(telling, partition, problem, failure)
      : verificationFailed(telling, partition, problem);
  await notify([told]);
  await ledger.commit(partition, run.epoch, { kind: 'failed', problem });
  report({ what, partition, reason: message, attempts });
}

export async function renewLease({ ledger, settings, now }: FinalizeServices, { period, epoch }: Run): Promise<void> {
  await ledger.renewLease(period, epoch, now() + settings.leaseSeconds * 1000);
}
