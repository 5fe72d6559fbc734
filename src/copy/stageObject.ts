import { shortHash } from '../base/shortHash.ts';
import type { ColumnType } from '../billing/columnType.ts';
import { whyNotBill } from '../billing/costReport.ts';
import type { ObjectCreated } from '../billing/objectCreated.ts';
import type { Partition } from '../billing/partition.ts';
import { type SourceVersion, versionIdOf } from '../billing/version.ts';
import type { FileSchema, Recorded } from '../ledger/ledger.ts';
import type { VersionOutcome, VersionRecord } from '../ledger/versionRecord.ts';
import type { Report } from '../telemetry/events.ts';
import { type FileContent, inspectObject } from './parquetFooter.ts';
import {
  COPY_LOST,
  type CopyServices,
  dropSuperseded,
  notifyQuarantined,
  type Placed,
  sendTick,
  sourceVersion,
} from './services.ts';
import { stagedKeyOf } from './stagedKey.ts';

/**
 * Stages one data file: looks at its footer, copies it to its immutable key, tells the ledger, and sends a tick when the
 * ledger says that this message has to. Each step may be repeated; only after the last one may the message go.
 *
 * The source is read and copied under one etag. When it has another content meanwhile, or is gone, this event is
 * dropped: a newer one follows. Content that is no Parquet file is quarantined in the ledger, and what is no part of a bill
 * is set aside there: neither is copied. Throws what the store and
 * the ledger throw otherwise (access denied, throttled): then the message is kept for retry.
 */
export async function stageObject(staging: CopyServices, placed: Placed, event: ObjectCreated): Promise<void> {
  try {
    const inspected = await inspectObject(staging.store, event);
    const source = sourceVersion(event, inspected);
    const { partition } = placed;
    const known = (await staging.ledger.version(partition, versionIdOf(source)))?.outcome;
    if (known?.status === 'staged' && event.reason === COPY_LOST) await restoreCopy(staging, partition, source, known);
    const done = known?.status === 'staged' || known?.status === 'empty';
    const generation = known?.status === 'removed' ? known.generation + 1 : 0;
    const outcome = done
      ? withoutWithdrawal(known)
      : await stage(staging, partition, source, inspected.content, generation);
    const record: VersionRecord = {
      id: versionIdOf(source),
      partition,
      source,
      folder: placed.folder,
      awaitsManifest: placed.awaitsManifest,
      outcome,
    };
    if (outcome.status === 'quarantined')
      await notifyQuarantined(staging, known, { ...record, reason: outcome.reason });
    const recorded = await staging.ledger.recordVersion(record, staging.now());
    reportOutcome(staging.report, record, recorded, lagSeconds(event, staging.now()));
    await sendTick(staging, partition, recorded);
  } catch (error) {
    await dropSuperseded(staging, placed, event, error);
  }
}

/** Its source has it again, whatever it said before. */
function withoutWithdrawal(known: VersionOutcome): VersionOutcome {
  if (known.status !== 'staged') return known;
  const { withdrawn: _, ...outcome } = known;
  return outcome;
}

async function stage(
  staging: CopyServices,
  partition: Partition,
  source: SourceVersion,
  content: FileContent,
  generation: number,
): Promise<VersionOutcome> {
  if (content.is === 'empty') return { status: 'empty' };
  if (content.is === 'corrupt') return { status: 'quarantined', reason: content.reason };
  const { rows, columns } = content.footer;
  // Placeholders of crawlers, and surplus chunks: whatever their columns are, they add nothing.
  if (rows === 0) return { status: 'empty' };
  const reason = whyNotBill(columns.map(({ name }) => name));
  if (reason !== undefined) return { status: 'set-aside', reason };
  const stagedKey = stagedKeyOf(partition, source, generation);
  await staging.store.copy(source, { bucket: staging.stagingBucket, key: stagedKey });
  const schema = schemaOf(columns);
  await staging.ledger.recordSchema(schema);
  return { status: 'staged', stagedKey, rows, schemaId: schema.id, stagedAt: staging.now(), generation };
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

function schemaOf(columns: readonly ColumnType[]): FileSchema {
  return { id: shortHash(JSON.stringify(columns)), columns };
}

/** How long after its event a file is staged: absent where the message says no time, as those of reconcile do. */
function lagSeconds({ eventEpochMs }: ObjectCreated, now: number): { readonly lagSeconds?: number } {
  // Two clocks: the event's may be ahead.
  return eventEpochMs === undefined ? {} : { lagSeconds: Math.max(0, now - eventEpochMs) / 1000 };
}

function reportOutcome(
  report: Report,
  { partition, source, outcome }: VersionRecord,
  { isNew }: Recorded,
  lag: { readonly lagSeconds?: number },
): void {
  const file = { partition, key: source.key };
  if (!isNew) report({ what: 'file-known', ...file });
  else if (outcome.status === 'empty') report({ what: 'file-empty', ...file });
  else if (outcome.status === 'quarantined') report({ what: 'file-quarantined', ...file, reason: outcome.reason });
  else if (outcome.status === 'set-aside') report({ what: 'file-set-aside', ...file, reason: outcome.reason });
  else if (outcome.status === 'staged') {
    report({ what: 'file-staged', ...file, rows: outcome.rows, sizeBytes: source.sizeBytes, ...lag });
  }
}
