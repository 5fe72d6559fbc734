import { accessSync, constants } from 'node:fs';
import { objectCreatedEvent } from '../billing/objectCreated.ts';
import type { Location } from '../staging/objectStore.ts';
import type { Feeding } from './feed.ts';
import { isAbsence } from './fileFailure.ts';
import { pathOfKey } from './keyPath.ts';
import { type Watch, watchBuckets } from './watch.ts';
import { withdrawLeftOut } from './withdrawLeftOut.ts';

/** How long a file that somebody copies into a watched folder must stay the same before it counts as an object. */
const SETTLE_MS = 500;

/** From now on announces every file that appears in the input's folders, as S3 announces objects, until the signal aborts. */
export async function watchInput(feeding: Omit<Feeding, 'options'>, signal: AbortSignal): Promise<Watch> {
  const { input, stack, store, progress, setAside } = feeding;
  // A manifest that comes before every file of its export: whose it is, the first file says.
  const unplaced = new Map<string, Location>();
  const pathOf = ({ bucket, key }: Location) => pathOfKey(input.buckets.get(bucket) ?? '', key) ?? key;
  const announce = async ({ bucket, key }: Location) => {
    const object = await store.head({ bucket, key });
    if (!object) return;
    const file = pathOf({ bucket, key });
    try {
      accessSync(file, constants.R_OK);
    } catch (error) {
      if (!isAbsence(error)) setAside.add(file, error);
      return;
    }
    await input.learn(bucket, [key]);
    await withdrawLeftOut(input, stack);
    if (input.place(bucket, key).is === 'unknown-source') unplaced.set(key, { bucket, key });
    for (const [other, location] of unplaced) {
      if (input.place(location.bucket, other).is !== 'unknown-source' && unplaced.delete(other)) onObject(location);
    }
    const { etag, sizeBytes } = object;
    const body = objectCreatedEvent('cur-reactor', { bucket, key, etag, sizeBytes, reason: 'PutObject' });
    await stack.staging.copyQueue.send([{ body }]);
  };
  const onError = (error: unknown) => progress.say(`cannot watch: ${messageOf(error)}`);
  const onObject = (location: Location) =>
    void announce(location).catch((error: unknown) => {
      progress.say(`cannot take ${pathOf(location)}: ${messageOf(error)}`);
    });
  return watchBuckets(input.buckets, onObject, { settleMs: SETTLE_MS, signal, onError });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
