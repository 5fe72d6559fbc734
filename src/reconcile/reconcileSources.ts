import pMap from 'p-map';
import { type Partition, partitionName } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import { type Period, recentPeriods } from '../billing/period.ts';
import type { Source } from '../billing/source.ts';
import type { Debounce } from '../ledger/decide.ts';
import type { Notify } from '../ledger/message.ts';
import type { MessageContext } from '../outbox/compose.ts';
import {
  reportsUndecided,
  stale as staleMessage,
  unreadable as unreadableMessage,
} from '../outbox/reconcileMessages.ts';
import type { Queue } from '../queue/queue.ts';
import type { Tick } from '../queue/tick.ts';
import type { Location } from '../store/objectStore.ts';
import { freshness } from '../sweep/freshness.ts';
import { sweep } from '../sweep/sweep.ts';
import type { Report } from '../telemetry/events.ts';
import { type DiscoveryServices, discoverSource } from './discover.ts';
import { type KnownPartition, knowPartition, unownedCopies } from './knownPartition.ts';
import type { ReconcileRequest } from './reconcileInput.ts';
import {
  type PartitionReport,
  type ReconcileReport,
  reportPartition,
  summarize,
  type UnreadableSource,
} from './reconcileReport.ts';
import type { PartitionTally } from './tally.ts';

/** What reconcile works with, once it knows the sources. `now` answers milliseconds since 1970. */
export interface ReconcileServices extends DiscoveryServices {
  readonly sources: readonly Source[];
  readonly finalizeQueue: Queue<Tick>;
  readonly stagingBucket: string;
  readonly debounce: Debounce;
  /**
   * Superseded copies that have been hidden for this long are cleared away by a run, which this
   * wakes.
   */
  readonly supersededGraceSeconds: number;
  /** How many payers are read at the same time. */
  readonly concurrency: number;
  /** Marks a copy for the staging bucket's lifecycle rule. */
  readonly tagUnowned: (location: Location) => Promise<void>;
  /** A payer whose newest complete delivery is older than this is stale. */
  readonly staleAfterHours: number;
  /** Named in messages. */
  readonly stage: string;
  readonly notify: Notify;
  readonly now: () => number;
  readonly report: Report;
}

/**
 * A copy that nobody owns yet may still find its owner: its message lives for up to four days in
 * the copy queue and for fourteen in the dead-letter queue. After that it never will.
 */
const UNOWNED_AFTER_MS = 20 * 24 * 3_600_000;

/**
 * Looks at every wanted payer's sources as if nothing were known: lists the wanted months, requests
 * what the ledger does not have, has lost copies made again, marks copies without an owner, and
 * wakes what is dirty and asleep. Doing it again changes nothing more.
 *
 * A source that cannot be read is reported, and others are notified of it with the reason; the rest
 * go on. So are payers whose newest complete delivery is too old, as far as the ledger knows now.
 * Throws what the ledger and the queues throw.
 */
export async function reconcileSources(
  services: ReconcileServices,
  request: ReconcileRequest,
): Promise<ReconcileReport> {
  const at = services.now();
  const working = request.dryRun ? withoutEffects(services) : services;
  const answers = await pMap(request.payers, (payer) => reconcilePayer(working, payer, request), {
    concurrency: services.concurrency,
  });
  const partitions = answers.flatMap(({ partitions }) => partitions);
  const unreadable = answers.flatMap(({ unreadable }) => unreadable);
  await wakeToClear(working, new Set(answers.flatMap(({ overdue }) => overdue)));
  await notifyStale(working, request.payers);
  await notifyUndecided(working, partitions);
  const ticks = request.dryRun ? 0 : await sweep(working);
  return {
    at: new Date(at).toISOString(),
    dryRun: request.dryRun,
    periods: request.periods,
    summary: summarize(partitions, unreadable, request.dryRun),
    partitions,
    unreadable,
    ticks,
  };
}

/** The same, with nothing sent and nothing marked. */
function withoutEffects(services: ReconcileServices): ReconcileServices {
  const silent = { send: async () => {} };
  const nothing = async () => {};
  return {
    ...services,
    copyQueue: silent,
    finalizeQueue: silent,
    tagUnowned: nothing,
    notify: nothing,
    report: () => {},
  };
}

interface PayerAnswer {
  readonly partitions: readonly PartitionReport[];
  readonly unreadable: readonly UnreadableSource[];
  /** Periods in which superseded copies wait to be cleared away. */
  readonly overdue: readonly Period[];
}

/**
 * One payer, whatever happens to it: its trouble is in the answer, and stops nobody else's work.
 */
async function reconcilePayer(
  services: ReconcileServices,
  payer: Payer,
  { periods, dryRun, full }: ReconcileRequest,
): Promise<PayerAnswer> {
  const know = memoized((partition) => knowPartition(services, partition, services.stagingBucket));
  const isWanted = (partition: Partition) => partition.payer === payer && periods.includes(partition.period);
  const sources = services.sources.filter((source) => source.payer === payer);
  const tallies: PartitionTally[] = [];
  const unreadable: UnreadableSource[] = [];
  for (const source of sources) {
    try {
      const scope = { isWanted, periods, full, know, rereadQuarantined: true, choosesReports: !dryRun };
      tallies.push(...(await discoverSource(services, source, scope)).partitions);
    } catch (error) {
      unreadable.push(await notifyUnreadable(services, source, error));
    }
  }
  if (unreadable.length === sources.length) return { partitions: [], unreadable, overdue: [] };
  const known = await pMap(periods, (period) => know({ payer, period }), { concurrency: 1 });
  const partitions: PartitionReport[] = [];
  for (const partition of known) {
    const unowned = await markUnowned(services, partition);
    const surroundings = { unowned, isWhole: unreadable.length === 0 };
    partitions.push(reportPartition(partition, tallies, surroundings, services.now()));
  }
  const overdue = known.filter((partition) => hasOverdue(partition, services)).map(({ partition }) => partition.period);
  return { partitions, unreadable, overdue };
}

/** Asks about each partition once, however many sources have a part of it. */
function memoized(know: (partition: Partition) => Promise<KnownPartition>): typeof know {
  const answers = new Map<string, Promise<KnownPartition>>();
  return (partition) => {
    const name = partitionName(partition);
    const answer = answers.get(name) ?? know(partition);
    answers.set(name, answer);
    return answer;
  };
}

/** Retry: the next reconcile reads it again. An alarm says when it stays so. */
async function notifyUnreadable(
  services: ReconcileServices,
  { payer, bucket, prefix }: Source,
  error: unknown,
): Promise<UnreadableSource> {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const source = { payer, bucket, prefix, reason };
  services.report({ what: 'source-unreadable', ...source });
  await services.notify([unreadableMessage(messageContext(services), source)]);
  return source;
}

/**
 * A payer that has just been added counts as stale until its first delivery is in: better one
 * message too many.
 */
async function notifyStale(services: ReconcileServices, payers: readonly Payer[]): Promise<void> {
  const { ledger, now, staleAfterHours, notify } = services;
  const at = now();
  const records = await pMap(recentPeriods(at), (period) => ledger.partitions(period), { concurrency: 1 });
  const stale = freshness(payers, records.flat(), at).filter(({ hours }) => hours > staleAfterHours);
  await notify(stale.map((one) => staleMessage(messageContext(services), one, staleAfterHours)));
}

/**
 * Months with several reports: until the configuration says which one is the bill, the first one
 * is.
 */
async function notifyUndecided(services: ReconcileServices, partitions: readonly PartitionReport[]): Promise<void> {
  const undecided = partitions.filter(({ otherReports }) => otherReports.length > 0);
  await services.notify(
    undecided.map(({ payer, period, report, otherReports }) =>
      reportsUndecided(
        messageContext(services),
        { payer, period },
        { report: report ?? '', otherReports: [...otherReports] },
      ),
    ),
  );
}

/** What every message says of its sender, now. */
export function messageContext({
  stage,
  correlationId,
  now,
}: Pick<ReconcileServices, 'stage' | 'correlationId' | 'now'>): MessageContext {
  return { stage, correlationId, at: now() };
}

/** Marks the copies that nobody owns; answers how many there are. */
async function markUnowned(
  { stagingBucket, tagUnowned, now, report }: ReconcileServices,
  known: KnownPartition,
): Promise<number> {
  const unowned = unownedCopies(known, now() - UNOWNED_AFTER_MS);
  for (const key of unowned) await tagUnowned({ bucket: stagingBucket, key });
  if (unowned.length > 0) report({ what: 'copies-unowned', partition: known.partition, files: unowned.length });
  return unowned.length;
}

/**
 * Whether superseded copies lie there whose grace time is over. A month that nothing changes any
 * more has no run of its own.
 */
function hasOverdue({ versions }: KnownPartition, { now, supersededGraceSeconds }: ReconcileServices): boolean {
  const latest = now() - supersededGraceSeconds * 1000;
  for (const { outcome } of versions.values()) {
    if (outcome.status === 'staged' && outcome.supersededAt !== undefined && outcome.supersededAt <= latest)
      return true;
  }
  return false;
}

async function wakeToClear({ finalizeQueue }: ReconcileServices, periods: ReadonlySet<Period>): Promise<void> {
  await finalizeQueue.send([...periods].map((period) => ({ body: { period, clear: true }, group: period })));
}
