import { accessSync, constants } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { isAbsence } from '../../adapters/folder/failures.ts';
import { pathOfKey } from '../../adapters/folder/keyPath.ts';
import { type Watch, watchBuckets } from '../../adapters/folder/watch.ts';
import { objectName, type SourceVersion } from '../../billing/version.ts';
import { copyRequest } from '../../queue/copyMessage.ts';
import type { Location } from '../../store/objectStore.ts';
import type { Feeding } from './feed.ts';
import { followFolder, followRefilled, followReplaced, overtakenAt } from './followFolder.ts';
import { withdrawLeftOut } from './withdrawLeftOut.ts';

/**
 * How long a file that somebody copies into a watched folder must stay the same before it counts as
 * an object.
 */
const SETTLE_MS = 500;
/** For so long files are gathered before they are looked at: many come at once. */
const GATHER_MS = 100;

/**
 * From now on announces every file that appears in the input's folders, as S3 announces objects,
 * until the signal aborts, and follows what disappears. What comes while files are being looked at
 * is taken all at once after them: a burst of thousands is looked at by one reader, not by
 * thousands at a time.
 */
export async function watchInput(feeding: Omit<Feeding, 'options'>, signal: AbortSignal): Promise<Watch> {
  const { input, stack, progress, setAside } = feeding;
  const arrived = new Map<string, Location>();
  /** Manifests that came before every file of their export: whose they are, the first file says. */
  const unplaced = new Map<string, Location>();
  let hasLost = false;
  let turn: Promise<void> = Promise.resolve();
  const onError = (error: unknown) => progress.say(`cannot watch: ${messageOf(error)}`);
  const takeTurn = () => {
    turn = turn.then(async () => {
      if (arrived.size === 0 && !hasLost) return;
      // What is moved or deleted as a whole goes one by one: what a part of it would say is not
      // true.
      await wait(hasLost ? SETTLE_MS : GATHER_MS);
      const batch = [...arrived.values()];
      arrived.clear();
      if (hasLost) {
        hasLost = false;
        const { doubts } = await followFolder(input, stack, setAside);
        for (const doubt of doubts) progress.say(doubt);
      }
      const taken = await takeIn(feeding, batch, unplaced);
      await followReplaced(await overtakenAt(taken, stack), input, stack);
      await followRefilled(new Map(taken.map((object) => [objectName(object), object])), stack);
    });
    turn = turn.catch(onError);
  };
  const onObject = (location: Location) => {
    arrived.set(objectName(location), location);
    takeTurn();
  };
  const onGone = () => {
    hasLost = true;
    takeTurn();
  };
  return watchBuckets(input.buckets, onObject, { settleMs: SETTLE_MS, signal, onError, onGone });
}

/**
 * Looks at files that have arrived, announces them and what they give a place, and answers them
 * once they were worked on.
 */
async function takeIn(
  { input, stack, store, progress, setAside }: Omit<Feeding, 'options'>,
  batch: readonly Location[],
  unplaced: Map<string, Location>,
): Promise<SourceVersion[]> {
  const readable = batch.filter((location) => isReadable(pathOf(location, input.buckets), setAside.add));
  const byBucket = Map.groupBy(readable, ({ bucket }) => bucket);
  for (const [bucket, files] of byBucket) {
    await input.learn(
      bucket,
      files.map(({ key }) => key),
    );
  }
  await withdrawLeftOut(input, stack);
  const placedNow = [...unplaced.values()].filter(
    ({ bucket, key }) => input.place(bucket, key).is !== 'unknown-source',
  );
  const taken: SourceVersion[] = [];
  for (const location of [...readable, ...placedNow]) {
    const { bucket, key } = location;
    if (input.place(bucket, key).is === 'unknown-source') unplaced.set(objectName(location), location);
    else unplaced.delete(objectName(location));
    try {
      const object = await store.head(location);
      if (!object) continue;
      const { etag, sizeBytes } = object;
      await stack.staging.copyQueue.send([{ body: copyRequest('copy', { bucket, key, etag, sizeBytes }) }]);
      taken.push({ bucket, ...object });
    } catch (error) {
      progress.say(`cannot take ${pathOf(location, input.buckets)}: ${messageOf(error)}`);
    }
  }
  // Nothing more to send: waits for the work.
  await stack.sourceQueue.send([]);
  return taken;
}

function isReadable(file: string, setAside: (path: string, error: unknown) => void): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch (error) {
    if (!isAbsence(error)) setAside(file, error);
    return false;
  }
}

function pathOf({ bucket, key }: Location, buckets: ReadonlyMap<string, string>): string {
  return pathOfKey(buckets.get(bucket) ?? '', key) ?? key;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
