import { definedFields } from '../base/definedFields.ts';
import { shortHash } from '../base/shortHash.ts';
import type { ColumnType } from '../billing/columnType.ts';
import { whyNotBill } from '../billing/costReport.ts';
import type { NamedObject } from '../billing/objectCreated.ts';
import type { Partition } from '../billing/partition.ts';
import { type SourceVersion, type VersionId, versionIdOf } from '../billing/version.ts';
import type { FileSchema, Recorded } from '../ledger/ledger.ts';
import type { VersionOutcome, VersionReading, VersionRecord } from '../ledger/versionRecord.ts';
import type { CopyMessage } from '../queue/copyMessage.ts';
import type { Report } from '../telemetry/events.ts';
import { type FileContent, type InspectedObject, inspectObject } from './parquetFooter.ts';
import {
  type CopyServices,
  dropSuperseded,
  notifyQuarantined,
  type Placed,
  sendTick,
  sourceVersion,
} from './services.ts';
import { stagedKeyOf } from './stagedKey.ts';

/**
 * Stages one data file: looks at its footer, copies it to its immutable key, records it in the
 * ledger, and sends a tick when the ledger says that this message has to. Each step may be
 * repeated; only after the last one may the message go.
 *
 * The source is read and copied under one etag. When it has another content meanwhile, or is gone,
 * this message is dropped: a newer one follows. Content that is not a Parquet file is quarantined
 * in the ledger, and what is no part of a bill is set aside there: neither is copied. Throws what
 * the store and the ledger throw otherwise (access denied, throttled): then the message is kept for
 * retry.
 */
export async function stageObject(services: CopyServices, placed: Placed, message: CopyMessage): Promise<void> {
  const { ledger, now, meet } = services;
  const { partition, folder, awaitsManifest } = placed;
  try {
    const { inspected, source, id, before } = await look(services, partition, message);
    const known = before.version?.outcome;
    if (known?.status === 'staged' && message.kind === 'restore-copy') {
      await restoreCopy(services, partition, source, known);
    }
    const outcome = outcomeThatStays(known) ?? (await stage(services, { partition, source, known }, inspected.content));
    const record: VersionRecord = { id, partition, source, folder, awaitsManifest, outcome };
    if (outcome.status === 'quarantined') {
      await notifyQuarantined(services, known, { partition, source, reason: outcome.reason });
    }
    await meet?.();
    const recorded = await ledger.recordVersion(record, now(), before);
    reportOutcome(services.report, record, recorded, lagSeconds(message, now()));
    await sendTick(services, partition, recorded);
  } catch (error) {
    await dropSuperseded(services, placed, message, error);
  }
}

/** A content as its source and the ledger know it. */
interface Looked {
  readonly inspected: InspectedObject;
  readonly source: SourceVersion;
  readonly id: VersionId;
  readonly before: VersionReading;
}

/**
 * Looks at an object, and at what the ledger knows of its content. Most messages name the content:
 * then the ledger is asked at once, not when the read has ended, and the messages of a batch, which
 * come together, are answered together.
 */
async function look({ store, ledger }: CopyServices, partition: Partition, message: CopyMessage): Promise<Looked> {
  const { bucket, key, etag } = message;
  const announced = etag === undefined ? undefined : versionIdOf({ bucket, key, etag });
  const lookUp = async (id?: VersionId) => (id === undefined ? undefined : ledger.version(partition, id));
  const [inspected, early] = await Promise.all([inspectObject(store, message), lookUp(announced)]);
  const source = sourceVersion(message, inspected);
  const id = versionIdOf(source);
  const version = id === announced ? early : await lookUp(id);
  return { inspected, source, id, before: { version } };
}

/**
 * Of content that needs no staging again. Its source has it, whatever it said before: it is not
 * withdrawn any more.
 */
function outcomeThatStays(known: VersionOutcome | undefined): VersionOutcome | undefined {
  if (known?.status === 'empty') return known;
  if (known?.status !== 'staged') return undefined;
  const { withdrawn: _, ...outcome } = known;
  return outcome;
}

/** A content that is to be staged, and what has become of it before. */
interface Unstaged {
  readonly partition: Partition;
  readonly source: SourceVersion;
  readonly known: VersionOutcome | undefined;
}

async function stage(
  { store, stagingBucket, ledger, now }: CopyServices,
  { partition, source, known }: Unstaged,
  content: FileContent,
): Promise<VersionOutcome> {
  if (content.is === 'empty') return { status: 'empty' };
  if (content.is === 'corrupt') return { status: 'quarantined', reason: content.reason };
  const { rows, columns } = content.footer;
  // Placeholders of crawlers, and surplus chunks: whatever their columns are, they add nothing.
  if (rows === 0) return { status: 'empty' };
  const reason = whyNotBill(columns.map(({ name }) => name));
  if (reason !== undefined) return { status: 'set-aside', reason };
  const generation = known?.status === 'removed' ? known.generation + 1 : 0;
  const stagedKey = stagedKeyOf(partition, source, generation);
  await store.copy(source, { bucket: stagingBucket, key: stagedKey });
  const schema = schemaOf(columns);
  await ledger.recordSchema(schema);
  return { status: 'staged', stagedKey, rows, schemaId: schema.id, stagedAt: now(), generation };
}

/** Makes the same copy under the same key again, where it is gone; nothing else changes. */
async function restoreCopy(
  { store, stagingBucket, report }: CopyServices,
  partition: Partition,
  source: SourceVersion,
  { stagedKey }: Extract<VersionOutcome, { status: 'staged' }>,
): Promise<void> {
  const did = await store.copy(source, { bucket: stagingBucket, key: stagedKey });
  if (did === 'copied') report({ what: 'copy-restored', partition, key: source.key });
}

/** Of columns that files share as one object (RecentSchemas): their id is computed once. */
const schemas = new WeakMap<readonly ColumnType[], FileSchema>();

function schemaOf(columns: readonly ColumnType[]): FileSchema {
  const schema = schemas.get(columns) ?? { id: shortHash(JSON.stringify(columns)), columns };
  schemas.set(columns, schema);
  return schema;
}

/**
 * How long after its event a file is staged; undefined where the message says no time, as requests
 * do.
 */
function lagSeconds({ eventEpochMs }: NamedObject, now: number): number | undefined {
  // Two clocks: the event's may be ahead.
  return eventEpochMs === undefined ? undefined : Math.max(0, now - eventEpochMs) / 1000;
}

function reportOutcome(
  report: Report,
  { partition, source, outcome }: VersionRecord,
  { isNew }: Recorded,
  lagSeconds: number | undefined,
): void {
  const file = { partition, key: source.key };
  if (!isNew) report({ what: 'file-known', ...file });
  else if (outcome.status === 'empty') report({ what: 'file-empty', ...file });
  else if (outcome.status === 'quarantined') report({ what: 'file-quarantined', ...file, reason: outcome.reason });
  else if (outcome.status === 'set-aside') report({ what: 'file-set-aside', ...file, reason: outcome.reason });
  else if (outcome.status === 'staged') {
    const { rows } = outcome;
    report(definedFields({ what: 'file-staged', ...file, rows, sizeBytes: source.sizeBytes, lagSeconds }));
  }
}
