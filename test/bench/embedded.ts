import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderObjectStore } from '../../src/adapters/folder/objectStore.ts';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { Place } from '../../src/billing/placement.ts';
import { handleCopyMessage } from '../../src/copy/handleCopyMessage.ts';
import type { CopyServices } from '../../src/copy/services.ts';
import { type Measured, measuredStart } from './measuredProcess.ts';
import { smallFiles } from './smallFiles.ts';

/** As many as the embedded reactor copies at once. */
const CONCURRENCY = 16;
const PAYER = parsePayer('111122223333');
const PERIOD = parsePeriod('2026-10');

/** Measures the embedded reactor on `files` small files, narrow and wide, against plain copying. */
export async function benchEmbedded(files: number, say: (line: string) => void): Promise<void> {
  for (const { columns, bytes } of smallFiles()) {
    const folder = await mkdtemp(join(tmpdir(), 'cur-reactor-bench-'));
    try {
      say(`${files} files of 20 rows and ${columns} columns, ${bytes.length} bytes each`);
      await measure(bytes, files, folder, say);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
}

async function measure(bytes: Uint8Array, files: number, folder: string, say: (line: string) => void): Promise<void> {
  const names = Array.from({ length: files }, (_, index) => `part-${String(index).padStart(6, '0')}.parquet`);
  await write(join(folder, 'source'), names, bytes);
  const plain = await timed(() => copyPlainly(join(folder, 'source'), join(folder, 'plain'), names));
  say(`  plain copying           ${plain.toFixed(2)} s`);
  const staged = await timed(() => stage(folder, names));
  say(`  staging and its ledger  ${staged.toFixed(2)} s   ${(staged / plain).toFixed(1)} × plain copying`);
  const run = await wholeRun(join(folder, 'source'), join(folder, 'state'));
  say(`  npm start, to findings  ${run.seconds.toFixed(2)} s   ${(run.seconds / plain).toFixed(1)} × plain copying`);
  const again = await wholeRun(join(folder, 'source'), join(folder, 'state'));
  say(`  npm start, once more    ${again.seconds.toFixed(2)} s`);
  await write(join(folder, 'tenth'), names.slice(0, files / 10), bytes);
  const tenth = await wholeRun(join(folder, 'tenth'), join(folder, 'state-of-tenth'));
  const growth = (run.peakMiB / tenth.peakMiB).toFixed(2);
  say(`  peak memory             ${run.peakMiB} MiB, ${growth} × that of a tenth of the files`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

async function write(folder: string, names: readonly string[], bytes: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  await concurrently(names, (name) => writeFile(join(folder, name), bytes));
}

async function copyPlainly(from: string, to: string, names: readonly string[]): Promise<void> {
  await mkdir(to);
  await concurrently(names, (name) => copyFile(join(from, name), join(to, name)));
}

/** The copy workflow alone: footer, copy, ledger, tick. */
async function stage(folder: string, names: readonly string[]): Promise<void> {
  await mkdir(join(folder, 'staging'));
  const store = new FolderObjectStore(
    new Map([
      ['source', join(folder, 'source')],
      ['staging', join(folder, 'staging')],
    ]),
  );
  const ledger = openSqliteLedger(join(folder, 'ledger.sqlite'));
  const nowhere = { send: async () => {} };
  const place: Place = () => ({
    is: 'data',
    partition: { payer: PAYER, period: PERIOD },
    folder: '',
    ownFolder: false,
    awaitsManifest: false,
    report: 'source',
    isChosenReport: false,
  });
  const staging: CopyServices = {
    store,
    ledger,
    place,
    copyQueue: nowhere,
    finalizeQueue: nowhere,
    stagingBucket: 'staging',
    debounce: { quietSeconds: 1, maxWaitSeconds: 10 },
    now: Date.now,
    report: () => {},
    notify: async () => {},
    stage: 'bench',
  };
  await concurrently(names, (key) =>
    handleCopyMessage(staging, { kind: 'copy', bucket: 'source', key }, place('source', key)),
  );
  ledger.close();
}

async function concurrently(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const rest = names.values();
  const worker = async () => {
    for (const name of rest) await work(name);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

function wholeRun(from: string, keep: string): Promise<Measured> {
  return measuredStart(['--from', from, '--payer', PAYER, '--period', PERIOD, '--keep', keep]);
}
