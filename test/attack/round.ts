import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../src/programs/sample/random.ts';
import { attack, type Kind } from './attacks.ts';
import { differences } from './compare.ts';
import type { Ground } from './ground.ts';
import { type Ended, runProgram, type Start } from './program.ts';

/** As often a person tries. */
const MAX_STARTS = 3;

export interface RoundEnd {
  readonly kind: Kind;
  readonly said: string;
  /** How often the program was started until all was well. */
  readonly starts: number;
  /** What went wrong; empty when nothing did. */
  readonly failures: readonly string[];
}

/**
 * Plays one round: attacks a state, then sees to it that the program comes to the end that nobody
 * disturbed.
 */
export async function playRound(folder: string, seed: number, number: number, ground: Ground): Promise<RoundEnd> {
  await using undo = new AsyncDisposableStack();
  const keep = join(folder, `round-${number}`);
  undo.defer(() => rm(keep, { recursive: true, force: true }));
  const round = `${process.pid}-${seed}-${number}`;
  const { kind, said, runs } = await attack({
    ground,
    keep,
    round,
    random: seededRandom('attack', seed, number),
    undo,
  });
  const faults = runs.flatMap((run) => run.faults.map((fault) => `under attack ${fault}\n${run.stderr}`));
  const recovered = await recover({ from: ground.from, keep, round }, ground);
  return { kind, said, starts: recovered.starts, failures: [...faults, ...recovered.failures] };
}

async function recover(start: Start, ground: Ground): Promise<Pick<RoundEnd, 'starts' | 'failures'>> {
  const story: string[] = [];
  for (let starts = 1; starts <= MAX_STARTS; starts += 1) {
    const ended = await runProgram(start);
    story.push(`start ${starts} ended with status ${ended.status}:\n${ended.stderr}`);
    if (ended.faults.length > 0) return { starts, failures: [...ended.faults, ...story] };
    const wrong = ended.outcome ? differences(ground.expected, ended.outcome) : ['it shows no outcome'];
    const isDone = ended.status === ground.expectedStatus;
    if (isDone && wrong.length === 0) return { starts, failures: [] };
    // What is not as it should be is said, and what to do; or that it is not complete: then it may
    // be tried again.
    if (isDone) return { starts, failures: [`all is well, it says, and it is not: ${wrong.join('\n')}`, ...story] };
    await follow(ended, start);
  }
  return { starts: MAX_STARTS, failures: ['it does not come to the end that nobody disturbed', ...story] };
}

/** Does what the program advises, if anything. */
async function follow({ stderr }: Ended, start: Start): Promise<void> {
  const [, path] = /^(\/.*?) is damaged \(.*\): delete it and start again/m.exec(stderr) ?? [];
  if (path !== undefined) await rm(path);
  else if (/--reset, with the same --from or --keep, empties the state/.test(stderr)) {
    await runProgram({ ...start, reset: true });
  }
}
