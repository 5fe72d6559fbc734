import { analyse } from '../analytics/analyse.ts';
import { failureText } from '../analytics/failureText.ts';
import type { AnalyticsServices } from '../analytics/services.ts';
import type { Payer } from '../billing/payer.ts';
import type { AnalyticsMember, AnalyticsRecord } from '../ledger/analyticsRecord.ts';
import { analyticsWaitSince, type Decision, decide } from '../ledger/decide.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { fail, renewLease } from './candidate.ts';
import { failedChecksAfter, failedChecksIn } from './failedChecks.ts';
import {
  eventOf,
  type FinalizedPartition,
  finalizedBy,
  isAnalysedBy,
  isFirst,
  type UnknownTotals,
} from './finalized.ts';
import { messagesOf } from './ownerDigests.ts';
import { type FinalizeServices, type FinalizeSettings, hasTimeFor, type Run } from './services.ts';
import { workThrough } from './workThrough.ts';

/**
 * While more is to be published, the script is begun over what has been only when that has waited
 * for so long.
 */
const ANALYTICS_WAIT_SECONDS = 1800;
/** One script run is over so many payers at most: its record in the ledger names them all. */
const PAYERS_PER_SCRIPT = 500;
/**
 * With digests for owners, so many payers are reported and committed at once: each may have two
 * hundred owners, whose findings are held in memory until they lie in the outbox.
 */
const PAYERS_WITH_DIGESTS = 10;
/** What that takes at most. */
const DIGESTS_SECONDS = 60;
/** So many partitions' records are written at the same time. */
const COMMITS_AT_ONCE = 8;

/**
 * Runs the analytics over what was published since they ran last, as far as they get now. What they
 * do not get to stays dirty, and a later run goes on with it. A script run that has begun goes on
 * whatever else is due, a new one waits until all is published, but not for long: each begins with
 * a fixed effort, however many payers it is over. Answers the payers whose months they have run
 * over.
 */
export async function analysePublished(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
): Promise<readonly Payer[]> {
  const { ledger, now } = services;
  const decision = decide(await ledger.partitions(run.period), now(), settings);
  if (decision.act !== 'run' || decision.analyse.length === 0) return [];
  await renewLease(services, settings, run);
  const analytics = { ...analyticsServices(services, settings, run), mayBegin: mayBegin(decision, now()) };
  const record = await analyse(analytics, run, longestWaiting(decision.analyse).flatMap(memberOf));
  if (!record) return [];
  if (record.status === 'failed') await commitFailed(services, settings, run, record);
  if (record.status !== 'done') return [];
  return commitDone(services, settings, run, record);
}

/**
 * Whether the script may be begun: nothing is left to be published first, or what has been has
 * waited long enough.
 */
function mayBegin({ publish, analyse: waiting }: Extract<Decision, { act: 'run' }>, now: number): boolean {
  const since = Math.min(...waiting.map((record) => analyticsWaitSince(record) ?? now));
  return publish.length === 0 || now - since >= ANALYTICS_WAIT_SECONDS * 1000;
}

/** Those that were published first, as many as one script run is over. */
function longestWaiting(records: readonly PartitionRecord[]): readonly PartitionRecord[] {
  if (records.length <= PAYERS_PER_SCRIPT) return records;
  const sorted = records.toSorted((a, b) => (a.published?.at ?? 0) - (b.published?.at ?? 0));
  return sorted.slice(0, PAYERS_PER_SCRIPT);
}

/**
 * Each partition that the run was for is tried again after its own delay, unless it was published
 * anew meanwhile.
 */
async function commitFailed(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  { members, failure }: AnalyticsRecord,
): Promise<void> {
  const reason = failure ? failureText(failure) : 'the run failed';
  const epochs = new Map(members.map(({ payer, publishedEpoch }) => [payer, publishedEpoch]));
  for (const record of await services.ledger.partitions(run.period)) {
    const { partition, published } = record;
    if (published === undefined || epochs.get(partition.payer) !== published.epoch) continue;
    await fail(services, settings, run, { record, what: 'analytics-failed', message: reason, step: failure });
  }
}

/**
 * What follows from a run that is done. Cut off in between, its members are still due, and what is
 * left is done once more. A partition whose findings cannot be reported stays due: it is tried
 * again after its own delay, and the others are not.
 */
async function commitDone(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  record: AnalyticsRecord,
): Promise<readonly Payer[]> {
  const { now, report } = services;
  const { period } = run;
  const { finalized, unknown } = await finalizedBy(services, run, record);
  const failed = new Set(unknown.map(({ record: { partition } }) => partition.payer));
  const members = record.members.filter(({ payer }) => !failed.has(payer));
  const seconds = ((record.endedAt ?? now()) - record.startedAt) / 1000;
  if (finalized.length > 0 || unknown.length === 0) {
    report({ what: 'analytics-done', period, run: record.run, partitions: members.length, seconds });
  }
  for (const check of failedChecksIn(finalized)) report({ what: 'check-failed', period, run: record.run, ...check });
  const running = { services, settings, run };
  const done: Payer[] = [];
  const atOnce = settings.ownerDigests ? PAYERS_WITH_DIGESTS : Math.max(1, members.length);
  for (let begin = 0; begin < members.length; begin += atOnce) {
    // The next tick goes on with the others.
    if (begin > 0 && !hasTimeFor(DIGESTS_SECONDS, services, run)) break;
    if (begin > 0) await renewLease(services, settings, run);
    done.push(
      ...(await commitMembers(running, { ...record, members: members.slice(begin, begin + atOnce) }, finalized)),
    );
  }
  for (const one of unknown) await failUnreported(running, one);
  return done;
}

/**
 * Notifies of some members, then writes down that they are analysed: no message is left out when it
 * is cut off, and some come twice at worst. Answers those of which that is done.
 */
async function commitMembers(
  running: Running,
  record: AnalyticsRecord,
  finalized: readonly FinalizedPartition[],
): Promise<readonly Payer[]> {
  const { services, settings, run } = running;
  const payers = new Set(record.members.map(({ payer }) => payer));
  const first = finalized.filter((one) => payers.has(one.partition.payer) && isFirst(one));
  const { messages, unknown } = await messagesOf(services, settings, run, first);
  await services.notify(messages);
  const failed = new Set(unknown.map(({ record: { partition } }) => partition.payer));
  const members = record.members.filter(({ payer }) => !failed.has(payer));
  await commitAnalysed(running, { ...record, members }, finalized);
  for (const one of unknown) await failUnreported(running, one);
  return members.map(({ payer }) => payer);
}

async function failUnreported({ services, settings, run }: Running, { record, reason }: UnknownTotals): Promise<void> {
  const message = `what they found cannot be reported: ${reason}`;
  await fail(services, settings, run, { record, what: 'analytics-failed', message });
}

/**
 * Writes down for each member that the run has analysed it, unless that is done. One that was
 * published anew meanwhile stays due.
 */
async function commitAnalysed(
  { services, settings, run: { period, epoch } }: Running,
  { run, members }: AnalyticsRecord,
  finalized: readonly FinalizedPartition[],
): Promise<void> {
  const { ledger, now, report } = services;
  const byPayer = new Map(finalized.map((one) => [one.partition.payer, one]));
  const seen = new Set(
    (await ledger.partitions(period)).flatMap((record) => (isAnalysedBy(record, run) ? record.partition.payer : [])),
  );
  const open = members.filter(({ payer }) => !seen.has(payer));
  await workThrough(open, { atOnce: COMMITS_AT_ONCE, mayBegin: () => true }, async ({ payer, setId, watermark }) => {
    const at = now();
    const one = byPayer.get(payer);
    const failedChecks = one && failedChecksAfter(settings, one, at);
    const analysed = { setId, epoch: run, watermark, at, ...(failedChecks && { failedChecks }) };
    await ledger.commit({ payer, period }, epoch, { kind: 'analysed', analysed });
    if (one && isFirst(one)) report({ what: 'partition-finalized', ...eventOf(one, at) });
    return undefined;
  });
}

interface Running {
  readonly services: FinalizeServices;
  readonly settings: FinalizeSettings;
  readonly run: Run;
}

function analyticsServices(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
): Omit<AnalyticsServices, 'mayBegin'> {
  const { ledger, script, now, sleep, report } = services;
  const { yieldAt = Number.POSITIVE_INFINITY } = run;
  const mayWait = async (seconds: number) =>
    now() + seconds * 1000 < yieldAt && !(await areChangesDue(services, settings, run));
  return { ledger, script, now, sleep, mayWait, report, maxWaitSeconds: settings.maxWaitSeconds };
}

/** Whether readers wait for something: analytics that run long must not withhold it from them. */
async function areChangesDue(
  { ledger, now }: FinalizeServices,
  settings: FinalizeSettings,
  { period }: Run,
): Promise<boolean> {
  const decision = decide(await ledger.partitions(period), now(), settings);
  return decision.act === 'run' && decision.publish.length > 0;
}

function memberOf({ partition, published, analysed }: PartitionRecord): AnalyticsMember[] {
  if (!published) return [];
  const { setId, epoch, asOf = 0 } = published;
  const member = { payer: partition.payer, publishedEpoch: epoch, setId, watermark: asOf };
  return [analysed ? { ...member, analysedBy: analysed.epoch } : member];
}
