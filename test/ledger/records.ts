import { type Partition, partitionPrefix } from '../../src/billing/partition.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { type SourceVersion, versionIdOf } from '../../src/billing/version.ts';
import { stagedKeyOf } from '../../src/copy/stagedKey.ts';
import type { Delivery } from '../../src/ledger/delivery.ts';
import type { DeliveryProgress } from '../../src/ledger/partitionRecord.ts';
import type { VersionOutcome, VersionRecord } from '../../src/ledger/versionRecord.ts';

export const PERIOD = parsePeriod('2026-04');
export const ALPHA: Partition = { payer: parsePayer('111111111111'), period: PERIOD };
export const BETA: Partition = { payer: parsePayer('222222222222'), period: PERIOD };
/** A moment in milliseconds since 1970 that every test may count from. */
export const START = Date.UTC(2026, 4, 2);

/** What a test says of a version; the rest is made up. */
export interface VersionSketch {
  readonly partition?: Partition;
  readonly key?: string;
  readonly etag?: string;
  /** Milliseconds since 1970. */
  readonly lastModified?: number;
  readonly sequencer?: string;
  readonly versionId?: string;
  readonly folder?: string;
  readonly awaitsManifest?: boolean;
  readonly outcome?: VersionOutcome;
  readonly rows?: number;
  readonly generation?: number;
}

/** The record of a version, staged unless the sketch says otherwise. */
export function versionOf(sketch: VersionSketch = {}): VersionRecord {
  const { partition = ALPHA, folder = partitionPrefix(partition), awaitsManifest = false } = sketch;
  const source = sourceOf({ folder, ...sketch });
  const outcome = sketch.outcome ?? stagedAs(partition, source, sketch);
  return { id: versionIdOf(source), partition, source, folder, awaitsManifest, outcome };
}

function sourceOf({
  folder,
  key = 'a',
  etag = 'e1',
  lastModified = START,
  sequencer,
  versionId,
}: VersionSketch): SourceVersion {
  return {
    bucket: 'cur-source',
    key: `${folder}${key}.parquet`,
    etag,
    lastModified,
    sizeBytes: 100,
    ...(sequencer === undefined ? {} : { sequencer }),
    ...(versionId === undefined ? {} : { versionId }),
  };
}

function stagedAs(
  partition: Partition,
  source: SourceVersion,
  { rows = 10, generation = 0 }: VersionSketch,
): VersionOutcome {
  const stagedKey = stagedKeyOf(partition, source, generation);
  return { status: 'staged', stagedKey, rows, schemaId: 'schema-1', stagedAt: START, generation };
}

/** What a test says of a delivery; the rest is made up. */
export interface DeliverySketch {
  readonly partition?: Partition;
  readonly id?: string;
  /** When the manifest was written: milliseconds since 1970. */
  readonly lastModified?: number;
  readonly manifestKey?: string;
  readonly etag?: string;
  /** The versions that the manifest names. */
  readonly files?: readonly VersionRecord[];
  /** The versions of which it names the key alone, since nothing was there. */
  readonly absent?: readonly VersionRecord[];
}

export function deliveryOf(sketch: DeliverySketch = {}): Delivery {
  const { partition = ALPHA, id = 'delivery-1', lastModified = START, files = [], absent = [] } = sketch;
  const key = sketch.manifestKey ?? `${partitionPrefix(partition)}report-Manifest.json`;
  return {
    id,
    partition,
    executionId: `execution-of-${id}`,
    manifest: { bucket: 'cur-source', key, etag: sketch.etag ?? `etag-of-${id}`, lastModified, sizeBytes: 1000 },
    files: [
      ...files.map((version) => ({ bucket: version.source.bucket, key: version.source.key, versionId: version.id })),
      ...absent.map(({ source: { bucket, key } }) => ({ bucket, key })),
    ],
  };
}

/** How far a delivery is, as the arithmetic takes it in. */
export function progressOf(delivery: Delivery, awaited: readonly string[]): DeliveryProgress {
  const { id, executionId, manifest, files } = delivery;
  return { id, executionId, manifest, files: files.length, awaited };
}

/** Records in an order of their own, to compare answers that promise none. */
export function byId<Item extends { readonly id: string }>(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
}
