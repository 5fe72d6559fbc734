import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a process has taken from its start to its end. */
export interface Measured {
  readonly seconds: number;
  /** Of all its threads. */
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly stdout: string;
}

const START = fileURLToPath(new URL('../../src/programs/local/main.ts', import.meta.url));
const REPORT_USAGE = `process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stderr.write('peak-kib ' + maxRSS + ' cpu-us ' + (userCPUTime + systemCPUTime) + '\\n');
})`;

/** A true `npm start` that answers JSON. */
export function measuredStart(options: readonly string[]): Promise<Measured> {
  return measuredProcess(START, [...options, '--json']);
}

/**
 * Runs a program in a process of its own, so that its peak memory is its own. Throws an Error when
 * it fails.
 */
export async function measuredProcess(program: string, options: readonly string[]): Promise<Measured> {
  const preload = `data:text/javascript,${encodeURIComponent(REPORT_USAGE)}`;
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--import', preload, program, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk) => {
      said[name] += chunk;
    });
  }
  const status = await new Promise((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - startedAt) / 1000;
  if (status !== 0) throw new Error(`${program} ended with status ${status}: ${said.stderr.slice(-2000)}`);
  const [, peakKib, cpuUs] = /peak-kib (\d+) cpu-us (\d+)/.exec(said.stderr) ?? [];
  return {
    seconds,
    cpuSeconds: Number(cpuUs) / 1e6,
    peakMiB: Math.round(Number(peakKib) / 1024),
    stdout: said.stdout,
  };
}
