import type { Moment } from '../base/moment.ts';
import { printable } from '../base/printable.ts';
import type { Partition } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import type { AnalyticsRecord } from '../ledger/analyticsRecord.ts';
import { type Debounce, dueAt } from '../ledger/decide.ts';
import { deliveredAt } from '../ledger/deliveredAt.ts';
import type { Delivery } from '../ledger/delivery.ts';
import type { PeriodRecord } from '../ledger/lease.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { stateOf } from '../ledger/partitionState.ts';
import type { VersionRecord } from '../ledger/versionRecord.ts';
import { ageHours, timeOf } from './age.ts';
import { type BillState, billState } from './billState.ts';
import { staleness } from './freshness.ts';
import { awaitedFiles, type MissingFiles, quarantinedFiles, unusableFiles } from './missingFiles.ts';
import { leavesOutFiles, type OverLimit, overLimitSentence } from './overLimits.ts';
import { deliveryName, reasonsFor, SCHEDULED, type StatusWords } from './reasons.ts';
import type { StatusState } from './statusInput.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** How one payer's month stands. Times are ISO 8601 in UTC; null where there is none. */
export interface PartitionStatus {
  readonly payer: Payer;
  readonly period: Period;
  readonly verdict: Verdict;
  readonly state: StatusState;
  /**
   * What is missing and what happens next, in sentences for whoever has never heard of the reactor.
   */
  readonly why: readonly string[];
  /** Null where nothing has arrived. */
  readonly bill: BillState | null;
  /** Whether the payers' configuration names the payer. */
  readonly configured: boolean;
  /** The newest delivery that is known, by AWS's own name for it. */
  readonly delivery: { readonly executionId: string; readonly files: number; readonly missing: number } | null;
  /** When the newest complete delivery was written at the source: see ledger/deliveredAt.ts. */
  readonly deliveredAt: string | null;
  readonly deliveryAgeHours: number | null;
  /** The files that it waits for, or that cannot be used. */
  readonly missing: MissingFiles | null;
  /** What readers see, and the run that published it. */
  readonly published: {
    readonly delivery: string | null;
    readonly files: number;
    readonly rows: number;
    readonly epoch: number;
    readonly at: string;
  } | null;
  readonly analysedAt: string | null;
  /** The newest run that published or analysed it. */
  readonly lastRun: { readonly epoch: number; readonly at: string } | null;
  /** When a run is due; null while nothing waits for one. */
  readonly dueAt: string | null;
  /** When the month is looked at next, where that was noted. */
  readonly nextTickAt: string | null;
  /** The newest source LastModified staged. */
  readonly watermark: string | null;
}

/** What is known of one partition and around it, read at about `now` (milliseconds since 1970). */
export interface PartitionFacts {
  readonly partition: Partition;
  readonly record: PartitionRecord | undefined;
  /** Of a waiting partition its newest delivery, of a held one the newest that is complete. */
  readonly delivery?: Delivery | undefined;
  /** Where something may be missing or unusable. */
  readonly versions?: readonly VersionRecord[] | undefined;
  readonly period: PeriodRecord;
  readonly analytics: AnalyticsRecord | undefined;
  readonly configured: boolean;
  /** Of this payer. */
  readonly overLimits?: readonly OverLimit[];
  readonly debounce: Debounce;
  /** Without them, those of the stack on AWS. */
  readonly words?: StatusWords;
  readonly now: Moment;
}

/** One partition's row of the status. */
export function partitionStatus(facts: PartitionFacts): PartitionStatus {
  const { partition, record, configured, words = SCHEDULED } = facts;
  const neverArrived = configured ? words.neverArrived : NOT_CONFIGURED;
  if (!record) return { ...partition, ...NOTHING, configured, why: [neverArrived] };
  const { now, debounce, period, analytics, overLimits = [] } = facts;
  const missing = missingOf(facts, record);
  const why = reasonsFor({ record, missing, period, analytics, debounce, words, now });
  const { delivery, analysed } = record;
  const writtenAt = deliveredAt(record);
  const isTickAhead = period.nextTickAt !== undefined && period.nextTickAt > now;
  return {
    ...partition,
    verdict: whileFilesAreDropped(verdictOf(record), overLimits),
    state: stateOf(record).state,
    why: [
      ...why,
      ...overLimits.filter(leavesOutFiles).map(overLimitSentence),
      ...staleness(partition.period, writtenAt, now),
      ...(configured ? [] : [CONFIGURED_NO_MORE]),
    ].map(shortened),
    bill: billState(partition.period, writtenAt, now),
    configured,
    delivery: delivery
      ? {
          executionId: printable(delivery.executionId),
          files: delivery.files,
          missing: delivery.awaited.length === 0 ? 0 : (missing?.count ?? delivery.awaited.length),
        }
      : null,
    deliveredAt: timeOf(writtenAt),
    deliveryAgeHours: ageHours(writtenAt, now),
    missing: missing && missing.count > 0 ? missing : null,
    published: publishedOf(record),
    analysedAt: timeOf(analysed?.at),
    lastRun: lastRunOf(record),
    dueAt: timeOf(dueAt(record, debounce)),
    nextTickAt: isTickAhead ? timeOf(period.nextTickAt) : null,
    watermark: timeOf(record.watermark),
  };
}

const NOT_CONFIGURED = 'the payer is not configured, and nothing of it is known';
const CONFIGURED_NO_MORE = 'the payer is not configured any more: nothing new of it is taken in';
const NOTHING = {
  verdict: 'unknown',
  state: 'unknown',
  bill: null,
  delivery: null,
  deliveredAt: null,
  deliveryAgeHours: null,
  missing: null,
  published: null,
  analysedAt: null,
  lastRun: null,
  dueAt: null,
  nextTickAt: null,
  watermark: null,
} as const;

/** Names and reasons from outside may be long. */
const MAX_SENTENCE = 1_000;

function shortened(sentence: string): string {
  const text = printable(sentence);
  return text.length <= MAX_SENTENCE ? text : `${text.slice(0, MAX_SENTENCE)}…`;
}

function missingOf({ delivery, versions }: PartitionFacts, record: PartitionRecord): MissingFiles | undefined {
  if (!versions) return undefined;
  const { delivery: progress, completeDelivery } = record;
  if (progress && progress.awaited.length > 0) {
    return delivery?.id === progress.id ? awaitedFiles(delivery, progress.awaited, versions) : undefined;
  }
  if (delivery && delivery.id === completeDelivery?.id) return unusableFiles(delivery, versions);
  return quarantinedFiles(versions, record.analysed?.watermark);
}

/** Of what is dropped, nobody knows which month it would have been part of. */
function whileFilesAreDropped(verdict: Verdict, overLimits: readonly OverLimit[]): Verdict {
  return verdict === 'complete' && overLimits.some(leavesOutFiles) ? 'unknown' : verdict;
}

function publishedOf(record: PartitionRecord): PartitionStatus['published'] {
  const { published } = record;
  if (!published) return null;
  const { files, rows, epoch, at, deliveryId } = published;
  const delivery = deliveryId === undefined ? null : printable(deliveryName(record, deliveryId));
  return { delivery, files, rows, epoch, at: new Date(at).toISOString() };
}

function lastRunOf({ published, analysed }: PartitionRecord): PartitionStatus['lastRun'] {
  const runs = [published, analysed].flatMap((run) => (run ? [{ epoch: run.epoch, at: run.at }] : []));
  const [newest] = runs.sort((a, b) => b.epoch - a.epoch || b.at - a.at);
  return newest ? { epoch: newest.epoch, at: new Date(newest.at).toISOString() } : null;
}
