import { failureText } from '../analytics/failureText.ts';
import { counted } from '../base/counted.ts';
import type { Moment } from '../base/moment.ts';
import type { AnalyticsRecord } from '../ledger/analyticsRecord.ts';
import type { Debounce } from '../ledger/decide.ts';
import { dueAt } from '../ledger/decide.ts';
import type { PeriodRecord } from '../ledger/lease.ts';
import { failedChecksOf, hasChanges, isDirty, type PartitionRecord } from '../ledger/partitionRecord.ts';
import { failedChecksText, stateOf } from '../ledger/partitionState.ts';
import { type Problem, problemsOf } from '../ledger/problems.ts';
import { clock } from './age.ts';
import type { MissingFiles } from './missingFiles.ts';
import { isAnalysed, isVisible, lacksManifest } from './verdict.ts';

/** What the sentences are made of; moments are milliseconds since 1970. */
interface Circumstances {
  readonly record: PartitionRecord;
  /** The files in the way; undefined where nobody had to look. */
  readonly missing: MissingFiles | undefined;
  readonly period: PeriodRecord;
  readonly analytics: AnalyticsRecord | undefined;
  readonly debounce: Debounce;
  readonly words: StatusWords;
  readonly now: Moment;
}

/** What the sentences say of whoever works on by itself: it is not the same everywhere. */
export interface StatusWords {
  /** Who takes up what is due and has no tick of its own. */
  readonly overdue: string;
  /** What to do about a month of which nothing has come. */
  readonly neverArrived: string;
}

/** On AWS. */
export const SCHEDULED: StatusWords = {
  overdue: 'its tick is on its way, or the sweep sends one within minutes',
  neverArrived: 'nothing of it has ever arrived: reconcile says whether the source has anything',
};

/**
 * Why a partition is not complete, what readers see meanwhile and what happens next, in sentences.
 * Of a complete one only what is worth knowing, mostly nothing. Texts from outside stand in them as
 * they came: whoever prints them escapes them.
 */
export function reasonsFor(circumstances: Circumstances): string[] {
  const { record, now } = circumstances;
  return [...reasonsOfState(circumstances), ...silentChecks(record, now), ...openChoice(record)];
}

/** The checks that have failed over what readers see, and when they are tried again. */
function silentChecks(record: PartitionRecord, now: Moment): string[] {
  const failed = failedChecksOf(record);
  if (!failed) return [];
  const { attempts, retryAt } = failed;
  const next = `next at ${clock(retryAt)}${retryAt <= now ? ' (due)' : ''}`;
  return [`${failedChecksText(failed)}; the findings of before stay`, `tried ${counted(attempts, 'time')}, ${next}`];
}

/** Several reports of one month: which one is the bill, which are left out, and how to choose. */
function openChoice({ report, otherReports = [] }: PartitionRecord): string[] {
  if (otherReports.length === 0) return [];
  const others = otherReports.map((other) => `${other.report} (since ${clock(other.since)})`);
  return [`the bill is the report ${report}; left out until somebody chooses (\`report\`): ${others.join(', ')}`];
}

function reasonsOfState(circumstances: Circumstances): string[] {
  const { record } = circumstances;
  const { state } = stateOf(record);
  switch (state) {
    case 'waiting':
      return [...whyWaiting(circumstances), meanwhile(record), ...working(circumstances), ...overdue(circumstances)];
    case 'failed':
      return [...whyFailed(circumstances), ...whyWaiting(circumstances), meanwhile(record), ...working(circumstances)];
    case 'held':
      return [...whyHeld(circumstances), meanwhile(record)];
    case 'pending':
      return [
        ...unanalysed(record),
        ...postponed(record),
        ...working(circumstances),
        whenDue(circumstances),
        ...quarantined(circumstances),
        meanwhile(record),
      ];
    case 'published':
      return [...unfinished(record), ...working(circumstances), ...newerContent(circumstances)];
    default:
      return state satisfies never;
  }
}

/** A delivery as people know it: AWS's own name for it, where the record still has it. */
export function deliveryName({ delivery, completeDelivery }: PartitionRecord, id: string): string {
  return [delivery, completeDelivery].find((known) => known?.id === id)?.executionId ?? id;
}

function whyWaiting({ record: { delivery }, missing }: Circumstances): string[] {
  if (!delivery || delivery.awaited.length === 0) return [];
  const name = `delivery ${delivery.executionId}`;
  const count = missing?.count ?? delivery.awaited.length;
  if (count === 0)
    return [`${name} is here, with files newer than its manifest: it is looked at again after the quiet period`];
  return [
    `waiting for ${count} of ${counted(delivery.files, 'file')} of ${name} (manifest of ${clock(delivery.manifest.lastModified)})`,
    ...listed('missing', missing),
  ];
}

function whyFailed(circumstances: Circumstances): string[] {
  return problemsOf(circumstances.record).flatMap((problem) => whyStepFailed(circumstances, problem));
}

function whyStepFailed(circumstances: Circumstances, problem: Problem): string[] {
  const { record, analytics, now } = circumstances;
  const { what, message, attempts, at, retryAt, changes } = problem;
  const isOfRun = what === 'analytics-failed' && analytics?.status === 'failed' && isMember(analytics, record);
  const failure = isOfRun ? analytics.failure : undefined;
  const words = failure ? `${failureText(failure)}${queryName(failure.queryId)}` : message;
  const tried = `tried ${counted(attempts, 'time')}, last at ${clock(at)}`;
  const next =
    changes === record.changes
      ? `next at ${clock(retryAt)}${retryAt <= now ? ' (due)' : ''}`
      : `changed since, ${whenDue(circumstances)}`;
  return [`${STEPS[what]} failed: ${words}`, `${tried}, ${next}`];
}

const STEPS = {
  'registration-failed': 'registration in the warehouse',
  'verification-failed': 'the count of rows in the warehouse',
  'analytics-failed': 'analytics',
} as const;

function whyHeld({ record, missing }: Circumstances): string[] {
  if (record.held === undefined) return ['nothing has been published, and nothing waits for a run'];
  return [
    `cannot be put together: ${record.held}`,
    ...listed('in the way', missing),
    'tried again as soon as a file or a delivery comes',
  ];
}

/** What a partition at rest lacks. */
function unfinished(record: PartitionRecord): string[] {
  const { delivery, published } = record;
  const sentences = unanalysed(record);
  if (delivery && !isVisible(record, delivery))
    sentences.push(`delivery ${delivery.executionId} is whole, and readers do not see it yet`);
  for (const { what, at, message } of problemsOf(record)) {
    sentences.push(`${STEPS[what]} failed at ${clock(at)}: ${message}`);
  }
  if (lacksManifest(record)) {
    sentences.push(`its manifest has not come: nobody knows whether ${these(published?.files ?? 0)} all`);
  }
  return sentences;
}

/** Why its turn comes after others'. */
function postponed(record: PartitionRecord): string[] {
  const { sliceSeconds } = record;
  if (sliceSeconds === undefined || !hasChanges(record)) return [];
  return [`the warehouse took longer for it than its turn: it has up to ${sliceSeconds} s, after the other payers`];
}

function unanalysed(record: PartitionRecord): string[] {
  const { published } = record;
  if (!published || isAnalysed(record)) return [];
  return [`published by run ${published.epoch} at ${clock(published.at)}, and not analysed since`];
}

/**
 * Files that came after what readers see: those of the next delivery, as a rule, whose manifest is
 * not here yet.
 */
function newerContent({ record, missing }: Circumstances): string[] {
  const { watermark, delivery } = record;
  if (!hasNewerContent(record) || watermark === undefined) return [];
  const what = delivery ? 'that its newest manifest does not name' : 'that are no part of what readers see';
  return [`newer files have come (until ${clock(watermark)}) ${what}`, ...listed('unusable', missing)];
}

/** Whether something newer than what analytics have seen is staged. */
export function hasNewerContent({ watermark, analysed }: PartitionRecord): boolean {
  return watermark !== undefined && analysed !== undefined && watermark > analysed.watermark;
}

function quarantined({ missing }: Circumstances): string[] {
  return listed('unusable', missing);
}

/** What somebody is doing about it at this moment. */
function working({ record, period, analytics, now }: Circumstances): string[] {
  const sentences: string[] = [];
  const { lease, epoch } = period;
  if (lease && lease.until > now && isDirty(record)) {
    sentences.push(
      `run ${epoch} is at work on the month: its lease is held by ${lease.holder} until ${clock(lease.until)}`,
    );
  }
  if (analytics?.status === 'running' && isMember(analytics, record) && !isAnalysed(record))
    sentences.push(analyticsSentence(analytics));
  return sentences;
}

function isMember({ members }: AnalyticsRecord, { partition }: PartitionRecord): boolean {
  return members.some(({ payer }) => payer === partition.payer);
}

/** How far a run of the analytics is. */
export function analyticsSentence({ run, steps, stepsDone, inFlight, startedAt, status }: AnalyticsRecord): string {
  const of = `analytics (run ${run})`;
  if (status !== 'running') return `${of} ${status}: ${stepsDone} of ${counted(steps, 'step')}`;
  if (!inFlight) return `${of} running: ${stepsDone} of ${counted(steps, 'step')} done, since ${clock(startedAt)}`;
  return `${of} running: step ${stepsDone + 1} of ${steps} (statement ${inFlight.number}) since ${clock(inFlight.submittedAt)}${queryName(inFlight.queryId)}`;
}

/** An older delivery that is whole is published while a newer one waits. */
function overdue(circumstances: Circumstances): string[] {
  const { record } = circumstances;
  const { completeDelivery } = record;
  if (!completeDelivery || isVisible(record, completeDelivery) || !isDirty(record)) return [];
  return [`delivery ${completeDelivery.executionId} before it is whole, and ${whenDue(circumstances)}`];
}

/** When the next run takes a dirty partition up. */
function whenDue({ record, period: { nextTickAt }, debounce, words, now }: Circumstances): string {
  const due = dueAt(record, debounce);
  if (due === undefined) return 'nothing waits for a run';
  if (due <= now) {
    const tick =
      nextTickAt !== undefined && nextTickAt > now ? `a tick is on its way for ${clock(nextTickAt)}` : words.overdue;
    return `due since ${clock(due)}: ${tick}`;
  }
  if (lacksManifest(record)) return `its manifest has not come: due when it does, at the latest at ${clock(due)}`;
  const { lastChangeAt, firstChangeAt } = record;
  const changes = lastChangeAt === undefined ? '' : `changes came until ${clock(lastChangeAt)}, `;
  const latest = (firstChangeAt ?? due) + debounce.maxWaitSeconds * 1000;
  return `quiet until ${clock(due)}: ${changes}due at the latest at ${clock(Math.max(due, latest))}`;
}

/** What readers see of it. */
function meanwhile(record: PartitionRecord): string {
  const { published } = record;
  if (!published) return 'readers see nothing of it yet';
  const { deliveryId, at, files, rows } = published;
  const what = deliveryId === undefined ? 'files without a manifest' : `delivery ${deliveryName(record, deliveryId)}`;
  return `readers see ${what}, published at ${clock(at)}: ${counted(files, 'file')}, ${counted(rows, 'row')}`;
}

function listed(label: string, missing: MissingFiles | undefined): string[] {
  if (!missing || missing.count === 0) return [];
  const groups = Map.groupBy(missing.files, ({ why }) => why);
  const names = [...groups].map(([why, files]) => `${files.map(({ key }) => fileName(key)).join(', ')} (${why})`);
  return [`${label}: ${names.join('; ')}${missing.more > 0 ? ` and ${missing.more} more` : ''}`];
}

function fileName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** What is published of a month whose manifest has not come. */
function these(files: number): string {
  return files === 1 ? 'this file is' : `these ${files} files are`;
}

function queryName(queryId: string | undefined): string {
  return queryId === undefined ? '' : `, query id ${queryId}`;
}
