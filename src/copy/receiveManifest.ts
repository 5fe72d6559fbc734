import { MAX_MANIFEST_BYTES, ManifestInvalid, ManifestNotBill, parseManifest } from '../billing/manifest.ts';
import { type ObjectCreated, objectCreatedEvent } from '../billing/objectCreated.ts';
import { type SourceVersion, versionIdOf } from '../billing/version.ts';
import type { ListedObject, ReadResult } from '../store/objectStore.ts';
import { type PinnedDelivery, pinDelivery } from './pinDelivery.ts';
import {
  type CopyServices,
  dropSuperseded,
  notifyQuarantined,
  type Placed,
  sendTick,
  sourceVersion,
} from './services.ts';

/** Long enough for a file to be copied after the one before. */
const DEFAULT_STILL_SECONDS = 30;
/** What a delivery that is unsure waits for, beside its files. */
const SECOND_LOOK = 'second-look';

/**
 * Takes in a manifest, the commit record of a delivery: lists its files at the source, fixes them to versions, records
 * the delivery, requests what is not staged, and sends the tick that is due when nothing is missing.
 *
 * Where files are newer than the manifest, or not there, this message is sent again to come back after the quiet period, and
 * not before nothing has been written for a while (`stillSeconds`). A delivery with newer files waits for that look; only when nothing
 * has moved since the look before are they taken for late ones: if the next delivery had been at work, its own
 * manifest would have come. A manifest that is nonsense is
 * quarantined, one of an export that is no part of a bill set aside. Throws as stageObject does.
 */
export async function receiveManifest(staging: CopyServices, placed: Placed, event: ObjectCreated): Promise<void> {
  let source: SourceVersion | undefined;
  try {
    const read = await staging.store.read(event, { start: 0, end: MAX_MANIFEST_BYTES });
    source = sourceVersion(event, read);
    const fixed = await fix(staging, placed, source, read);
    await record(staging, placed, event, fixed);
  } catch (error) {
    if (source && error instanceof ManifestInvalid) await quarantine(staging, placed, source, error.message);
    else if (source && error instanceof ManifestNotBill) await setAside(staging, placed, source, error.message);
    else await dropSuperseded(staging, placed, event, error);
  }
}

async function fix(
  staging: CopyServices,
  placed: Placed,
  source: SourceVersion,
  read: ReadResult,
): Promise<PinnedDelivery> {
  if (read.sizeBytes > MAX_MANIFEST_BYTES) {
    throw new ManifestInvalid(`size must be at most ${MAX_MANIFEST_BYTES} bytes, got ${read.sizeBytes}`);
  }
  const manifest = parseManifest(new TextDecoder().decode(read.bytes), source);
  const places = manifest.keys.map((key) => ({ key, place: staging.place(source.bucket, key) }));
  for (const { key, place } of places) {
    if (place.is !== 'data' || place.partition.payer !== placed.partition.payer) {
      throw new ManifestInvalid(`a file must lie below its payer's prefix, got ${JSON.stringify(key)}`);
    }
  }
  const listed = await list(staging, source.bucket, new Set(manifest.keys));
  const versions = await staging.ledger.versions(placed.partition);
  const ownFolder = places.every(({ place }) => place.is === 'data' && place.ownFolder);
  const { stillSeconds = DEFAULT_STILL_SECONDS } = staging.debounce;
  const seen = { placedAt: read.placedAt, now: staging.now(), stillSeconds };
  return pinDelivery({ partition: placed.partition, manifest, source, listed, versions, ownFolder, ...seen });
}

/** The named objects that lie at the source, by key. */
async function list(
  staging: CopyServices,
  bucket: string,
  keys: ReadonlySet<string>,
): Promise<Map<string, ListedObject>> {
  const listed = new Map<string, ListedObject>();
  const folders = new Set([...keys].map((key) => key.slice(0, key.lastIndexOf('/') + 1)));
  for (const folder of folders) {
    for await (const page of staging.store.list(bucket, folder)) {
      for (const object of page) if (keys.has(object.key)) listed.set(object.key, object);
    }
  }
  return listed;
}

async function record(
  staging: CopyServices,
  placed: Placed,
  event: ObjectCreated,
  fixed: PinnedDelivery,
): Promise<void> {
  const { partition } = placed;
  const { delivery, missing, unsure, absent } = fixed;
  const { executionId } = delivery;
  const progress = (await staging.ledger.partition(partition))?.delivery;
  const seenBefore = event.reason === SECOND_LOOK && progress?.id === delivery.id;
  const lookAgain = (unsure.length > 0 || absent.length > 0) && !seenBefore;
  const awaited = lookAgain && unsure.length > 0 ? [...fixed.awaited, SECOND_LOOK] : fixed.awaited;

  const recorded = await staging.ledger.recordDelivery(delivery, awaited, staging.now());
  if (recorded.isNew) {
    const files = delivery.files.length;
    staging.report({ what: 'delivery-known', partition, executionId, files, missing: fixed.awaited.length });
    if (lookAgain && unsure.length > 0)
      staging.report({ what: 'delivery-unsure', partition, executionId, keys: unsure });
  }
  // Only the newest delivery known is worth asking for; the same manifest again asks again.
  const current = recorded.partition.delivery;
  if (current?.id === delivery.id && current.awaited.length > 0) {
    await request(staging, partition.payer, delivery.manifest.bucket, missing);
    if (lookAgain) await comeBack(staging, partition.payer, event, fixed);
  }
  await sendTick(staging, partition, recorded);
}

async function request(
  staging: CopyServices,
  group: string,
  bucket: string,
  missing: readonly ListedObject[],
): Promise<void> {
  if (missing.length === 0) return;
  const messages = missing.map(({ key, etag, sizeBytes }) => ({
    body: objectCreatedEvent(
      'cur-reactor',
      { bucket, key, etag, sizeBytes, reason: 'manifest' },
      staging.correlationId,
    ),
    group,
  }));
  await staging.copyQueue.send(messages);
}

async function comeBack(
  staging: CopyServices,
  group: string,
  event: ObjectCreated,
  { delivery, newestAt }: PinnedDelivery,
): Promise<void> {
  const { etag } = delivery.manifest;
  const body = objectCreatedEvent('cur-reactor', { ...event, etag, reason: SECOND_LOOK }, staging.correlationId);
  const { quietSeconds, stillSeconds = DEFAULT_STILL_SECONDS } = staging.debounce;
  const ageSeconds = Math.floor((staging.now() - newestAt) / 1000);
  // A time in the future says nothing of when the file was written.
  const wait = ageSeconds < 0 ? stillSeconds : stillSeconds - ageSeconds;
  const delaySeconds = Math.min(900, Math.max(wait, quietSeconds));
  await staging.copyQueue.send([{ body, group, delaySeconds }]);
}

/** Keeps a bad manifest in the ledger, so that reconcile knows it was seen and people know why nothing came of it. */
async function quarantine(staging: CopyServices, placed: Placed, source: SourceVersion, reason: string): Promise<void> {
  const { partition, folder, awaitsManifest } = placed;
  const outcome = { status: 'quarantined', reason } as const;
  const id = versionIdOf(source);
  const known = await staging.ledger.version(partition, id);
  await notifyQuarantined(staging, known?.outcome, { partition, source, reason });
  const recorded = await staging.ledger.recordVersion(
    { id, partition, source, folder, awaitsManifest, outcome },
    staging.now(),
  );
  if (recorded.isNew) staging.report({ what: 'manifest-quarantined', partition, key: source.key, reason });
  await sendTick(staging, partition, recorded);
}

/** Keeps a manifest that nothing comes of in the ledger, so that reconcile knows it was seen. */
async function setAside(staging: CopyServices, placed: Placed, source: SourceVersion, reason: string): Promise<void> {
  const { partition, folder, awaitsManifest } = placed;
  const outcome = { status: 'set-aside', reason } as const;
  const recorded = await staging.ledger.recordVersion(
    { id: versionIdOf(source), partition, source, folder, awaitsManifest, outcome },
    staging.now(),
  );
  if (recorded.isNew) staging.report({ what: 'file-set-aside', partition, key: source.key, reason });
  await sendTick(staging, partition, recorded);
}
