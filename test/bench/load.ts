import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { parsePayer } from '../../src/billing/payer.ts';
import { type BigReport, writeBigReport } from './bigReport.ts';
import { type Measured, measuredProcess, measuredStart } from './measuredProcess.ts';

const PAYER = parsePayer('111122223333');
const CREATE_TABLE = fileURLToPath(new URL('createTable.ts', import.meta.url));
const FILES = 10;
/**
 * The program's bounds, as multiples of DuckDB's own `create table`. One into memory takes half the
 * time of one into a file, which compresses, and twice its memory: so the time is held to that in
 * memory, and the memory to that in a file.
 */
const MAX_SECONDS = 1.5;
const MAX_MEMORY = 1.3;
/** With thousands of columns a file has few rows. */
const ROWS_OF_WIDE = 40_000;
const TAGS = 2_000;

type Say = (line: string) => void;

/**
 * Measures `npm start` over one big report, from start to findings, against DuckDB's own `create
 * table as select * from read_parquet(…)`, which audits nothing; then what thousands of tags cost.
 */
export async function benchLoad(rows: number, say: Say): Promise<void> {
  say(`${rows} rows of 124 columns in ${FILES} files`);
  await inFolder(async (folder) => {
    const parts = await writeBigReport(join(folder, 'source'), PAYER, { rows, files: FILES, tags: 0 });
    const inFile = await measuredProcess(CREATE_TABLE, [parts, join(folder, 'plain.duckdb')]);
    say(`  create table, in a file      ${figures(inFile)}`);
    const inMemory = await measuredProcess(CREATE_TABLE, [parts, ':memory:']);
    say(`  create table, in memory      ${figures(inMemory)}`);
    const start = await load(folder, rows);
    say(`  npm start, to findings       ${figures(start)}`);
    say(`    by that in a file          ${ratios(start, inFile)}   (at most ${MAX_MEMORY} × its memory)`);
    say(`    by that in memory          ${ratios(start, inMemory)}   (at most ${MAX_SECONDS} × its time)`);
  });
  await benchTags(say);
}

/** Four times the tags shall cost four times as much at most. */
async function benchTags(say: Say): Promise<void> {
  say(`${ROWS_OF_WIDE} rows in ${FILES} files, with tags of the payer's own`);
  const few = await loadWide(TAGS / 4, say);
  const many = await loadWide(TAGS, say);
  say(`  four times the tags          ${ratios(many, few)}`);
}

async function loadWide(tags: number, say: Say): Promise<Measured> {
  return inFolder(async (folder) => {
    const report: BigReport = { rows: ROWS_OF_WIDE, files: FILES, tags };
    const parts = await writeBigReport(join(folder, 'source'), PAYER, report);
    const plain = await measuredProcess(CREATE_TABLE, [parts, join(folder, 'plain.duckdb')]);
    const start = await load(folder, ROWS_OF_WIDE);
    say(`  ${String(tags).padEnd(5)} create table           ${figures(plain)}`);
    say(`        npm start, to findings ${figures(start)}`);
    return start;
  });
}

const LoadedMonth = z.object({
  partitions: z.array(z.object({ rows: z.number(), state: z.string() })),
  findings: z.array(z.unknown()).min(1),
});

/** Throws an Error when not all rows are published, or nothing was found in them. */
async function load(folder: string, rows: number): Promise<Measured> {
  const options = ['--from', join(folder, 'source'), '--payer', PAYER, '--keep', join(folder, 'state')];
  const run = await measuredStart(options);
  const [month] = LoadedMonth.parse(JSON.parse(run.stdout)).partitions;
  if (month?.rows !== rows || month.state !== 'published') throw new Error(`not all was loaded: ${run.stdout}`);
  return run;
}

function figures({ seconds, cpuSeconds, peakMiB }: Measured): string {
  return `${seconds.toFixed(1).padStart(6)} s  ${cpuSeconds.toFixed(1).padStart(6)} s of CPU  ${String(peakMiB).padStart(5)} MiB`;
}

function ratios(one: Measured, other: Measured): string {
  const times = (name: 'seconds' | 'cpuSeconds' | 'peakMiB') => `${(one[name] / other[name]).toFixed(2)} ×`;
  return `${times('seconds').padStart(6)} s  ${times('cpuSeconds').padStart(6)} s of CPU  ${times('peakMiB').padStart(5)} MiB`;
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'cur-reactor-load-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
