import { readOptions, UsageError } from '../../src/base/commandLine.ts';
import { quoteValue } from '../../src/base/printable.ts';

export interface AttackOptions {
  readonly seed: number;
  /** The rounds that are played, by number, the first and the one after the last. */
  readonly from: number;
  readonly to: number;
}

const DEFAULT_ROUNDS = 50;

export const HELP = `Attacks the embedded program, takes the cause away, starts it again, and compares the end with a run that nobody disturbed.

npm run attack -- [--rounds N] [--seed S] [--round R]

  --rounds N  how many rounds to play (default ${DEFAULT_ROUNDS})
  --seed S    a whole number: the same seed, the same folders and attacks (default: another one each time)
  --round R   play only this round of the seed: what a failure prints
  --help      this text

A round is a folder of reports (several payers, all layouts, manifests, loose files), a state (none yet, an older one, or one
that is up to date) and one attack on it:

  kill        SIGKILL at some moment, once or twice
  full        a file system that is full before all is done (needs root: a tmpfs of its own)
  write       every write fails from some moment on, ENOSPC or EIO, on the way to the system
  fileSize    no file may grow beyond a limit (ulimit -f)
  damage      a piece of the state (ledger, warehouse, their logs, a staged copy, a small file) cut off, written over or deleted
  clock       a run that is killed while the clock is ahead, which is set back then

Then nothing is in its way any more. It is started up to three times, what it advises is done, and what it says in JSON
(partitions, costs, findings) has to be what a run on a fresh state says. A difference, a run that does not end, a stack
trace, or a process that is left over is a failure. Everything lies in one folder for temporary files, and goes in the end.

Exit status: 0 no failure; 1 at least one; 2 a wrong option.
`;

/**
 * Reads the command line; 'help' when it asks for help. Throws UsageError, which names the option
 * and its value.
 */
export function parseAttackOptions(args: readonly string[], anySeed: () => number): AttackOptions | 'help' {
  const values = readOptions(args, {
    rounds: { type: 'string' },
    seed: { type: 'string' },
    round: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return 'help';
  const seed = values.seed === undefined ? anySeed() : wholeNumber('--seed', values.seed, 0);
  if (values.round === undefined) {
    const to = values.rounds === undefined ? DEFAULT_ROUNDS : wholeNumber('--rounds', values.rounds, 1);
    return { seed, from: 0, to };
  }
  if (values.rounds !== undefined) throw new UsageError('--round and --rounds do not go together');
  if (values.seed === undefined) throw new UsageError('--round needs the --seed that it is a round of');
  const from = wholeNumber('--round', values.round, 0);
  return { seed, from, to: from + 1 };
}

function wholeNumber(option: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new UsageError(`${option} must be a whole number of at least ${least}, got ${quoteValue(text)}`);
}
