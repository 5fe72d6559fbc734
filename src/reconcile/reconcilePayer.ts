import pMap from 'p-map';
import { type Partition, partitionName } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import type { Source } from '../billing/source.ts';
import type { ReconcileRun } from '../ledger/reconcileRuns.ts';
import { unreadable as unreadableMessage } from '../outbox/reconcileMessages.ts';
import type { ObjectStore } from '../store/objectStore.ts';
import { discoverSource, type SearchState } from './discover.ts';
import { type KnownPartition, knowPartition, unownedCopies } from './knownPartition.ts';
import { type PartitionReport, reportPartition, type UnreadableSource } from './reconcileReport.ts';
import { messageContext, type RunServices } from './services.ts';
import type { IsTimeUp } from './sourceListing.ts';
import type { PartitionTally } from './tally.ts';

/** What came of one payer. */
export interface PayerPart {
  readonly partitions: readonly PartitionReport[];
  readonly unreadable: readonly UnreadableSource[];
  /** Periods in which superseded copies wait to be cleared away. */
  readonly overdue: readonly Period[];
}

/** Where one payer's work stands, as a JSON document. */
export interface PayerCursor {
  /** Sources that are done. */
  readonly sources: number;
  readonly tallies: readonly (Omit<PartitionTally, 'seen'> & { readonly seen: readonly string[] })[];
  readonly unreadable: readonly UnreadableSource[];
  /** Of the source after them. */
  readonly search?: SearchState | undefined;
}

/** What an invocation does of a payer: where it begins, and until when it may work. */
interface PayerStretch {
  readonly from?: PayerCursor | undefined;
  readonly isTimeUp: IsTimeUp;
}

/** A payer that is done, or where its work goes on. */
type PayerOutcome =
  | { readonly is: 'done'; readonly part: PayerPart }
  | { readonly is: 'stopped'; readonly cursor: PayerCursor };

/**
 * A copy that nobody owns yet may still find its owner: its message lives for up to four days in
 * the copy queue and for fourteen in the dead-letter queue. After that it never will.
 */
const UNOWNED_AFTER_MS = 20 * 24 * 3_600_000;

/**
 * One payer, whatever its sources do: what cannot be listed is in the part, with the reason, and
 * stops nobody else's work. When time is up it stops, behind at least one page. Throws what the
 * ledger, the queues and the staging bucket throw.
 */
export async function reconcilePayer(
  services: RunServices,
  run: Pick<ReconcileRun, 'periods' | 'dryRun' | 'full'>,
  payer: Payer,
  { from, isTimeUp }: PayerStretch,
): Promise<PayerOutcome> {
  const know = memoized((partition) => knowPartition(services, partition));
  const { periods, dryRun, full } = run;
  const isWanted = (partition: Partition) => partition.payer === payer && periods.includes(partition.period);
  const scope = { isWanted, periods, full, know, rereadQuarantined: true, choosesReports: !dryRun };
  const sources = services.sources.filter((source) => source.payer === payer);
  const reading = { ...services, store: sourceStore(services.store) };
  const tallies = (from?.tallies ?? []).map((tally) => ({ ...tally, seen: new Set(tally.seen) }));
  const unreadable = [...(from?.unreadable ?? [])];
  const begun = from?.sources ?? 0;
  for (const [index, source] of sources.slice(begun).entries()) {
    const search = index === 0 ? from?.search : undefined;
    try {
      const { partitions, next } = await discoverSource(reading, source, scope, { isTimeUp, from: search });
      if (next) return stopped({ sources: begun + index, tallies, unreadable, search: next });
      tallies.push(...partitions.map((tally) => ({ ...tally, seen: new Set(tally.seen) })));
    } catch (error) {
      if (!(error instanceof SourceUnreadable)) throw error;
      unreadable.push(await notifyUnreadable(services, source, error.cause));
    }
  }
  if (unreadable.length === sources.length) return { is: 'done', part: { partitions: [], unreadable, overdue: [] } };
  const known = await pMap(periods, (period) => know({ payer, period }), { concurrency: 1 });
  const partitions: PartitionReport[] = [];
  for (const partition of known) {
    const unowned = await markUnowned(services, partition);
    const surroundings = { unowned, isWhole: unreadable.length === 0 };
    partitions.push(reportPartition(partition, tallies, surroundings, services.now()));
  }
  const overdue = known.filter((partition) => hasOverdue(partition, services)).map(({ partition }) => partition.period);
  return { is: 'done', part: { partitions, unreadable, overdue } };
}

/** A source cannot be listed. Consequence: it is reported, with the cause. */
class SourceUnreadable extends Error {
  override readonly name = 'SourceUnreadable';
}

/** The same store, whose listings throw SourceUnreadable. */
function sourceStore(store: ObjectStore): ObjectStore {
  return {
    read: (object, range) => store.read(object, range),
    copy: (source, target) => store.copy(source, target),
    list: (bucket, prefix, startAfter) => readable(() => store.list(bucket, prefix, startAfter)),
    listFolder: (bucket, prefix) => readable(() => store.listFolder(bucket, prefix)),
    delete: (location) => store.delete(location),
  };
}

async function* readable<Page>(list: () => AsyncIterable<Page>): AsyncIterable<Page> {
  let reading: AsyncIterator<Page> | undefined;
  try {
    for (;;) {
      reading ??= attempt(() => list()[Symbol.asyncIterator]());
      const next = await reading.next().catch(unreadable);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await reading?.return?.();
  }
}

function attempt<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (cause) {
    return unreadable(cause);
  }
}

function unreadable(cause: unknown): never {
  throw new SourceUnreadable('a source cannot be listed', { cause });
}

function stopped({
  tallies,
  ...cursor
}: Omit<PayerCursor, 'tallies'> & { readonly tallies: readonly PartitionTally[] }): PayerOutcome {
  return {
    is: 'stopped',
    cursor: { ...cursor, tallies: tallies.map((tally) => ({ ...tally, seen: [...tally.seen] })) },
  };
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
  services: RunServices,
  { payer, bucket, prefix }: Source,
  error: unknown,
): Promise<UnreadableSource> {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const source = { payer, bucket, prefix, reason };
  services.report({ what: 'source-unreadable', ...source });
  await services.notify([unreadableMessage(messageContext(services), source)]);
  return source;
}

/** Marks the copies that nobody owns; answers how many there are. */
async function markUnowned(
  { stagingBucket, tagUnowned, now, report }: RunServices,
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
function hasOverdue({ copies }: KnownPartition, { now, supersededGraceSeconds }: RunServices): boolean {
  const latest = now() - supersededGraceSeconds * 1000;
  return [...copies.values()].some(({ owner }) => (owner?.supersededAt ?? Number.POSITIVE_INFINITY) <= latest);
}
