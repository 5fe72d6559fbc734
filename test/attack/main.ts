import { mkdtempDisposable, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../src/base/commandLine.ts';
import { seededRandom } from '../../src/programs/sample/random.ts';
import { type AttackOptions, HELP, parseAttackOptions } from './attackOptions.ts';
import { KINDS, type Kind } from './attacks.ts';
import { type Ground, prepareGround } from './ground.ts';
import { playRound } from './round.ts';

/** So many rounds are played on one ground: making it takes two runs of the program. */
const ROUNDS_ON_A_GROUND = 4;
const EXIT_FAILURES = 1;
const EXIT_USAGE = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseAttackOptions(args, () => Date.now() % 2 ** 31);
    if (options !== 'help') return await play(options);
    say(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\nnpm run attack -- --help lists the options\n`);
    return EXIT_USAGE;
  }
}

async function play({ seed, from, to }: AttackOptions): Promise<number> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'cur-reactor-attack-'));
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopped = true;
    });
  }
  say(`attacking ${to - from} times from seed ${seed}\n`);
  const counts = new Map<Kind, number>();
  let failed = 0;
  let ground: Ground | undefined;
  for (let number = from; number < to && !stopped; number += 1) {
    if (ground === undefined || number % ROUNDS_ON_A_GROUND === 0) {
      ground = await groundOf(folder.path, seed, Math.floor(number / ROUNDS_ON_A_GROUND));
    }
    const { kind, said, starts, failures } = await playRound(folder.path, seed, number, ground);
    // Ctrl-C has ended what was attacked, too.
    if (stopped) break;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    say(`${failures.length === 0 ? 'held  ' : 'FAILED'}  round ${number}: ${kind}: ${said}; ${starts} starts\n`);
    if (failures.length === 0) continue;
    failed += 1;
    say(`${failures.join('\n')}\nnpm run attack -- --seed ${seed} --round ${number} repeats it\n`);
  }
  const kinds = KINDS.map((kind) => `${counts.get(kind) ?? 0} ${kind}`).join(', ');
  say(`${failed} of ${to - from} rounds failed${stopped ? ' (stopped)' : ''}; ${kinds}\n`);
  return failed === 0 ? 0 : EXIT_FAILURES;
}

/** Of the grounds before it nothing is needed any more. */
async function groundOf(folder: string, seed: number, number: number): Promise<Ground> {
  await rm(join(folder, 'ground'), { recursive: true, force: true });
  return prepareGround(join(folder, 'ground'), `${process.pid}-ground`, seededRandom('ground', seed, number));
}

function say(text: string): void {
  process.stdout.write(text);
}
