import { analyse } from '../analytics/analyse.ts';
import { failureText } from '../analytics/failureText.ts';
import type { AnalyticsServices } from '../analytics/services.ts';
import type { Payer } from '../billing/payer.ts';
import type { AnalyticsMember, AnalyticsRecord } from '../ledger/analyticsRecord.ts';
import { analyticsAreDue, changesAreDue } from '../ledger/decide.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { problemOf } from '../ledger/problems.ts';
import { fail, renewLease } from './candidate.ts';
import { eventOf, finalizedBy, messageOf } from './finalized.ts';
import { type FinalizeServices, messageContext, type Run } from './services.ts';

/**
 * Runs the analytics over what was published since they ran last, as far as they get now. What they do not get to stays
 * dirty, and a later run goes on with it. Answers the payers whose months they have run over.
 */
export async function analysePublished(finalizing: FinalizeServices, run: Run): Promise<readonly Payer[]> {
  const { ledger, now } = finalizing;
  const records = await ledger.partitions(run.period);
  const due = records.filter((record) => analyticsAreDue(record, now()));
  if (due.length === 0) return [];
  await renewLease(finalizing, run);
  const record = await analyse(analysingOf(finalizing, run), run, together(due).flatMap(memberOf));
  if (record.status === 'failed') await commitFailed(finalizing, run, record);
  if (record.status !== 'done') return [];
  return commitDone(finalizing, run, record);
}

/** In so many parts, at least, are payers analysed whose analytics have failed again. */
const PARTS = 8;

/**
 * Which of the partitions that are due are analysed in one run: all, as a rule. Those whose analytics have failed twice
 * and more are kept apart from the others, and tried part by part: one payer's data that the script stumbles over must
 * not keep the others' findings for good. What is left over is due still, and the next tick takes it up.
 */
function together(due: readonly PartitionRecord[]): readonly PartitionRecord[] {
  const isStumbling = (record: PartitionRecord) => (problemOf(record, 'analyse')?.attempts ?? 0) > 1;
  const steady = due.filter((record) => !isStumbling(record));
  return steady.length > 0 ? steady : due.slice(0, Math.ceil(due.length / PARTS));
}

/** Each partition that the run was for is tried again after its own delay, unless it was published anew meanwhile. */
async function commitFailed(
  finalizing: FinalizeServices,
  run: Run,
  { members, failure }: AnalyticsRecord,
): Promise<void> {
  const reason = failure ? failureText(failure) : 'the run failed';
  const epochs = new Map(members.map(({ payer, publishedEpoch }) => [payer, publishedEpoch]));
  for (const record of await finalizing.ledger.partitions(run.period)) {
    const { partition, published } = record;
    if (published === undefined || epochs.get(partition.payer) !== published.epoch) continue;
    await fail(finalizing, run, { partition, record }, 'analytics-failed', reason, failure);
  }
}

/**
 * What follows from a run that is done. Cut off in between, its members are due still, and what is left is done once
 * more. A partition that cannot be told of stays due: it is tried again after its own delay, and the others are not.
 */
async function commitDone(finalizing: FinalizeServices, run: Run, record: AnalyticsRecord): Promise<readonly Payer[]> {
  const { ledger, now, report, notify } = finalizing;
  const { period, epoch } = run;
  const { finalized, unknown } = await finalizedBy(finalizing, run, record);
  await notify(finalized.map((one) => messageOf(messageContext(finalizing, run), one)));
  const events = new Map(finalized.map((one) => [one.partition.payer, eventOf(one, now())]));
  const failed = new Set(unknown.map(({ record: { partition } }) => partition.payer));
  const done = record.members.filter(({ payer }) => !failed.has(payer));
  const seconds = ((record.endedAt ?? now()) - record.startedAt) / 1000;
  if (finalized.length > 0 || unknown.length === 0) {
    report({ what: 'analytics-done', period, run: record.run, partitions: done.length, seconds });
  }
  for (const { payer, setId, watermark } of done) {
    const analysed = { setId, epoch: record.run, watermark, at: now() };
    await ledger.commit({ payer, period }, epoch, { kind: 'analysed', analysed });
    const event = events.get(payer);
    if (event) report({ what: 'partition-finalized', ...event });
  }
  for (const { record: partitionRecord, reason } of unknown) {
    const candidate = { partition: partitionRecord.partition, record: partitionRecord };
    await fail(finalizing, run, candidate, 'analytics-failed', `what they found cannot be reported: ${reason}`);
  }
  return done.map(({ payer }) => payer);
}

function analysingOf(finalizing: FinalizeServices, run: Run): AnalyticsServices {
  const { ledger, script, now, sleep, yieldAt, settings, report } = finalizing;
  const mayWait = async (seconds: number) =>
    now() + seconds * 1000 < yieldAt && !(await areChangesDue(finalizing, run));
  return { ledger, script, now, sleep, mayWait, report, maxWaitSeconds: settings.maxWaitSeconds };
}

/** Whether readers wait for something: it is not kept from them by analytics that run long. */
async function areChangesDue({ ledger, now, settings }: FinalizeServices, { period }: Run): Promise<boolean> {
  return (await ledger.partitions(period)).some((record) => changesAreDue(record, now(), settings));
}

function memberOf({ partition, published }: PartitionRecord): AnalyticsMember[] {
  if (!published) return [];
  const { setId, epoch, asOf = 0 } = published;
  return [{ payer: partition.payer, publishedEpoch: epoch, setId, watermark: asOf }];
}
