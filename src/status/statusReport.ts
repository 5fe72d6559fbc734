import { counted } from '../base/counted.ts';
import { definedFields } from '../base/definedFields.ts';
import type { Moment } from '../base/moment.ts';
import { printable } from '../base/printable.ts';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import type { PayersInForce } from '../config/payersInForce.ts';
import type { AnalyticsRecord } from '../ledger/analyticsRecord.ts';
import type { PeriodRecord } from '../ledger/lease.ts';
import type { OutboxDepth } from '../outbox/outboxDepth.ts';
import { ageHours, clock, timeOf } from './age.ts';
import { type OperationsStatus, operationsSentences } from './operations.ts';
import { type OverLimit, overLimitSentence } from './overLimits.ts';
import type { PartitionStatus } from './partitionStatus.ts';
import { analyticsSentence } from './reasons.ts';
import type { StatusRequest } from './statusInput.ts';
import { statusTable } from './statusTable.ts';
import type { Verdict } from './verdict.ts';

/**
 * The whole status. The summary and the table are for people, all else for programs; times are ISO
 * 8601 in UTC.
 */
export interface StatusReport {
  readonly at: string;
  /**
   * The worst of all that was asked for: incomplete, then unknown, then complete. Filters by state
   * do not change it.
   */
  readonly verdict: Verdict;
  readonly summary: readonly string[];
  /** Lines for reading; absent when not asked for. */
  readonly table?: readonly string[] | undefined;
  /** Absent when not asked for. */
  readonly partitions?: readonly PartitionStatus[] | undefined;
  /**
   * How many partitions did not fit into the answer; those that are complete are left out first.
   */
  readonly leftOut: number;
  readonly periods: readonly PeriodStatus[];
  /** Where the payers are from; null where nobody configures them. */
  readonly configuration: ConfigurationStatus | null;
  readonly outbox: OutboxStatus;
  /** Payers that have sent more than their limit of this hour. */
  readonly overLimits: readonly OverLimit[];
  /** How the stage runs; absent where nothing but the ledger does. */
  readonly operations?: OperationsStatus | undefined;
}

/** A month as a whole: who works on it. */
interface PeriodStatus {
  readonly period: Period;
  /** The newest run; 0 when there never was one. */
  readonly epoch: number;
  /** Null while nobody holds it. One that has run out is that of a run that died. */
  readonly lease: { readonly holder: string; readonly until: string; readonly hasRunOut: boolean } | null;
  readonly nextTickAt: string | null;
  readonly analytics: AnalyticsStatus | null;
}

interface AnalyticsStatus {
  readonly run: number;
  readonly status: AnalyticsRecord['status'];
  readonly payers: readonly Payer[];
  readonly steps: number;
  readonly stepsDone: number;
  /** The step that was submitted; null where none is. */
  readonly inFlight: {
    readonly step: number;
    /** The number of its first statement in the script. */
    readonly statement: number;
    readonly since: string;
    readonly queryId: string | null;
  } | null;
  readonly failure: {
    readonly statement: number | null;
    readonly code: string;
    readonly message: string;
    readonly queryId: string | null;
  } | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/**
 * `cache`: the ledger's copy of the payers table, as reconcile has read it last; `fallback`: the
 * payers file.
 */
interface ConfigurationStatus {
  readonly from: 'cache' | 'fallback';
  readonly payers: number;
  readonly readAt: string | null;
  readonly ageHours: number | null;
  /**
   * Why the payers are not from the payers table as it is now, though there is one: as the last
   * reconcile found it.
   */
  readonly why: string | null;
}

/** Messages that the broker has not confirmed. */
interface OutboxStatus {
  readonly messages: number;
  /** There are more: nobody counted further. */
  readonly isAtLeast: boolean;
  /** Of those that were counted. */
  readonly oldestAt: string | null;
  readonly oldestAgeHours: number | null;
}

/** What the report is made of, all of it read at about `at` (milliseconds since 1970). */
interface StatusFacts {
  readonly at: Moment;
  readonly request: Pick<StatusRequest, 'states' | 'problemsOnly' | 'format'>;
  /** All that were asked for, before the filters by state. */
  readonly partitions: readonly PartitionStatus[];
  readonly periods: readonly { readonly record: PeriodRecord; readonly analytics: AnalyticsRecord | undefined }[];
  readonly configuration: { readonly inForce: PayersInForce; readonly payers: ReadonlySet<Payer> } | undefined;
  readonly outbox: OutboxDepth;
  readonly overLimits: readonly OverLimit[];
  readonly operations: OperationsStatus | undefined;
}

/**
 * An answer of Lambda holds 6 MB (Lambda quotas). The table repeats a part of the rows, and is
 * never larger than they are.
 */
const MAX_ROWS_BYTES = 2_500_000;

/** The report on everything. */
export function statusReport(facts: StatusFacts): StatusReport {
  const { at, request, partitions } = facts;
  const wanted = partitions.filter(
    ({ state, verdict }) =>
      (request.states?.includes(state) ?? true) && !(request.problemsOnly && verdict === 'complete'),
  );
  const shown = fitting(wanted);
  const periods = facts.periods.map(({ record, analytics }) => periodStatus(record, analytics, at));
  const configuration = facts.configuration ? configurationStatus(facts.configuration, facts.operations, at) : null;
  const outbox = outboxStatus(facts.outbox, at);
  const leftOut = wanted.length - shown.length;
  return definedFields({
    at: new Date(at).toISOString(),
    verdict: worst(partitions),
    summary: summarize(facts, { configuration, outbox, leftOut }),
    table: request.format === 'json' ? undefined : statusTable(shown),
    partitions: request.format === 'table' ? undefined : shown,
    leftOut,
    periods,
    configuration,
    outbox,
    overLimits: facts.overLimits,
    operations: facts.operations,
  });
}

/** With nothing at all, it is unknown. */
function worst(partitions: readonly PartitionStatus[]): Verdict {
  const has = (wanted: Verdict) => partitions.some(({ verdict }) => verdict === wanted);
  if (has('incomplete')) return 'incomplete';
  return has('unknown') || partitions.length === 0 ? 'unknown' : 'complete';
}

/** The rows that fit into an answer; where not all do, those that need a person come first. */
function fitting(partitions: readonly PartitionStatus[]): readonly PartitionStatus[] {
  const isComplete = ({ verdict }: PartitionStatus) => verdict === 'complete';
  const byNeed = [...partitions.filter((one) => !isComplete(one)), ...partitions.filter(isComplete)];
  let bytes = 0;
  const end = byNeed.findIndex((one) => {
    bytes += Buffer.byteLength(JSON.stringify(one));
    return bytes > MAX_ROWS_BYTES;
  });
  return end < 0 ? partitions : byNeed.slice(0, end);
}

function periodStatus(
  { period, epoch, lease, nextTickAt }: PeriodRecord,
  analytics: AnalyticsRecord | undefined,
  now: Moment,
): PeriodStatus {
  return {
    period,
    epoch,
    lease: lease
      ? {
          holder: printable(lease.holder),
          until: new Date(lease.until).toISOString(),
          hasRunOut: lease.until <= now,
        }
      : null,
    nextTickAt: nextTickAt !== undefined && nextTickAt > now ? timeOf(nextTickAt) : null,
    analytics: analytics ? analyticsStatus(analytics) : null,
  };
}

function analyticsStatus(record: AnalyticsRecord): AnalyticsStatus {
  const { run, status, members, steps, stepsDone, inFlight, failure, startedAt, endedAt } = record;
  return {
    run,
    status,
    payers: members.map(({ payer }) => payer),
    steps,
    stepsDone,
    inFlight: inFlight
      ? {
          step: stepsDone + 1,
          statement: inFlight.number,
          since: new Date(inFlight.submittedAt).toISOString(),
          queryId: inFlight.queryId ?? null,
        }
      : null,
    failure: failure
      ? {
          statement: failure.statement ?? null,
          code: printable(failure.code),
          message: printable(failure.message),
          queryId: failure.queryId ?? null,
        }
      : null,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: timeOf(endedAt),
  };
}

function configurationStatus(
  { inForce, payers }: NonNullable<StatusFacts['configuration']>,
  operations: OperationsStatus | undefined,
  now: Moment,
): ConfigurationStatus {
  const { from, readAt } = inForce;
  return {
    from,
    payers: payers.size,
    readAt: timeOf(readAt),
    ageHours: ageHours(readAt, now),
    why: operations?.reconcile?.why ?? null,
  };
}

function outboxStatus({ messages, isAtLeast, oldestAt }: OutboxDepth, now: Moment): OutboxStatus {
  return { messages, isAtLeast, oldestAt: timeOf(oldestAt), oldestAgeHours: ageHours(oldestAt, now) };
}

/** The report as sentences: the verdict first. */
function summarize(
  { at, partitions, periods, overLimits, operations }: StatusFacts,
  { configuration, outbox, leftOut }: Pick<StatusReport, 'configuration' | 'outbox' | 'leftOut'>,
): string[] {
  const count = (wanted: Verdict) => partitions.filter(({ verdict }) => verdict === wanted).length;
  const counts = `${count('complete')} of ${partitions.length} payers' months are complete`;
  const others = `${count('incomplete')} incomplete, ${count('unknown')} unknown`;
  const sentences = [`as of ${clock(at)}: ${counts}, ${others}`];
  for (const { record, analytics } of periods) {
    const { lease, period, epoch } = record;
    const died = lease && lease.until <= at;
    if (lease) {
      const until = died ? `, which has died: its lease ran out at` : ` until`;
      sentences.push(`${period}: held by run ${epoch}${until} ${clock(lease.until)}`);
    }
    if (analytics && analytics.status !== 'done') sentences.push(`${period}: ${analyticsSentence(analytics)}`);
  }
  if (configuration) sentences.push(configurationSentence(configuration));
  if (outbox.messages > 0) sentences.push(outboxSentence(outbox));
  sentences.push(...overLimits.map(overLimitSentence));
  if (operations) sentences.push(...operationsSentences(operations));
  if (leftOut > 0)
    sentences.push(`${leftOut === 1 ? '1 row is' : `${leftOut} rows are`} left out: ask for fewer payers or periods`);
  return sentences.map(printable);
}

function outboxSentence({ messages, isAtLeast, oldestAgeHours }: OutboxStatus): string {
  const waiting = messages === 1 ? '1 message waits' : `${messages} messages wait`;
  return `${isAtLeast ? 'at least ' : ''}${waiting} for the broker, the oldest for ${oldestAgeHours} h`;
}

function configurationSentence({ from, payers, readAt, ageHours: age, why }: ConfigurationStatus): string {
  const reason = why === null ? '' : `: ${why}`;
  if (from === 'fallback' || readAt === null) return `${counted(payers, 'payer')}, from the payers file${reason}`;
  return `${counted(payers, 'payer')}, from the payers table as it was read at ${readAt}, ${age} h ago${reason}`;
}
