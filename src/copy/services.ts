import type { ObjectCreated } from '../billing/objectCreated.ts';
import type { Partition } from '../billing/partition.ts';
import type { Place, Placement } from '../billing/placement.ts';
import type { SourceVersion } from '../billing/version.ts';
import { changesAreDue, changesDueAt, type Debounce } from '../ledger/decide.ts';
import type { Ledger, Recorded } from '../ledger/ledger.ts';
import type { Notify } from '../ledger/message.ts';
import { isDirty } from '../ledger/partitionRecord.ts';
import type { VersionOutcome } from '../ledger/versionRecord.ts';
import { quarantined } from '../outbox/copyMessages.ts';
import type { Queue } from '../queue/queue.ts';
import { type Tick, tickAt } from '../queue/tick.ts';
import { ObjectChanged, ObjectGone, type ObjectStore } from '../store/objectStore.ts';
import type { Report } from '../telemetry/events.ts';

/** What the copy workflow works with. `now` answers milliseconds since 1970. */
export interface CopyServices {
  readonly store: ObjectStore;
  readonly ledger: Ledger;
  /** Takes events in the shape of S3's own. */
  readonly copyQueue: Queue<object>;
  readonly finalizeQueue: Queue<Tick>;
  readonly place: Place;
  readonly stagingBucket: string;
  readonly debounce: Debounce;
  readonly now: () => number;
  readonly report: Report;
  /** Tells other systems of what is quarantined. */
  readonly notify: Notify;
  /** The deployment's stage, named in messages. */
  readonly stage: string;
  /** Names the event that is worked on, in everything that follows from it: /^[\w-]{1,64}$/. */
  readonly correlationId?: string | undefined;
}

/** Where a data file or a manifest belongs. */
export type Placed = Extract<Placement, { is: 'data' | 'manifest' }>;

/** Why a message asks for a content that the ledger knows as staged: its copy is gone, and is made again. */
export const COPY_LOST = 'copy-lost';

/** S3 gives LastModified in whole seconds. */
const CLOCK_TOLERANCE_MS = 1000;

/**
 * Drops an event whose object is not what it was, with a metric; throws any other error on. An earlier delivery of the
 * same message may have told the ledger and died before its tick: so a partition that is dirty gets one.
 */
export async function dropSuperseded(
  staging: CopyServices,
  { partition }: Placed,
  { bucket, key }: ObjectCreated,
  error: unknown,
): Promise<void> {
  if (error instanceof ObjectChanged) staging.report({ what: 'file-superseded', bucket, key });
  else if (error instanceof ObjectGone) staging.report({ what: 'file-gone', bucket, key });
  else throw error;
  const record = await staging.ledger.partition(partition);
  if (record && isDirty(record)) await sendTick(staging, partition, { partition: record, isNew: false, tick: 'quiet' });
}

/**
 * Tells that a content is quarantined, where that is new: before the ledger knows it, so that a crash in between tells it
 * again, under the same id.
 */
export async function notifyQuarantined(
  { notify, stage, correlationId, now }: CopyServices,
  known: VersionOutcome | undefined,
  {
    partition,
    source,
    reason,
  }: { readonly partition: Partition; readonly source: SourceVersion; readonly reason: string },
): Promise<void> {
  if (known?.status === 'quarantined') return;
  await notify([quarantined({ stage, correlationId, at: now() }, partition, source, reason)]);
}

/** Sends the tick that a recording asks for: at once, or for when the partition is due. */
export async function sendTick(staging: CopyServices, partition: Partition, recorded: Recorded): Promise<void> {
  if (recorded.tick === 'none') return;
  const now = staging.now();
  const isDue = recorded.tick === 'now' || changesAreDue(recorded.partition, now, staging.debounce);
  const at = isDue ? now : (changesDueAt(recorded.partition, staging.debounce) ?? now);
  await staging.finalizeQueue.send([tickAt(partition.period, at, now, staging.correlationId)]);
}

/**
 * The version that was read: what the event says of its order, what the store says of its content. When the object was
 * written again with the same bytes after the event, the event's sequencer belongs to the earlier write: it is left out.
 */
export function sourceVersion(
  { bucket, key, versionId, sequencer, eventEpochMs }: ObjectCreated,
  { etag, lastModified, sizeBytes }: Pick<SourceVersion, 'etag' | 'lastModified' | 'sizeBytes'>,
): SourceVersion {
  const isOfThisWrite = eventEpochMs === undefined || lastModified <= eventEpochMs + CLOCK_TOLERANCE_MS;
  return {
    bucket,
    key,
    etag,
    lastModified,
    sizeBytes,
    ...(versionId === undefined ? {} : { versionId }),
    ...(sequencer === undefined || !isOfThisWrite ? {} : { sequencer }),
  };
}
