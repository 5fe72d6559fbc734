import { definedFields } from '../base/definedFields.ts';
import type { Meet } from '../base/rendezvous.ts';
import type { NamedObject } from '../billing/objectCreated.ts';
import type { Partition } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import type { Place, Placement } from '../billing/placement.ts';
import type { SourceVersion } from '../billing/version.ts';
import { changesAreDue, changesDueAt, type Debounce } from '../ledger/decide.ts';
import type { Counted } from '../ledger/hourlyCounts.ts';
import type { Ledger, Recorded } from '../ledger/ledger.ts';
import type { Notify } from '../ledger/message.ts';
import { isDirty } from '../ledger/partitionRecord.ts';
import type { VersionOutcome } from '../ledger/versionRecord.ts';
import { quarantined } from '../outbox/copyMessages.ts';
import type { CopyRequest } from '../queue/copyMessage.ts';
import type { Queue } from '../queue/queue.ts';
import { type Tick, tickAt } from '../queue/tick.ts';
import { ObjectChanged, ObjectGone, type ObjectStore } from '../store/objectStore.ts';
import type { Report } from '../telemetry/events.ts';
import type { HourlyLimits } from './hourlyLimits.ts';

/** What the copy workflow works with. `now` answers milliseconds since 1970. */
export interface CopyServices {
  readonly store: ObjectStore;
  readonly ledger: Ledger;
  readonly copyQueue: Queue<CopyRequest>;
  readonly finalizeQueue: Queue<Tick>;
  readonly place: Place;
  /** The account that a bucket must belong to; absent where buckets are folders. */
  readonly ownerOf?: (bucket: string) => string | undefined;
  readonly stagingBucket: string;
  readonly debounce: Debounce;
  readonly now: () => number;
  readonly report: Report;
  /**
   * Waits until the other messages of the batch are to be recorded as well: the ledger takes
   * together what comes together. Absent where there is no batch.
   */
  readonly meet?: Meet;
  /** What a payer may ask in an hour; absent where there is nobody else to protect. */
  readonly limits?: HourlyLimits;
  /** Lets other systems know what is quarantined. */
  readonly notify: Notify;
  /** The deployment's stage, named in messages. */
  readonly stage: string;
  /** Names the event that is worked on, in everything that follows from it: /^[\w-]{1,64}$/. */
  readonly correlationId?: string | undefined;
}

/**
 * The messages of a batch wait for each other so long at most. An invocation ends with the slowest
 * of them anyway.
 */
export const LONGEST_WAIT_MS = 1_000;

/** Where a data file or a manifest belongs. */
export type Placed = Extract<Placement, { is: 'data' | 'manifest' }>;

/** S3 gives LastModified in whole seconds. */
const CLOCK_TOLERANCE_MS = 1000;

/**
 * Drops a message whose object is not what it was, with a metric; throws any other error on. The
 * same message may have come before and died between its record and its tick: so a partition that
 * is dirty gets one.
 */
export async function dropSuperseded(
  services: CopyServices,
  { partition }: Placed,
  { bucket, key }: NamedObject,
  error: unknown,
): Promise<void> {
  if (error instanceof ObjectChanged) services.report({ what: 'file-superseded', bucket, key });
  else if (error instanceof ObjectGone) services.report({ what: 'file-gone', bucket, key });
  else throw error;
  const record = await services.ledger.partition(partition);
  if (record && isDirty(record))
    await sendTick(services, partition, { partition: record, isNew: false, tick: 'quiet' });
}

/**
 * Notifies others that a content is quarantined, where that is new, and the payer's messages of
 * this hour are not too many: before the ledger knows it, so that after a crash in between it is
 * sent again, under the same id.
 */
export async function notifyQuarantined(
  services: CopyServices,
  known: VersionOutcome | undefined,
  { partition, source, reason }: QuarantinedContent,
): Promise<void> {
  if (known?.status === 'quarantined') return;
  if (!(await isWithinLimit(services, partition.payer, 'quarantine-messages'))) return;
  const { notify, stage, correlationId, now } = services;
  await notify([quarantined({ stage, correlationId, at: now() }, partition, source, reason)]);
}

/**
 * Counts one more of a payer, and answers whether that is within its limit of this hour. The first
 * that is not is reported, and no other.
 */
export async function isWithinLimit({ limits, report }: CopyServices, payer: Payer, what: Counted): Promise<boolean> {
  if (limits === undefined) return true;
  const { isWithin, isFirstBeyond } = await limits.take(payer, what);
  if (isFirstBeyond) report({ what: 'payer-over-limit', payer, counted: what, limit: limits.limitOf(what) });
  return isWithin;
}

interface QuarantinedContent {
  readonly partition: Partition;
  readonly source: SourceVersion;
  readonly reason: string;
}

/** Sends the tick that a recording asks for: at once, or for when the partition is due. */
export async function sendTick(services: CopyServices, partition: Partition, recorded: Recorded): Promise<void> {
  if (recorded.tick === 'none') return;
  const now = services.now();
  const isDue = recorded.tick === 'now' || changesAreDue(recorded.partition, now, services.debounce);
  const at = isDue ? now : (changesDueAt(recorded.partition, services.debounce) ?? now);
  await services.finalizeQueue.send([tickAt(partition.period, at, now, services.correlationId)]);
}

/**
 * The version that was read: what the message says of its order, what the store says of its
 * content. When the object was written again with the same bytes after its event, the event's
 * sequencer belongs to the earlier write: it is left out.
 */
export function sourceVersion(
  { bucket, key, versionId, sequencer, eventEpochMs }: NamedObject,
  { etag, lastModified, sizeBytes }: Pick<SourceVersion, 'etag' | 'lastModified' | 'sizeBytes'>,
): SourceVersion {
  const isOfThisWrite = eventEpochMs === undefined || lastModified <= eventEpochMs + CLOCK_TOLERANCE_MS;
  const order = isOfThisWrite ? sequencer : undefined;
  return definedFields({ bucket, key, etag, lastModified, sizeBytes, versionId, sequencer: order });
}
