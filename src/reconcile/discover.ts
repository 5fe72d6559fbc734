import { objectCreatedEvent } from '../billing/objectCreated.ts';
import { type Partition, partitionName } from '../billing/partition.ts';
import type { Place } from '../billing/placement.ts';
import type { Source } from '../billing/source.ts';
import { compareText, type SourceVersion, versionIdOf } from '../billing/version.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { compareDeliveries, type PartitionRecord } from '../ledger/partitionRecord.ts';
import type { ListedObject, ObjectStore } from '../staging/objectStore.ts';
import type { Queue } from '../staging/queue.ts';

/** What discovery works with. */
export interface Discovery {
  readonly store: ObjectStore;
  readonly ledger: Ledger;
  readonly copyQueue: Queue<object>;
  readonly place: Place;
}

export interface Discovered {
  /** Objects that were listed, data files and manifests among them that the ledger did not know and that were queued. */
  readonly listed: number;
  readonly queued: number;
}

/**
 * Lists a source and sends to the copy queue what the ledger does not know: the newest manifest of each partition, whose
 * delivery then requests its files; and where a partition has no manifest, its data files. So that of a bucket full of
 * old deliveries only the newest is copied. A manifest that was quarantined counts as none.
 *
 * Objects are listed twice and never held: what grows is one entry a partition, and the ids of one partition's versions.
 * Throws AccessDenied or ObjectGone when the source cannot be read.
 */
export async function discoverSource(
  discovery: Discovery,
  { bucket, prefix }: Pick<Source, 'bucket' | 'prefix'>,
): Promise<Discovered> {
  const root = prefix === '' ? '' : `${prefix}/`;
  const told = new Set<string>();
  let queued = 0;
  for (const [name, { partition, manifest }] of await newestManifests(discovery, bucket, root)) {
    const known = await discovery.ledger.version(partition, versionIdOf(manifest));
    if (known?.outcome.status === 'quarantined') continue;
    told.add(name);
    if (isWorkedOff(await discovery.ledger.partition(partition), manifest)) continue;
    await queue(discovery, partition.payer, bucket, [manifest]);
    queued += 1;
  }
  const data = await queueData(discovery, bucket, root, told);
  return { listed: data.listed, queued: queued + data.queued };
}

interface NewestManifest {
  readonly partition: Partition;
  readonly manifest: SourceVersion;
}

async function newestManifests(
  { store, place }: Discovery,
  bucket: string,
  root: string,
): Promise<Map<string, NewestManifest>> {
  const newest = new Map<string, NewestManifest>();
  for await (const page of store.list(bucket, root)) {
    for (const object of page) {
      const placed = place(bucket, object.key);
      if (placed.is !== 'manifest') continue;
      const name = partitionName(placed.partition);
      const best = newest.get(name)?.manifest;
      const manifest = { bucket, ...object };
      if (!best || isNewer(manifest, best)) newest.set(name, { partition: placed.partition, manifest });
    }
  }
  return newest;
}

function isNewer(a: SourceVersion, b: SourceVersion): boolean {
  const order = compareDeliveries({ id: '', executionId: '', manifest: a }, { id: '', executionId: '', manifest: b });
  return order > 0 || (order === 0 && compareText(a.key, b.key) > 0);
}

/** Whether a manifest needs no more work: its delivery is complete, or a newer one is known. */
function isWorkedOff(record: PartitionRecord | undefined, manifest: SourceVersion): boolean {
  const delivery = record?.delivery;
  if (!delivery) return false;
  const order = compareDeliveries({ ...delivery, manifest }, delivery);
  return order < 0 || (order === 0 && delivery.pending.length === 0);
}

async function queueData(
  discovery: Discovery,
  bucket: string,
  root: string,
  withManifest: ReadonlySet<string>,
): Promise<Discovered> {
  let [listed, queued] = [0, 0];
  let known = { name: '', newest: new Map<string, number>() };
  for await (const page of discovery.store.list(bucket, root)) {
    listed += page.length;
    const unknown = new Map<string, ListedObject[]>();
    for (const object of page) {
      const placed = discovery.place(bucket, object.key);
      if (placed.is !== 'data') continue;
      const name = partitionName(placed.partition);
      if (withManifest.has(name)) continue;
      if (known.name !== name) known = { name, newest: await knownVersions(discovery.ledger, placed.partition) };
      const knownAt = known.newest.get(versionIdOf({ bucket, ...object }));
      if (knownAt !== undefined && knownAt >= object.lastModified) continue;
      const { payer } = placed.partition;
      unknown.set(payer, [...(unknown.get(payer) ?? []), object]);
    }
    for (const [payer, objects] of unknown) {
      await queue(discovery, payer, bucket, objects);
      queued += objects.length;
    }
  }
  return { listed, queued };
}

/** When each known version was last written, by its id: content that has come back is news. */
async function knownVersions(ledger: Ledger, partition: Partition): Promise<Map<string, number>> {
  return new Map((await ledger.versions(partition)).map(({ id, source }) => [id, source.lastModified]));
}

async function queue(
  { copyQueue }: Discovery,
  group: string,
  bucket: string,
  objects: readonly ListedObject[],
): Promise<void> {
  const messages = objects.map(({ key, etag, sizeBytes }) => ({
    body: objectCreatedEvent('cur-reactor', { bucket, key, etag, sizeBytes, reason: 'reconcile' }),
    group,
  }));
  await copyQueue.send(messages);
}
