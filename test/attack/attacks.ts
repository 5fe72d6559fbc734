import { cp } from 'node:fs/promises';
import { between, pick, type Random } from '../../src/programs/sample/random.ts';
import { damageState } from './damage.ts';
import type { Ground } from './ground.ts';
import { type Ended, runProgram, type Start } from './program.ts';
import { smallDisk } from './smallDisk.ts';

export const KINDS = ['kill', 'full', 'write', 'fileSize', 'damage', 'clock'] as const;
export type Kind = (typeof KINDS)[number];

/** One attack on one state. */
export interface Battle {
  readonly ground: Ground;
  /** The state that is attacked. It is not there yet. */
  readonly keep: string;
  readonly round: string;
  readonly random: Random;
  /** Whatever has to be undone in the end. */
  readonly undo: AsyncDisposableStack;
}

export interface Attacked {
  readonly kind: Kind;
  /** What was done, for whoever reads the failure. */
  readonly said: string;
  readonly runs: readonly Ended[];
}

/** Attacks a state in some way, and takes the cause away. */
export async function attack(battle: Battle): Promise<Attacked> {
  const kind = pick(battle.random, KINDS);
  return { kind, ...(await ATTACKS[kind](battle)) };
}

type Done = Omit<Attacked, 'kind'>;

const ATTACKS: Readonly<Record<Kind, (battle: Battle) => Promise<Done>>> = {
  kill: async (battle) => {
    const state = await layState(battle, ['none', 'before']);
    const times = battle.random() < 0.3 ? 2 : 1;
    const moments = Array.from({ length: times }, () => momentOf(battle));
    const runs: Ended[] = [];
    for (const killAfterMs of moments) runs.push(await runProgram({ ...startOf(battle), killAfterMs }));
    return { said: `${state}, killed after ${moments.join(' and ')} ms`, runs };
  },

  full: async (battle) => {
    const { random, keep, ground, undo } = battle;
    const freeKb = Math.ceil(between(random, 0.02, 1) * ground.stateKb);
    const sizeKb = pick(random, [freeKb, freeKb + ground.stateKb]);
    const disk = await smallDisk(keep, sizeKb);
    if (!disk) return ATTACKS.write(battle);
    undo.use(disk);
    const state = await layState(battle, sizeKb > freeKb ? ['before'] : ['none']).catch(() => 'no state, a full disk');
    const runs = [await runProgram(startOf(battle))];
    await disk.grow();
    return { said: `${state}, a disk of ${sizeKb} kB`, runs };
  },

  write: async (battle) => {
    const { random } = battle;
    const state = await layState(battle, ['none', 'before']);
    const writes = Math.floor(2 ** between(random, 0, 8.5)) - 1;
    const code = pick(random, ['ENOSPC', 'EIO'] as const);
    const runs = [await runProgram({ ...startOf(battle), faults: { writes, code } })];
    return { said: `${state}, ${code} after ${writes} writes`, runs };
  },

  fileSize: async (battle) => {
    const { random, ground } = battle;
    const state = await layState(battle, ['none', 'before']);
    const fileSizeKb = Math.ceil(between(random, 0.01, 1) * ground.stateKb);
    return {
      said: `${state}, no file above ${fileSizeKb} kB`,
      runs: [await runProgram({ ...startOf(battle), fileSizeKb })],
    };
  },

  damage: async (battle) => {
    const { random, keep } = battle;
    const state = await layState(battle, ['none', 'before', 'now']);
    const killAfterMs = momentOf(battle);
    const isKilled = state === 'no state' || random() < 0.3;
    const runs = isKilled ? [await runProgram({ ...startOf(battle), killAfterMs })] : [];
    const killed = isKilled ? `, killed after ${killAfterMs} ms` : '';
    return { said: `${state}${killed}, ${await damageState(keep, random)}`, runs };
  },

  clock: async (battle) => {
    const { random } = battle;
    const state = await layState(battle, ['none', 'before']);
    const hours = pick(random, [1, 24, 24 * 365]);
    const killAfterMs = momentOf(battle);
    const faults = { clockAheadMs: hours * 3_600_000 };
    const runs = [await runProgram({ ...startOf(battle), faults, killAfterMs })];
    return { said: `${state}, killed after ${killAfterMs} ms with the clock ${hours} h ahead`, runs };
  },
};

function startOf({ ground: { from }, keep, round }: Battle): Start {
  return { from, keep, round };
}

function momentOf({ random, ground }: Battle): number {
  return Math.round(between(random, 0.1, 1.1) * ground.runMs);
}

/** Lays one of these states where the attack is; answers which. */
async function layState(
  { random, keep, ground }: Battle,
  which: readonly ('none' | 'before' | 'now')[],
): Promise<string> {
  const state = pick(random, which);
  if (state === 'none') return 'no state';
  await cp(state === 'before' ? ground.stateBefore : ground.stateNow, keep, { recursive: true });
  return state === 'before' ? 'an older state' : 'a state that is up to date';
}
