import { mkdir } from 'node:fs/promises';
import { FolderObjectStore } from '../../adapters/folder/objectStore.ts';
import { printable } from '../../base/printable.ts';
import { partitionName } from '../../billing/partition.ts';
import { failedChecksOf, type PartitionRecord } from '../../ledger/partitionRecord.ts';
import { failedChecksText, stateOf } from '../../ledger/partitionState.ts';
import { checkApart } from './checkApart.ts';
import { checkCsvFile, writeCsv } from './csv.ts';
import { settingsFor } from './debounce.ts';
import { EXIT_INCOMPLETE } from './failure.ts';
import { type Fed, type Feeding, feed } from './feed.ts';
import { CSV_ON_STDOUT } from './findingsOptions.ts';
import { checkAnswers } from './folderAnswer.ts';
import { finishForgetting } from './forget.ts';
import { folderInput, type Input, sampleInput } from './input.ts';
import { checkNamed, loadChecks, titlesOf } from './knownChecks.ts';
import { nextCommands, stateArguments } from './nextCommands.ts';
import type { Options } from './options.ts';
import { allPartitions, type Outcome, outcomeOfRun, partitionsOf } from './outcome.ts';
import { outcomeText } from './outcomeText.ts';
import { ownerMessages } from './ownerMessages.ts';
import { withPlacedTimes } from './placedTimes.ts';
import type { Progress } from './progress.ts';
import type { Titles } from './resourceFindings.ts';
import { newRetrying } from './retrying.ts';
import { newSetAside } from './setAside.ts';
import { serveSql } from './sqlServer.ts';
import { openStack, type Stack } from './stack.ts';
import { warehousePath } from './state.ts';
import { elsewhereSentences, notReadSentences } from './survey.ts';
import { terminalWidth } from './terminalWidth.ts';
import { watchInput } from './watchInput.ts';

/**
 * What a run has of its machine: where it writes, and what ends it where it stays and no signal
 * ends the process.
 */
interface Machine {
  readonly stdout: { readonly columns?: number; readonly write: (text: string) => unknown };
  readonly stderr: { readonly write: (text: string) => unknown };
  readonly ending?: AbortSignal;
  readonly now?: () => number;
}

/**
 * Takes in what there is, shows how everything stands, and answers the exit status; with --watch it
 * goes on taking in what appears, until a signal ends the process (interruption.ts).
 */
export async function run(options: Options, progress: Progress, machine: Machine = process): Promise<number> {
  const { stderr, ending } = machine;
  const setAside = newSetAside(progress.say);
  const checks = await loadChecks();
  if (options.check !== undefined) checkNamed(options.check, checks, '--check');
  if (options.csv !== undefined) await checkCsvFile(options.csv);
  const input = await openInput(options);
  await using closing = new AsyncDisposableStack();
  const { stack, store } = await openReactor(options, input, { setAside, progress, now: machine.now ?? Date.now });
  closing.defer(stack.close);
  const sql = await serveSql(options.keep);
  closing.defer(sql.close);
  const feeding: Feeding = { options, input, stack, store, progress, setAside };
  const stop = new AbortController();
  closing.defer(async () => stop.abort());
  ending?.addEventListener('abort', () => stop.abort());
  const watch = options.watch ? await watchInput(feeding, stop.signal) : undefined;
  const found = await feed(feeding);
  const outcome = await outcomeOf(feeding, titlesOf(checks));
  await show(options, outcome, machine.stdout);
  const complaints = [...(await complaintsOf(feeding, found, outcome)), ...setAside.complaints()];
  for (const notice of input.notices()) stderr.write(`${printable(`left out: ${notice}`)}\n`);
  for (const complaint of complaints) stderr.write(`${printable(complaint)}\n`);
  if (watch) {
    progress.say('watching for new files; Ctrl-C ends it');
    await watch.closed;
  }
  return complaints.length === 0 ? 0 : EXIT_INCOMPLETE;
}

async function openInput(options: Options): Promise<Input> {
  const { from, keep } = options;
  // The first look at anybody's folder: what follows reads in ways that a drive that is gone would
  // hold for good.
  if (from !== undefined) {
    await checkAnswers(from);
    await checkApart(from, keep);
  }
  await mkdir(keep, { recursive: true });
  await checkAnswers(keep);
  return from === undefined ? sampleInput(keep) : folderInput(from, options);
}

async function openReactor(
  options: Options,
  input: Input,
  { setAside, progress, now }: Pick<Feeding, 'setAside' | 'progress'> & { readonly now: () => number },
): Promise<{ readonly stack: Stack; readonly store: FolderObjectStore }> {
  const opened = Promise.withResolvers<FolderObjectStore>();
  await finishForgetting(options.keep, progress.say);
  const stack = await openStack({
    keep: options.keep,
    store: (stagingBucket, stagingFolder) => {
      const folders = new Map([...input.buckets, [stagingBucket, stagingFolder]]);
      const store = new FolderObjectStore(folders, undefined, setAside.add);
      opened.resolve(store);
      return input.wrap(options.from === undefined ? store : withPlacedTimes(store, input.buckets));
    },
    place: input.place,
    settings: settingsFor(options),
    memoryLimitBytes: options.memoryLimitBytes,
    tagKeys: options.tagKeys,
    report: (event) => progress.report('bucket' in event ? { ...event, bucket: folderOf(event.bucket, input) } : event),
    onGivenUp: (error) => progress.say(`given up    ${withFolders(String(error), input)}`),
    now,
    retrying: options.watch ? await newRetrying(options.keep, now) : undefined,
  });
  return { stack, store: await opened.promise };
}

async function outcomeOf({ options, stack, progress }: Feeding, titles: Titles): Promise<Outcome> {
  const read = await outcomeOfRun(stack.ledger, stack.warehouse, options, titles);
  const messages = options.groupBy === 'owner' ? await messagesOfOwners({ options, stack }, titles) : undefined;
  const elapsedSeconds = Math.round(performance.now()) / 1000;
  const database = warehousePath(options.keep);
  return { ...read, ownerMessages: messages, database, events: progress.counts(), elapsedSeconds };
}

async function messagesOfOwners({ options, stack }: Pick<Feeding, 'options' | 'stack'>, titles: Titles) {
  const records = (await allPartitions(stack.ledger)).filter(
    ({ partition }) => partitionsOf([partition], options).length > 0,
  );
  return ownerMessages(records, stack.warehouse, { titles, at: Date.now() });
}

async function show(options: Options, outcome: Outcome, stdout: Machine['stdout']): Promise<void> {
  const { json, csv, groupBy } = options;
  if (csv !== undefined) await writeCsv(csv, outcome.findings, stdout);
  if (csv === CSV_ON_STDOUT) return;
  if (json) {
    stdout.write(`${JSON.stringify(outcome)}\n`);
    return;
  }
  const width = terminalWidth(stdout.columns, process.env);
  const shown = { grouped: groupBy !== undefined, nextCommands: nextCommands(options, process.cwd()) };
  stdout.write(`\n${outcomeText(outcome, width, shown)}`);
}

/** Why the outcome is not complete; empty when it is. */
async function complaintsOf(
  { options, input, stack }: Feeding,
  found: Fed,
  { partitions }: Outcome,
): Promise<string[]> {
  const complaints = [...input.complaints(), ...found.doubts];
  for (const record of await allPartitions(stack.ledger)) {
    const { state, why } = stateOf(record);
    if (state !== 'published') complaints.push(`${partitionName(record.partition)} is ${state}: ${why}`);
    const failed = failedChecksOf(record);
    if (failed) complaints.push(`${partitionName(record.partition)}: ${failedChecksText(failed)}`);
    complaints.push(...openChoice(record));
  }
  for (const { error } of stack.deadLetters()) {
    complaints.push(`a message was given up: ${withFolders(error ?? 'no reason known', input)}`);
  }
  complaints.push(...elsewhereSentences(found.elsewhere, stateArguments(options, process.cwd())));
  if (partitions.length === 0) {
    const why = notReadSentences(found.notRead).map((sentence) => `; ${sentence}`);
    complaints.push(`no cost-and-usage file was found in ${options.from ?? options.keep}${why.join('')}`);
  }
  return complaints;
}

/** A month with several reports: which one is the bill, and how to choose another. */
function openChoice({ partition, report, otherReports = [] }: PartitionRecord): string[] {
  if (report === undefined || otherReports.length === 0) return [];
  // A bucket is a folder here, and its name one of ours.
  const [bill, ...others] = [report, ...otherReports.map((other) => other.report)].map((name) =>
    JSON.stringify(name.slice(name.indexOf('/') + 1)),
  );
  const names = others.join(', ');
  return [
    `${partitionName(partition)} has several reports: ${bill} is the bill, ${names} is left out; choose one with --report`,
  ];
}

function folderOf(bucket: string, { buckets }: Input): string {
  return buckets.get(bucket) ?? bucket;
}

/** Buckets are folders here, and nobody knows them by the names that they have inside. */
function withFolders(text: string, { buckets }: Input): string {
  return [...buckets].reduce((said, [bucket, folder]) => said.replaceAll(`in bucket ${bucket}`, `in ${folder}`), text);
}
