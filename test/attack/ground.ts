import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../../src/programs/local/outcome.ts';
import type { Random } from '../../src/programs/sample/random.ts';
import { planFolder } from './folder.ts';
import { runProgram } from './program.ts';

/** A folder of reports, and what the program makes of it when nobody is in its way. */
export interface Ground {
  readonly from: string;
  /** A state as of when the newer part of the folder was not there yet. */
  readonly stateBefore: string;
  /** A state that is up to date. */
  readonly stateNow: string;
  readonly expected: Outcome;
  readonly expectedStatus: number | null;
  /** How long a whole run takes here, and how much it writes. */
  readonly runMs: number;
  readonly stateKb: number;
}

/** Makes a ground below a folder. Throws when the undisturbed program does not do its work. */
export async function prepareGround(folder: string, name: string, random: Random): Promise<Ground> {
  const [from, stateBefore, stateNow] = ['from', 'before', 'now'].map((part) => join(folder, part));
  if (!from || !stateBefore || !stateNow) throw new Error('a ground has three folders');
  await mkdir(from, { recursive: true });
  const plan = planFolder(from, random);
  await plan.before();
  await runProgram({ from, keep: stateBefore, round: name });
  await plan.since();
  const { outcome, status, stderr, elapsedMs, faults } = await runProgram({ from, keep: stateNow, round: name });
  if (!outcome || faults.length > 0) throw new Error(`the undisturbed run failed: ${[...faults, stderr].join('\n')}`);
  return {
    from,
    stateBefore,
    stateNow,
    expected: outcome,
    expectedStatus: status,
    runMs: elapsedMs,
    stateKb: Math.ceil((await sizeOf(stateNow)) / 1024),
  };
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const file of await filesBelow(folder)) bytes += (await stat(file)).size;
  return bytes;
}

/** All files below a folder, by their paths, in a fixed order. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}
