import { objectCreatedEvent } from '../billing/objectCreated.ts';
import { partitionName } from '../billing/partition.ts';
import { printable } from '../billing/printable.ts';
import type { FinalizeSettings } from '../finalizing/finalizing.ts';
import { discoverSource } from '../reconcile/discover.ts';
import { sweep } from '../reconcile/sweep.ts';
import type { Location } from '../staging/objectStore.ts';
import { deliverSample } from './deliverSample.ts';
import { DirectoryStore } from './directoryStore.ts';
import { folderInput, type Input, sampleInput } from './input.ts';
import { HELP, type Options, parseOptions, UsageError } from './options.ts';
import { allPartitions, type Outcome, outcomeTables, partitionOutcomes, stateOf } from './outcome.ts';
import { newProgress, type Progress } from './progress.ts';
import { openStack, type Stack } from './stack.ts';
import { StateInUse } from './stateLock.ts';
import { type Watch, watchBuckets } from './watch.ts';

const SETTINGS: FinalizeSettings = {
  quietSeconds: 1,
  maxWaitSeconds: 10,
  leaseSeconds: 3600,
  retryBaseSeconds: 1,
  retryMaxSeconds: 60,
  supersededGraceSeconds: 60,
};
/** Whoever copies files into a watched folder by hand takes longer than AWS between two of them. */
const WATCH_SETTINGS: FinalizeSettings = { ...SETTINGS, quietSeconds: 3, maxWaitSeconds: 60 };
const WATCH_SETTLE_MS = 500;

const EXIT_TROUBLE = 1;
const EXIT_USAGE = 2;
const EXIT_INCOMPLETE = 3;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args, process.cwd());
    if (options === 'help') {
      process.stdout.write(HELP);
      return 0;
    }
    return await run(options);
  } catch (error) {
    const expected = error instanceof UsageError || error instanceof StateInUse;
    const text = expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n${error instanceof UsageError ? 'npm start -- --help tells the options\n' : ''}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_TROUBLE;
  }
}

async function run(options: Options): Promise<number> {
  const startedAt = performance.now();
  const out = options.json ? process.stderr : process.stdout;
  const progress = newProgress((text) => out.write(text), Date.now);
  const input = await (options.from === undefined ? sampleInput(options.keep) : folderInput(options.from, options));
  let store: DirectoryStore | undefined;
  const stack = await openStack({
    keep: options.keep,
    store: (stagingBucket, stagingFolder) => {
      store = new DirectoryStore(new Map([...input.buckets, [stagingBucket, stagingFolder]]));
      return input.wrap(store);
    },
    place: input.place,
    settings: settingsFor(options),
    report: progress.report,
  });
  try {
    if (store) await feed(options, input, stack, progress, store);
    const partitions = await partitionOutcomes(stack.ledger, stack.warehouse);
    const findings = await stack.warehouse.findings();
    const elapsedSeconds = Math.round(performance.now() - startedAt) / 1000;
    const outcome: Outcome = { partitions, findings, events: progress.counts(), elapsedSeconds };
    process.stdout.write(options.json ? `${JSON.stringify(outcome)}\n` : `\n${outcomeTables(outcome)}`);
    return await verdict(stack, input, outcome);
  } finally {
    await stack.close();
  }
}

function settingsFor({ watch, quietSeconds, maxWaitSeconds }: Options): FinalizeSettings {
  const settings = watch ? WATCH_SETTINGS : SETTINGS;
  return {
    ...settings,
    quietSeconds: quietSeconds ?? settings.quietSeconds,
    maxWaitSeconds: maxWaitSeconds ?? settings.maxWaitSeconds,
  };
}

/** Delivers what there is to deliver, and waits until it is worked in; with --watch, until the person ends it. */
async function feed(
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
  for (const [bucket] of input.buckets) {
    for await (const page of discovery.store.list(bucket, '')) {
      const keys = page.map(({ key }) => key);
      await input.learn(bucket, keys);
    }
  }
  for (const source of input.sources) {
    const { listed, queued } = await discoverSource(discovery, source);
    total.listed += listed;
    total.queued += queued;
  }
  return total;
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

/** The exit status, with the reasons on stderr. */
async function verdict(stack: Stack, input: Input, outcome: Outcome): Promise<number> {
  const complaints = input.complaints();
  for (const record of await allPartitions(stack.ledger)) {
    const { state, why } = stateOf(record);
    if (state !== 'published') complaints.push(`${partitionName(record.partition)} is ${state}: ${why}`);
  }
  for (const { error } of stack.deadLetters()) complaints.push(`a message was given up: ${error ?? 'no reason known'}`);
  if (outcome.partitions.length === 0) complaints.push('no cost-and-usage file was found');
  for (const complaint of complaints) process.stderr.write(`${printable(complaint)}\n`);
  return complaints.length === 0 ? 0 : EXIT_INCOMPLETE;
}
