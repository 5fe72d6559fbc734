import { MAX_MANIFEST_BYTES } from '../billing/limits.ts';
import { ManifestInvalid, ManifestNotBill, parseManifest } from '../billing/manifest.ts';
import { type SourceVersion, versionIdOf } from '../billing/version.ts';
import type { Delivery } from '../ledger/delivery.ts';
import { type CopyMessage, copyRequest } from '../queue/copyMessage.ts';
import type { ListedObject, ReadResult } from '../store/objectStore.ts';
import { listNamed } from './listNamed.ts';
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
/** What a delivery that may not be finished awaits, beside its files. */
const SECOND_LOOK = 'second-look';

/**
 * Takes in a manifest, the commit record of a delivery: lists its files at the source, pins them to
 * versions, records the delivery, requests what is not staged, and sends the tick that is due when
 * nothing is missing.
 *
 * Where files are newer than the manifest, or not there, a second look is requested for after the
 * quiet period, and not before nothing has been written for a while (`stillSeconds`). A delivery
 * with newer files waits for that look; only when nothing has moved since the look before are they
 * taken for late ones: if the next delivery had been at work, its own manifest would have come. A
 * manifest that is nonsense is quarantined, one of an export that is no part of a bill set aside.
 * Throws as stageObject does.
 */
export async function receiveManifest(services: CopyServices, placed: Placed, message: CopyMessage): Promise<void> {
  let source: SourceVersion | undefined;
  try {
    const read = await services.store.read(message, { start: 0, end: MAX_MANIFEST_BYTES });
    source = sourceVersion(message, read);
    const pinned = await pin(services, placed, source, read);
    await record(services, placed, message, pinned);
  } catch (error) {
    if (source && error instanceof ManifestInvalid) await quarantine(services, placed, source, error.message);
    else if (source && error instanceof ManifestNotBill) await setAside(services, placed, source, error.message);
    else await dropSuperseded(services, placed, message, error);
  }
}

async function pin(
  services: CopyServices,
  placed: Placed,
  source: SourceVersion,
  read: ReadResult,
): Promise<PinnedDelivery> {
  if (read.sizeBytes > MAX_MANIFEST_BYTES) {
    throw new ManifestInvalid(`size must be at most ${MAX_MANIFEST_BYTES} bytes, got ${read.sizeBytes}`);
  }
  const manifest = parseManifest(new TextDecoder().decode(read.bytes), source);
  const places = manifest.keys.map((key) => ({ key, place: services.place(source.bucket, key) }));
  for (const { key, place } of places) {
    if (place.is !== 'data' || place.partition.payer !== placed.partition.payer) {
      throw new ManifestInvalid(`a file must lie below its payer's prefix, got ${JSON.stringify(key)}`);
    }
  }
  const listed = await listNamed(services.store, source.bucket, manifest.keys);
  const { bucket } = source;
  const ids = [...listed.values()].map((object) => versionIdOf({ bucket, ...object }));
  const versions = await services.ledger.versionsById(placed.partition, ids);
  const ownFolder = places.every(({ place }) => place.is === 'data' && place.ownFolder);
  const { stillSeconds = DEFAULT_STILL_SECONDS } = services.debounce;
  const seen = { placedAt: read.placedAt, now: services.now(), stillSeconds };
  return pinDelivery({ partition: placed.partition, manifest, source, listed, versions, ownFolder, ...seen });
}

async function record(
  services: CopyServices,
  placed: Placed,
  message: CopyMessage,
  pinned: PinnedDelivery,
): Promise<void> {
  const { partition } = placed;
  const { delivery, missing, unsure, absent } = pinned;
  const { executionId } = delivery;
  const isUnfinished = unsure.length > 0 || absent.length > 0;
  const lookAgain = isUnfinished && !(await isSeenAgain(services, message, delivery));
  const awaited = lookAgain && unsure.length > 0 ? [...pinned.awaited, SECOND_LOOK] : pinned.awaited;

  const recorded = await services.ledger.recordDelivery(delivery, awaited, services.now());
  if (recorded.isNew) {
    const files = delivery.files.length;
    services.report({ what: 'delivery-known', partition, executionId, files, missing: pinned.awaited.length });
    if (lookAgain && unsure.length > 0) {
      services.report({ what: 'delivery-unsure', partition, executionId, keys: unsure });
    }
  }
  // Only the newest delivery known is worth asking for; the same manifest again asks again.
  const current = recorded.partition.delivery;
  if (current?.id === delivery.id && current.awaited.length > 0) {
    await request(services, partition.payer, delivery.manifest.bucket, missing);
    if (lookAgain) await requestSecondLook(services, partition.payer, message, pinned);
  }
  await sendTick(services, partition, recorded);
}

/**
 * Whether this is the second look at the newest delivery known, and it names the same versions as
 * before.
 */
async function isSeenAgain(
  { ledger }: CopyServices,
  { kind }: CopyMessage,
  { id, partition }: Delivery,
): Promise<boolean> {
  return kind === 'second-look' && (await ledger.partition(partition))?.delivery?.id === id;
}

async function request(
  services: CopyServices,
  group: string,
  bucket: string,
  missing: readonly ListedObject[],
): Promise<void> {
  if (missing.length === 0) return;
  const messages = missing.map(({ key, etag, sizeBytes }) => ({
    body: copyRequest('copy', { bucket, key, etag, sizeBytes }, services.correlationId),
    group,
  }));
  await services.copyQueue.send(messages);
}

async function requestSecondLook(
  services: CopyServices,
  group: string,
  message: CopyMessage,
  { delivery, newestAt }: PinnedDelivery,
): Promise<void> {
  const { etag } = delivery.manifest;
  const body = copyRequest('second-look', { ...message, etag }, services.correlationId);
  const { quietSeconds, stillSeconds = DEFAULT_STILL_SECONDS } = services.debounce;
  const ageSeconds = Math.floor((services.now() - newestAt) / 1000);
  // A time in the future says nothing of when the file was written.
  const wait = ageSeconds < 0 ? stillSeconds : stillSeconds - ageSeconds;
  const delaySeconds = Math.min(900, Math.max(wait, quietSeconds));
  await services.copyQueue.send([{ body, group, delaySeconds }]);
}

/**
 * Records a bad manifest in the ledger, so that reconcile knows it was seen and people know why
 * nothing came of it.
 */
async function quarantine(
  services: CopyServices,
  placed: Placed,
  source: SourceVersion,
  reason: string,
): Promise<void> {
  const { partition, folder, awaitsManifest } = placed;
  const outcome = { status: 'quarantined', reason } as const;
  const id = versionIdOf(source);
  const before = { version: await services.ledger.version(partition, id) };
  await notifyQuarantined(services, before.version?.outcome, { partition, source, reason });
  const record = { id, partition, source, folder, awaitsManifest, outcome };
  const recorded = await services.ledger.recordVersion(record, services.now(), before);
  if (recorded.isNew) services.report({ what: 'manifest-quarantined', partition, key: source.key, reason });
  await sendTick(services, partition, recorded);
}

/** Records a manifest that nothing comes of in the ledger, so that reconcile knows it was seen. */
async function setAside(services: CopyServices, placed: Placed, source: SourceVersion, reason: string): Promise<void> {
  const { partition, folder, awaitsManifest } = placed;
  const outcome = { status: 'set-aside', reason } as const;
  const recorded = await services.ledger.recordVersion(
    { id: versionIdOf(source), partition, source, folder, awaitsManifest, outcome },
    services.now(),
  );
  if (recorded.isNew) services.report({ what: 'file-set-aside', partition, key: source.key, reason });
  await sendTick(services, partition, recorded);
}
