import { createHash } from 'node:crypto';
import type { ObjectCreated } from '../billing/objectCreated.ts';
import type { Partition } from '../billing/partition.ts';
import type { Place, Placement } from '../billing/placement.ts';
import { type SourceVersion, versionIdOf } from '../billing/version.ts';
import { type Debounce, dueAt } from '../finalizing/decide.ts';
import { type Tick, tickAt } from '../finalizing/tick.ts';
import type { FileSchema, Ledger, Recorded, VersionOutcome, VersionRecord } from '../ledger/ledger.ts';
import { isDirty } from '../ledger/partitionRecord.ts';
import type { Report } from '../notify/events.ts';
import type { ColumnType } from '../warehouse/warehouse.ts';
import { ObjectChanged, ObjectGone, type ObjectStore } from './objectStore.ts';
import { type FileContent, inspectObject } from './parquetFooter.ts';
import type { Queue } from './queue.ts';
import { stagedKeyOf } from './stagedKey.ts';

/** What the copy workflow works with. `now` answers milliseconds since 1970. */
export interface Staging {
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
}

/** S3 gives LastModified in whole seconds. */
const CLOCK_TOLERANCE_MS = 1000;

/** Where a data file or a manifest belongs. */
export type Placed = Extract<Placement, { is: 'data' | 'manifest' }>;

/**
 * Stages one data file: looks at its footer, copies it to its immutable key, tells the ledger, and sends a tick when the
 * ledger says that this message has to. Each step may be repeated; only after the last one may the message go.
 *
 * The source is read and copied under one etag. When it has another content meanwhile, or is gone, this event is
 * dropped: a newer one follows. Content that is no Parquet file is quarantined in the ledger. Throws what the store and
 * the ledger throw otherwise (access denied, throttled): then the message is kept for retry.
 */
export async function stageObject(staging: Staging, placed: Placed, event: ObjectCreated): Promise<void> {
  try {
    const inspected = await inspectObject(staging.store, event);
    const source = sourceVersion(event, inspected);
    const { partition } = placed;
    const known = (await staging.ledger.version(partition, versionIdOf(source)))?.outcome;
    const done = known?.status === 'staged' || known?.status === 'empty';
    const generation = known?.status === 'removed' ? known.generation + 1 : 0;
    const outcome = done ? known : await stage(staging, partition, source, inspected.content, generation);
    const record: VersionRecord = {
      id: versionIdOf(source),
      partition,
      source,
      folder: placed.folder,
      awaitsManifest: placed.awaitsManifest,
      outcome,
    };
    const recorded = await staging.ledger.recordVersion(record, staging.now());
    reportOutcome(staging.report, record, recorded);
    await sendTick(staging, partition, recorded);
  } catch (error) {
    await dropSuperseded(staging, placed, event, error);
  }
}

/**
 * Drops an event whose object is not what it was, with a metric; throws any other error on. An earlier delivery of the
 * same message may have told the ledger and died before its tick: so a partition that is dirty gets one.
 */
export async function dropSuperseded(
  staging: Staging,
  { partition }: Placed,
  { bucket, key }: ObjectCreated,
  error: unknown,
): Promise<void> {
  if (error instanceof ObjectChanged) staging.report({ what: 'file-superseded', bucket, key });
  else if (error instanceof ObjectGone) staging.report({ what: 'file-gone', bucket, key });
  else throw error;
  const record = await staging.ledger.partition(partition);
  if (record && isDirty(record)) await sendTick(staging, partition, { partition: record, news: false, tick: 'quiet' });
}

/** Sends the tick that a recording asks for: at once, or for when the partition is due. */
export async function sendTick(staging: Staging, partition: Partition, recorded: Recorded): Promise<void> {
  if (recorded.tick === 'none') return;
  const now = staging.now();
  const at = recorded.tick === 'now' ? now : (dueAt(recorded.partition, staging.debounce) ?? now);
  await staging.finalizeQueue.send([tickAt(partition.period, at, now)]);
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

async function stage(
  staging: Staging,
  partition: Partition,
  source: SourceVersion,
  content: FileContent,
  generation: number,
): Promise<VersionOutcome> {
  if (content.is === 'empty') return { status: 'empty' };
  if (content.is === 'corrupt') return { status: 'quarantined', reason: content.reason };
  const stagedKey = stagedKeyOf(partition, source, generation);
  await staging.store.copy(source, { bucket: staging.stagingBucket, key: stagedKey });
  const schema = schemaOf(content.footer.columns);
  await staging.ledger.recordSchema(schema);
  const { rows } = content.footer;
  return { status: 'staged', stagedKey, rows, schemaId: schema.id, stagedAt: staging.now(), generation };
}

function schemaOf(columns: readonly ColumnType[]): FileSchema {
  return { id: createHash('sha256').update(JSON.stringify(columns)).digest('hex').slice(0, 16), columns };
}

function reportOutcome(report: Report, { partition, source, outcome }: VersionRecord, { news }: Recorded): void {
  const file = { partition, key: source.key };
  if (!news) report({ what: 'file-known', ...file });
  else if (outcome.status === 'empty') report({ what: 'file-empty', ...file });
  else if (outcome.status === 'quarantined') report({ what: 'file-quarantined', ...file, reason: outcome.reason });
  else if (outcome.status === 'staged') {
    report({ what: 'file-staged', ...file, rows: outcome.rows, sizeBytes: source.sizeBytes });
  }
}
