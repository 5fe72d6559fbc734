import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsePayer } from '../../src/billing/payer.ts';
import type { AnalyticsSeconds } from './analyticsProcess.ts';
import { writeBigReport } from './bigReport.ts';
import { measuredProcess, measuredStart } from './measuredProcess.ts';

const PAYER = parsePayer('111122223333');
const PERIOD = '2026-10';
const PROGRAM = fileURLToPath(new URL('analyticsProcess.ts', import.meta.url));
const FILES = 10;
/** What DuckDB may take for its data. */
const MEMORY = '2560MB';
/** The script's bounds: times one group by over the same rows, and what its process takes. */
const MAX_RATIO = 12;
const MAX_MEMORY_MIB = 4096;

/**
 * Measures all checks and summaries over one report against one plain `group by`. Throws an Error
 * when the script finds nothing.
 */
export async function benchAnalytics(rows: number, say: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cur-reactor-bench-'));
  try {
    const [source, state] = [join(folder, 'source'), join(folder, 'state')];
    await writeBigReport(source, PAYER, { rows, files: FILES, tags: 0 });
    const load = await measuredStart(['--from', source, '--payer', PAYER, '--keep', state, '--memory', MEMORY]);
    say(`${rows} rows of 124 columns; npm start over them took ${load.seconds.toFixed(1)} s and ${load.peakMiB} MiB`);
    const run = await measuredProcess(PROGRAM, [join(state, 'warehouse.duckdb'), MEMORY, PAYER, PERIOD]);
    const measured: AnalyticsSeconds = JSON.parse(run.stdout);
    if (measured.findings === 0) throw new Error('the script has found nothing');
    report(measured, run.peakMiB, say);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function report(
  { reference, statements, findings }: AnalyticsSeconds,
  peakMiB: number,
  say: (line: string) => void,
): void {
  const total = statements.reduce((sum, { seconds }) => sum + seconds, 0);
  say(`  one group by account, service, usage type, day   ${reference.toFixed(2)} s`);
  say(`  the wastage script, ${statements.length} statements, ${findings} findings   ${total.toFixed(2)} s`);
  say(
    `    ${(total / reference).toFixed(1)} × the group by (at most ${MAX_RATIO}); ${peakMiB} MiB (at most ${MAX_MEMORY_MIB})`,
  );
  for (const { name, seconds } of statements.toSorted((a, b) => b.seconds - a.seconds)) {
    say(`    ${seconds.toFixed(3)} s  ${(seconds / reference).toFixed(2)} ×  ${name}`);
  }
}
