import type { Moment } from '../base/moment.ts';
import { printable } from '../base/printable.ts';
import type { Period } from '../billing/period.ts';
import type { Activity, ConfigurationOrigin } from '../ledger/activity.ts';
import type { ReconcileProgress } from '../ledger/reconcileRuns.ts';
import { ageHours, clock } from './age.ts';

/** What runs a stage on AWS, beside the ledger. An embedded reactor has none of it. */
export interface Operations {
  /** Which release is deployed. */
  readonly release: string;
  readonly queues: readonly QueueReading[];
}

/** A queue that can be asked how much is in it. */
export interface QueueReading {
  readonly name: string;
  /** Whether it is a dead-letter queue. */
  readonly isDeadLetters: boolean;
  readonly depth: () => Promise<QueueDepth>;
}

/** Numbers of messages: approximate, as SQS has them. */
export interface QueueDepth {
  readonly waiting: number;
  /** Received, and neither acknowledged nor back yet. */
  readonly inWork: number;
  readonly delayed: number;
}

/** How a stage runs. Times are ISO 8601 in UTC. */
export interface OperationsStatus {
  readonly release: string;
  readonly queues: readonly QueueStatus[];
  /** Null where none was ever noted. */
  readonly reconcile: ReconcileStatus | null;
  /** The newest reconcile while it is under way; null where it has ended. */
  readonly reconcileUnderWay: ReconcileUnderWay | null;
  readonly sweep: { readonly at: string; readonly ageHours: number | null; readonly ticks: number } | null;
}

interface ReconcileUnderWay {
  /** `{"run": …}` asks reconcile for its report so far. */
  readonly run: string;
  readonly at: string;
  readonly ageHours: number | null;
  readonly payers: number;
  readonly done: number;
}

interface ReconcileStatus {
  readonly at: string;
  readonly ageHours: number | null;
  readonly payers: number;
  readonly periods: readonly Period[];
  readonly queued: number;
  readonly unreadable: number;
  readonly configuration: ConfigurationOrigin;
  readonly why: string | null;
}

/** `trouble` says why a queue could not be read; then there are no numbers. */
type QueueStatus = Pick<QueueReading, 'name' | 'isDeadLetters'> & (QueueDepth | { readonly trouble: string });

/**
 * Reads every queue. One that cannot be read is reported with the reason, and the others all the
 * same.
 */
export async function readQueues(queues: readonly QueueReading[]): Promise<QueueStatus[]> {
  return Promise.all(
    queues.map(async ({ name, isDeadLetters, depth }) => {
      try {
        return { name, isDeadLetters, ...(await depth()) };
      } catch (error) {
        return { name, isDeadLetters, trouble: printable(String(error)) };
      }
    }),
  );
}

/** What was read of a stage's running, for the report. `now` is milliseconds since 1970. */
export function operationsStatus(
  release: string,
  queues: readonly QueueStatus[],
  { reconcile, reconcileBegun, sweep, progress }: Activity & { readonly progress?: ReconcileProgress | undefined },
  now: Moment,
): OperationsStatus {
  const when = (endedAt: Moment) => ({ at: new Date(endedAt).toISOString(), ageHours: ageHours(endedAt, now) });
  return {
    release,
    queues,
    reconcile: reconcile
      ? {
          ...when(reconcile.endedAt),
          payers: reconcile.payers,
          periods: reconcile.periods,
          queued: reconcile.queued,
          unreadable: reconcile.unreadable,
          configuration: reconcile.configuration,
          why: reconcile.why ?? null,
        }
      : null,
    reconcileUnderWay:
      reconcileBegun && progress && !progress.ended
        ? {
            run: reconcileBegun.run,
            ...when(reconcileBegun.startedAt),
            payers: progress.payers,
            done: progress.done,
          }
        : null,
    sweep: sweep ? { ...when(sweep.endedAt), ticks: sweep.ticks } : null,
  };
}

/** The same as sentences. */
export function operationsSentences(operations: OperationsStatus): string[] {
  const { release, queues, reconcile, reconcileUnderWay, sweep } = operations;
  return [
    `release ${release}`,
    ...queues.filter(({ isDeadLetters }) => !isDeadLetters).map(queueSentence),
    ...deadLetterSentences(queues.filter(({ isDeadLetters }) => isDeadLetters)),
    reconcile ? `last reconcile ${reconcileWords(reconcile)}` : 'no reconcile has ended yet',
    ...(reconcileUnderWay ? [underWaySentence(reconcileUnderWay)] : []),
    sweep ? `last sweep ${ended(sweep)}: ${sweep.ticks} months woken` : 'no sweep has ended yet',
  ];
}

function queueSentence(queue: QueueStatus): string {
  if ('trouble' in queue) return `queue ${queue.name} cannot be read: ${queue.trouble}`;
  const { name, waiting, inWork, delayed } = queue;
  return `queue ${name}: ${waiting} waiting, ${inWork} in work, ${delayed} delayed`;
}

/** None is one sentence; otherwise each queue that holds some, or cannot be read. */
function deadLetterSentences(queues: readonly QueueStatus[]): string[] {
  const troubles = queues.flatMap((queue) => {
    if ('trouble' in queue) return [queueSentence(queue)];
    const messages = queue.waiting + queue.inWork + queue.delayed;
    return messages > 0 ? [`${messages} dead letters in ${queue.name}`] : [];
  });
  return troubles.length > 0 ? troubles : [`no dead letters in ${queues.length} queues`];
}

function reconcileWords(reconcile: ReconcileStatus): string {
  const { payers, periods, queued, unreadable } = reconcile;
  const what = `${payers} payers, ${periods.join(' and ')}`;
  return `${ended(reconcile)}: ${what}, ${queued} messages queued, ${unreadable} sources unreadable`;
}

function underWaySentence({ run, at, payers, done }: ReconcileUnderWay): string {
  return `reconcile ${run} is under way since ${clock(Date.parse(at))}: ${done} of ${payers} payers done`;
}

function ended({ at, ageHours: hours }: { readonly at: string; readonly ageHours: number | null }): string {
  return `${clock(Date.parse(at))}, ${hours} h ago`;
}
