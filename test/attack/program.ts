import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Outcome } from '../../src/programs/local/outcome.ts';
import { endWithUs } from '../endWithUs.ts';
import { PROJECT } from '../programs/local/reactor.ts';
import { FAULTS_VARIABLE, type Faults } from './faultLayer.ts';

const MAIN = join(PROJECT, 'src/programs/local/main.ts');
const FAULT_LAYER = new URL('./faultLayer.ts', import.meta.url).href;
/** Whatever is wrong, the program says so long before. */
const ENDS_WITHIN_MS = 240_000;
/**
 * Names a round in the environment of all its processes: those that are left over are found by it.
 */
const ROUND_VARIABLE = 'CUR_REACTOR_ATTACK_ROUND';

/** A process that has lost its parent ends by itself within so long. */
const LOOKS = 100;
const LOOK_AGAIN_MS = 100;

export interface Start {
  readonly from: string;
  readonly keep: string;
  /** Names the round. */
  readonly round: string;
  readonly faults?: Faults;
  /** How large a file may become, in units of 1,024 bytes. */
  readonly fileSizeKb?: number;
  /** After so many milliseconds it is killed. */
  readonly killAfterMs?: number;
  readonly reset?: boolean;
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stderr: string;
  readonly outcome: Outcome | undefined;
  readonly elapsedMs: number;
  /** What must never happen, whatever was in its way. */
  readonly faults: readonly string[];
}

/** Runs the program to its end, or until it is killed. */
export async function runProgram(start: Start): Promise<Ended> {
  const { from, keep, round, faults, fileSizeKb, killAfterMs, reset = false } = start;
  const args = [MAIN, '--from', from, '--keep', keep, '--json', ...(reset ? ['--reset'] : ['--min-saving', '0'])];
  const node = faults === undefined ? args : ['--import', FAULT_LAYER, ...args];
  const limit = fileSizeKb === undefined ? '' : `ulimit -f ${fileSizeKb}; `;
  const begunAt = performance.now();
  const child = spawn('bash', ['-c', `${limit}exec "$0" "$@"`, process.execPath, ...node], {
    cwd: PROJECT,
    env: { ...process.env, [ROUND_VARIABLE]: round, [FAULTS_VARIABLE]: JSON.stringify(faults ?? {}) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithUs(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      said[name] += chunk;
    });
  }
  let hangs = false;
  const timers = [
    globalThis.setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, ENDS_WITHIN_MS),
    ...(killAfterMs === undefined ? [] : [globalThis.setTimeout(() => child.kill('SIGKILL'), killAfterMs)]),
  ];
  const closed = Promise.withResolvers<number | null>();
  child.on('error', closed.reject).on('close', closed.resolve);
  const status = await closed.promise;
  for (const timer of timers) clearTimeout(timer);
  return {
    status,
    stderr: said.stderr,
    outcome: outcomeOf(said.stdout),
    elapsedMs: performance.now() - begunAt,
    faults: [
      ...(hangs ? [`it did not end within ${ENDS_WITHIN_MS / 1000} s`] : []),
      ...(hasStack(said.stderr) ? ['it shows a stack'] : []),
      ...(await leftOver(round)).map((name) => `it left a process: ${name}`),
    ],
  };
}

function outcomeOf(stdout: string): Outcome | undefined {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

function hasStack(stderr: string): boolean {
  return /^\s+at .*(:\d+:\d+|<anonymous>)\)?$/m.test(stderr);
}

/**
 * The processes of a round that stay, after a moment for those that are ending. Where there is no
 * /proc, none is found.
 */
async function leftOver(round: string): Promise<string[]> {
  for (let looks = 1; looks < LOOKS; looks += 1) {
    if ((await processesOf(round)).length === 0) return [];
    await setTimeout(LOOK_AGAIN_MS);
  }
  return processesOf(round);
}

async function processesOf(round: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      if (!environment.split('\0').includes(`${ROUND_VARIABLE}=${round}`)) return [];
      return [(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')];
    }),
  );
  return found.flat();
}
