import { setOfDelivery } from '../../src/ledger/currentSet.ts';
import { parseCopyMessage } from '../../src/queue/copyMessage.ts';
import { md5 } from './contentEtags.ts';
import { type CopyWorld, chunk, DAILY, manifestBytes, OVERWRITE_MANIFEST, partitionOf } from './copyWorld.ts';

const partition = partitionOf(DAILY);

/** What tests of manifests do in a world, and see of its daily report's month. */
export function manifestsIn(world: () => CopyWorld) {
  async function record() {
    const found = await world().ledger.partition(partition);
    if (!found) throw new Error('the ledger knows nothing of the partition');
    return found;
  }

  /** The keys and labels that a reader would see once the newest complete delivery is published. */
  async function currentSet() {
    const { completeDelivery } = await record();
    const delivery = completeDelivery && (await world().ledger.delivery(partition, completeDelivery.id));
    if (!delivery) return undefined;
    const set = setOfDelivery(delivery, await world().ledger.versions(partition));
    return set.is === 'set' ? set.files.map(({ source: { key, etag } }) => ({ key, etag })) : set.reason;
  }

  /** Puts chunks with their events' work done, and answers what a complete set shows of them. */
  async function putChunks(folder: string, contents: readonly Uint8Array[], at = world().now) {
    const keys = contents.map((_, index) => chunk(folder, index + 1));
    for (const [index, bytes] of contents.entries())
      await world().handle(await world().put(keys[index] ?? '', bytes, { at }));
    return keys.map((key, index) => ({ key, etag: md5(contents[index] ?? new Uint8Array()) }));
  }

  async function putManifest(executionId: string, keys: readonly string[], at = world().now, key = OVERWRITE_MANIFEST) {
    return world().put(key, manifestBytes(executionId, keys), { at });
  }

  function requests() {
    return world().copyQueue.sent.map(({ body, ...message }) => ({ ...message, ...parseCopyMessage(body) }));
  }

  return { record, currentSet, putChunks, putManifest, requests };
}
