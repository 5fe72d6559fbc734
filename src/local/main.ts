import { partitionName } from '../billing/partition.ts';
import { printable } from '../billing/printable.ts';
import { UsageError } from '../config/commandLine.ts';
import type { FinalizeSettings } from '../finalizing/finalizing.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { stateOf } from '../ledger/partitionState.ts';
import { DirectoryStore } from './directoryStore.ts';
import { feed } from './feed.ts';
import { folderInput, type Input, sampleInput } from './input.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { allPartitions, type Outcome, outcomeTables, partitionOutcomes } from './outcome.ts';
import { newProgress } from './progress.ts';
import { openStack, type Stack } from './stack.ts';
import { StateInUse } from './stateLock.ts';
import { embeddedStatus, NoState, statusText } from './status.ts';

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
    return options.status ? await tellStatus(options) : await run(options);
  } catch (error) {
    const expected = error instanceof UsageError || error instanceof StateInUse || error instanceof NoState;
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

async function tellStatus(options: Options): Promise<number> {
  const { keep, payer, period, json } = options;
  const request = { ...(payer ? { payers: [payer] } : {}), ...(period ? { periods: [period] } : {}) };
  const report = await embeddedStatus(keep, request, settingsFor(options), Date.now);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : statusText(report));
  return report.verdict === 'complete' ? 0 : EXIT_INCOMPLETE;
}

function settingsFor({ from, watch, quietSeconds, maxWaitSeconds }: Options): FinalizeSettings {
  const settings = watch ? WATCH_SETTINGS : SETTINGS;
  return {
    ...settings,
    // The sample's files come from this very process: nobody has to be waited for.
    ...(from === undefined ? { stillSeconds: 0 } : {}),
    quietSeconds: quietSeconds ?? settings.quietSeconds,
    maxWaitSeconds: maxWaitSeconds ?? settings.maxWaitSeconds,
  };
}

/** A month with several reports: which one is the bill, and how to choose another. */
function openChoices({ partition, report, otherReports = [] }: PartitionRecord): string[] {
  if (report === undefined || otherReports.length === 0) return [];
  // The bucket of a folder is a name of ours, which says nothing to the person.
  const [bill, ...others] = [report, ...otherReports.map((other) => other.report)].map((name) =>
    JSON.stringify(name.slice(name.indexOf('/') + 1)),
  );
  return [
    `${partitionName(partition)} has several reports: ${bill} is the bill, ${others.join(', ')} is left out; choose with --report`,
  ];
}

/** The exit status, with the reasons on stderr. */
async function verdict(stack: Stack, input: Input, outcome: Outcome): Promise<number> {
  const complaints = input.complaints();
  for (const record of await allPartitions(stack.ledger)) {
    const { state, why } = stateOf(record);
    if (state !== 'published') complaints.push(`${partitionName(record.partition)} is ${state}: ${why}`);
    complaints.push(...openChoices(record));
  }
  for (const { error } of stack.deadLetters()) complaints.push(`a message was given up: ${error ?? 'no reason known'}`);
  if (outcome.partitions.length === 0) complaints.push('no cost-and-usage file was found');
  for (const notice of input.notices()) process.stderr.write(`${printable(`left out: ${notice}`)}\n`);
  for (const complaint of complaints) process.stderr.write(`${printable(complaint)}\n`);
  return complaints.length === 0 ? 0 : EXIT_INCOMPLETE;
}
