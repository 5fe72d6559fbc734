import { parseArgs } from 'node:util';
import { startMotoServer } from '../aws/motoServer.ts';
import { ensurePythonTools } from '../aws/pythonTools.ts';
import { BundledFunctions } from '../functions/bundledFunction.ts';
import { benchAnalytics } from './analytics.ts';
import { describeBundles } from './bundles.ts';
import { measureCalls } from './calls.ts';
import { benchEmbedded } from './embedded.ts';
import { measureListing } from './listing.ts';
import { benchLoad } from './load.ts';
import { measureStaging } from './staging.ts';

const HELP = `Measures in one run, against something plain where there is something.

npm run bench -- [PART…] [--files N] [--objects N] [--staged N] [--rows N] [--lines N]

  bundles    the functions' bundles: size, and loading time against that of the bare AWS clients
  calls      the calls of AWS that a delivery of 100 files costs, per file
  staging    --staged files (default 1000) of a report's columns staged, against the clients alone
  listing    reconcile over --objects objects (default 1000000): time and memory
  embedded   npm start over --files small files (default 10000), against plain copying
  load       npm start over one report of --rows rows (default 1193070), against DuckDB's own create table
  analytics  the wastage script over --lines lines (default 10000000), against one group by

Without a part, all of them.
`;
const CALLS_PAYERS = "- payer: '111122223333'\n  bucket: payer-cur\n  prefix: cur\n  bucketOwner: self\n";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string', default: '10000' },
    objects: { type: 'string', default: '1000000' },
    staged: { type: 'string', default: '1000' },
    rows: { type: 'string', default: '1193070' },
    lines: { type: 'string', default: '10000000' },
    help: { type: 'boolean' },
  },
});
const parts: Record<string, () => Promise<void>> = {
  bundles: async () => {
    for (const line of await describeBundles()) say(line);
  },
  calls: benchCalls,
  staging: () => benchStaging(wholeNumber('staged')),
  listing: () => benchListing(wholeNumber('objects')),
  embedded: () => benchEmbedded(wholeNumber('files'), say),
  load: () => benchLoad(wholeNumber('rows'), say),
  analytics: () => benchAnalytics(wholeNumber('lines'), say),
};
const unknown = positionals.find((part) => !(part in parts));
if (values.help) process.stdout.write(HELP);
else if (unknown !== undefined) {
  process.stderr.write(`${JSON.stringify(unknown)} is no part of it\n${HELP}`);
  process.exitCode = 2;
} else {
  for (const part of positionals.length > 0 ? positionals : Object.keys(parts)) await parts[part]?.();
}

function wholeNumber(option: 'files' | 'objects' | 'staged' | 'rows' | 'lines'): number {
  const value = Number(values[option]);
  if (!Number.isSafeInteger(value) || value < 10) {
    throw new RangeError(`--${option} must be 10 or more, got ${values[option]}`);
  }
  return value;
}

async function benchCalls(): Promise<void> {
  await ensurePythonTools();
  const [moto, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(CALLS_PAYERS)]);
  try {
    const calls = await measureCalls(moto, functions, 100);
    say('Calls per data file, in a delivery of 100 files');
    for (const [name, count] of Object.entries(calls)) say(`  ${name.padEnd(14)} ${count.toFixed(2)}`);
  } finally {
    await functions.close();
    await moto.close();
  }
}

async function benchStaging(files: number): Promise<void> {
  await ensurePythonTools();
  const [moto, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(CALLS_PAYERS)]);
  try {
    for (const line of await measureStaging(moto, functions, files)) say(line);
  } finally {
    await functions.close();
    await moto.close();
  }
}

async function benchListing(objects: number): Promise<void> {
  const tenth = await measureListing(Math.floor(objects / 10));
  const whole = await measureListing(objects);
  say(`Reconcile over ${objects} objects that the ledger does not know`);
  say(`  ${whole.seconds.toFixed(1)} s, ${whole.pages} pages, ${whole.queued} messages`);
  say(
    `  heap ${whole.heapMiB.toFixed(1)} MiB beyond the start, ${tenth.heapMiB.toFixed(1)} MiB for a tenth of the objects`,
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
