import { objectCreatedEvent } from '../billing/objectCreated.ts';
import { partitionName } from '../billing/partition.ts';
import { type VersionId, versionIdOf } from '../billing/version.ts';
import type { Ledger, VersionRecord } from '../ledger/ledger.ts';
import { discoverSource } from '../reconcile/discover.ts';
import { sweep } from '../reconcile/sweep.ts';
import type { Location } from '../staging/objectStore.ts';
import { withdrawVersion } from '../staging/withdrawVersion.ts';
import { deliverSample } from './deliverSample.ts';
import type { DirectoryStore } from './directoryStore.ts';
import type { Input } from './input.ts';
import { isLoose } from './looseFiles.ts';
import type { Options } from './options.ts';
import { allPartitions } from './outcome.ts';
import type { Progress } from './progress.ts';
import type { Stack } from './stack.ts';
import { type Watch, watchBuckets } from './watch.ts';

/** How long a file that somebody copies into a watched folder must stay the same before it counts as an object. */
const WATCH_SETTLE_MS = 500;

/** Delivers what there is to deliver, and waits until it is worked in; with --watch, until the person ends it. */
export async function feed(
  options: Options,
  input: Input,
  stack: Stack,
  progress: Progress,
  store: DirectoryStore,
): Promise<void> {
  const stop = new AbortController();
  const interruption = options.watch ? interrupted() : undefined;
  const watch = options.watch ? await startWatch(input, stack, progress, store, stop.signal) : undefined;
  const discovered = await discover(input, stack);
  await sweep(stack.staging);
  if (options.from === undefined) {
    const { say } = progress;
    await deliverSample({ keep: options.keep, store, queue: stack.sourceQueue, settled: stack.settled, say });
  } else if (discovered.queued === 0) {
    progress.say(`nothing new: ${discovered.listed} objects listed`);
  }
  await stack.settled();
  if (!watch) return;
  progress.say('watching for new files; Ctrl-C ends it');
  await interruption;
  stop.abort();
  await watch.closed;
  await stack.settled();
}

/** Lists the sources and queues what the ledger does not know. */
async function discover(input: Input, stack: Stack): Promise<{ listed: number; queued: number }> {
  const discovery = { ...stack.staging, copyQueue: stack.sourceQueue };
  const total = { listed: 0, queued: 0 };
  const known = await knownVersions(stack.ledger);
  const listed = new Set<string>();
  for (const [bucket] of input.buckets) {
    for await (const page of discovery.store.list(bucket, '')) {
      for (const { key } of page) if (isLoose(key)) listed.add(key);
      const fresh = page.filter((object) => {
        const partition = known.get(versionIdOf({ bucket, ...object }))?.partition;
        return !partition || !input.remember(bucket, object.key, partition);
      });
      const keys = fresh.map(({ key }) => key);
      await input.learn(bucket, keys);
    }
  }
  await withdrawLeftOut(input, stack);
  await withdrawGone(input, stack, [...known.values()], listed);
  for (const source of input.sources) {
    const { listed, queued } = await discoverSource(discovery, source);
    total.listed += listed;
    total.queued += queued;
  }
  return total;
}

/** Every version that the ledger knows. */
async function knownVersions(ledger: Ledger): Promise<Map<VersionId, VersionRecord>> {
  const known = new Map<VersionId, VersionRecord>();
  for (const { partition } of await allPartitions(ledger)) {
    for (const version of await ledger.versions(partition)) known.set(version.id, version);
  }
  return known;
}

/** Takes out what an earlier run has placed and what does not count any more beside what has come since. */
async function withdrawLeftOut(input: Input, stack: Stack): Promise<void> {
  const leftOut = input.leftOut();
  if (leftOut.size === 0) return;
  for (const version of (await knownVersions(stack.ledger)).values()) {
    const reason = leftOut.get(version.source.key);
    if (reason !== undefined) await withdrawVersion(stack.staging, version, reason);
  }
}

/**
 * Takes out loose files that are gone while others of their month are there: they were renamed, or replaced, and their rows
 * would count twice. A month of which nothing is there any more stays as it is: its files may have been put away.
 */
async function withdrawGone(
  input: Input,
  stack: Stack,
  known: readonly VersionRecord[],
  there: ReadonlySet<string>,
): Promise<void> {
  const gone = known.filter(({ source: { key } }) => isLoose(key) && !there.has(key));
  if (gone.length === 0) return;
  const months = new Set<string>();
  for (const [bucket] of input.buckets) {
    for (const key of there) {
      const placed = input.place(bucket, key);
      if (placed.is === 'data') months.add(partitionName(placed.partition));
    }
  }
  for (const version of gone) {
    if (!months.has(partitionName(version.partition))) continue;
    await withdrawVersion(stack.staging, version, 'it is not in the folder any more, and others of its month are');
  }
}

async function startWatch(
  input: Input,
  stack: Stack,
  progress: Progress,
  store: DirectoryStore,
  signal: AbortSignal,
): Promise<Watch> {
  // A manifest that comes before every file of its export: whose it is, the first file says.
  const unplaced = new Map<string, Location>();
  const announce = async ({ bucket, key }: Location) => {
    const object = await store.head({ bucket, key });
    if (!object) return;
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
  const onError = (error: unknown) => progress.say(`cannot watch: ${error instanceof Error ? error.message : error}`);
  const onObject = (location: Location) => void announce(location).catch(onError);
  return watchBuckets(input.buckets, onObject, { settleMs: WATCH_SETTLE_MS, signal, onError });
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
