import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { VersionRecord } from '../../../src/ledger/versionRecord.ts';
import { ALPHA, deliveryOf, START, versionOf } from '../../ledger/records.ts';

const FOLDER =
  'exports/daily/data/BILLING_PERIOD=2026-04/2026-04-16T15:24:15.653Z-0f1e2d3c-aaaa-bbbb-cccc-0123456789ab/';
/** The manifest of the same report. */
const MANIFEST = FOLDER.replace('/data/', '/metadata/').concat('daily-Manifest.json');

/** Files with keys as AWS makes them in create-new layouts, and etags of multipart uploads. */
export function filesOf(count: number, partition = ALPHA): VersionRecord[] {
  return Array.from({ length: count }, (_, n) =>
    versionOf({
      partition,
      folder: FOLDER,
      key: `daily-${String(n + 1).padStart(5, '0')}.snappy`,
      etag: `d41d8cd98f00b204e9800998ecf8${String(n).padStart(4, '0')}-17`,
      sequencer: '0062E99A88DC407460',
      lastModified: START + n * 1000,
    }),
  );
}

/** Records a delivery that waits for all of them. */
export async function expectFiles(ledger: Ledger, files: readonly VersionRecord[]): Promise<void> {
  const [first] = files;
  if (!first) return;
  const delivery = deliveryOf({ partition: first.partition, files, manifestKey: MANIFEST });
  await ledger.recordDelivery(
    delivery,
    files.map(({ id }) => id),
    START,
  );
}

/** Records files as a copy function does: looks each of them up first. */
export async function stageFiles(ledger: Ledger, files: readonly VersionRecord[]): Promise<void> {
  await Promise.all(
    files.map(async (file) => {
      const version = await ledger.version(file.partition, file.id);
      await ledger.recordVersion(file, START, { version });
    }),
  );
}
