import type { FolderObjectStore } from '../../adapters/folder/objectStore.ts';
import { counted } from '../../base/counted.ts';
import { type Partition, partitionName } from '../../billing/partition.ts';
import { versionIdOf } from '../../billing/version.ts';
import { discoverSource } from '../../reconcile/discover.ts';
import { type KnownPartition, knowPartition } from '../../reconcile/knownPartition.ts';
import type { ListedObject } from '../../store/objectStore.ts';
import { sweep } from '../../sweep/sweep.ts';
import { removeDoubtfulCopies } from './checkCopies.ts';
import { compareWarehouse, unaccountedMonths } from './compareWarehouse.ts';
import { isFedOnce } from './debounce.ts';
import { deliverSample } from './deliverSample.ts';
import { type Followed, followFolder, followReplaced } from './followFolder.ts';
import type { Input } from './input.ts';
import { type KnownFiles, knownFiles } from './knownFiles.ts';
import type { Options } from './options.ts';
import type { Progress } from './progress.ts';
import type { SetAside } from './setAside.ts';
import type { Stack } from './stack.ts';
import { readStated, type StatedPlacement } from './statedPlacement.ts';
import { notReadSentences, type Survey, survey } from './survey.ts';
import { withdrawLeftOut } from './withdrawLeftOut.ts';

/** What is fed: the input's files, through the store, into the stack. */
export interface Feeding {
  readonly options: Options;
  readonly input: Input;
  readonly stack: Stack;
  readonly store: FolderObjectStore;
  readonly progress: Progress;
  readonly setAside: SetAside;
}

/** What was found on the way, and what is doubtful about the state. */
export interface Fed extends Survey {
  readonly doubts: readonly string[];
}

/**
 * Delivers what there is to deliver, and waits until it is worked in. Answers what was found on the
 * way.
 */
export async function feed(feeding: Feeding): Promise<Fed> {
  const { options, input, stack, store, progress } = feeding;
  const stated = await readStated(options.keep, options);
  const known = await knownFiles(stack.ledger);
  await learn(input, stack, known, stated);
  const found = await survey(input, stack.staging.store, known);
  if (options.from !== undefined) {
    if (options.payer ?? options.period) await stated.note(found.partitions);
    for (const sentence of notReadSentences(found.notRead)) progress.say(sentence);
  }
  await withdrawLeftOut(input, stack);
  const nothing: Followed = { doubts: [], overtaken: [] };
  const { doubts, overtaken } =
    options.from === undefined ? nothing : await followFolder(input, stack, feeding.setAside);
  await compareWarehouse(stack);
  const unowned = await removeDoubtfulCopies(stack.staging);
  if (unowned > 0) progress.say(unownedSentence(unowned));
  const queued = await discover(input, stack);
  await followReplaced(overtaken, input, stack);
  await sweep(stack.staging);
  if (options.from === undefined) {
    const { say } = progress;
    await deliverSample({ keep: options.keep, store, queue: stack.sourceQueue, settled: stack.settled, say });
  } else if (queued === 0) {
    progress.say(`nothing new: ${found.listed === 1 ? '1 object' : `${found.listed} objects`} listed`);
  }
  await stack.settled({ nothingElseComes: isFedOnce(options) });
  return { ...found, doubts: [...doubts, ...(await unaccountedMonths(stack))] };
}

function unownedSentence(unowned: number): string {
  const copies = counted(unowned, 'staged copy', 'staged copies');
  return `deleted ${copies} that the ledger does not count on: what is needed is copied again`;
}

/**
 * Has the input look at what it needs to know to place its objects: all but those that earlier runs
 * have placed.
 */
async function learn(input: Input, stack: Stack, known: KnownFiles, stated: StatedPlacement): Promise<void> {
  for (const bucket of input.buckets.keys()) {
    const remember = (object: ListedObject, isTrusted: StatedPlacement['isTrusted']) =>
      known
        .ofVersion(versionIdOf({ bucket, ...object }))
        .some((partition) => isTrusted(partition) && input.remember(bucket, object.key, partition));
    for await (const page of stack.staging.store.list(bucket, '')) {
      const fresh = page.filter((object) => !remember(object, stated.isTrusted));
      const keys = fresh.map(({ key }) => key);
      await input.learn(bucket, keys);
      // Where the rows say nothing, what an earlier run's options said still counts.
      for (const object of fresh) {
        if (input.place(bucket, object.key).is === 'ignored') remember(object, () => true);
      }
    }
  }
}

/** Queues what the ledger does not know; answers how many objects. */
async function discover(input: Input, stack: Stack): Promise<number> {
  const discovery = { ...stack.staging, copyQueue: stack.sourceQueue };
  let last: Promise<KnownPartition> | undefined;
  let name = '';
  // Copies that somebody has deleted are made again, so they are looked at, too. Keys of one month
  // lie together.
  const know = (partition: Partition) => {
    last = last && name === partitionName(partition) ? last : knowPartition(discovery, partition);
    name = partitionName(partition);
    return last;
  };
  const scope = { full: true, know };
  let queued = 0;
  for (const source of input.sources) queued += (await discoverSource(discovery, source, scope)).queued;
  return queued;
}
