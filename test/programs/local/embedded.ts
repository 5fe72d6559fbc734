import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { failureOf } from '../../../src/programs/local/failure.ts';
import { parseOptions } from '../../../src/programs/local/options.ts';
import type { Outcome } from '../../../src/programs/local/outcome.ts';
import { newProgress } from '../../../src/programs/local/progress.ts';
import { run } from '../../../src/programs/local/runCommand.ts';
import { eventually } from '../../eventually.ts';
import { tableOf } from './reactor.ts';

/** What a run said and did. */
export interface Ran {
  readonly status: number;
  /** One line per partition: see tableOf. Empty when the run said no outcome. */
  readonly table: readonly string[];
  readonly events: Readonly<Record<string, number>>;
  /** What it said on the way, and in the end on stderr. */
  readonly said: string;
  readonly complaints: string;
}

/** A run that stays. Leaving its scope ends it. */
export interface Watching extends AsyncDisposable {
  /**
   * Resolves once something is said that fits, after `from` characters; answers how much has been
   * said by then.
   */
  readonly says: (pattern: RegExp, from?: number) => Promise<number>;
  readonly said: () => string;
  /** Ends it; answers what it was. */
  readonly end: () => Promise<Ran>;
}

/** A person's folder and a state beside it. */
export interface Folders extends AsyncDisposable {
  readonly from: string;
  readonly keep: string;
  /**
   * Runs the embedded reactor on them in this process, without a quiet period, and answers when it
   * has ended.
   */
  readonly run: (...args: readonly string[]) => Promise<Ran>;
  /** The same with --watch; answers when it watches. */
  readonly watch: (...args: readonly string[]) => Promise<Watching>;
  /** Sets the clock of runs, by so many milliseconds from the machine's own. */
  readonly setClock: (offsetMs: number) => void;
}

export async function newFolders(): Promise<Folders> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), 'embedded-'));
  const [from, keep] = [path.join(folder.path, 'from'), path.join(folder.path, 'keep')];
  await mkdir(from);
  const usual = { '--quiet': '0', '--max-wait': '0', '--from': from, '--keep': keep };
  const all = (args: readonly string[]) => [
    ...Object.entries(usual).flatMap(([name, value]) => (args.includes(name) ? [] : [name, value])),
    '--json',
    ...args,
  ];
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  return {
    setClock: (offset) => {
      offsetMs = offset;
    },
    from,
    keep,
    run: (...args) => begin(all(args), now).ended,
    watch: async (...args) => {
      const begun = begin(all(['--watch', ...args]), now);
      const watching: Watching = {
        says: begun.says,
        said: begun.said,
        end: begun.end,
        [Symbol.asyncDispose]: async () => void (await begun.end()),
      };
      await watching.says(/watching for new files/);
      return watching;
    },
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

function begin(args: readonly string[], now: () => number) {
  const ending = new AbortController();
  const [onStdout, onStderr, onTheWay]: [string[], string[], string[]] = [[], [], []];
  const progress = newProgress((text) => void onTheWay.push(text), Date.now);
  const machine = {
    stdout: { write: (text: string) => onStdout.push(text) },
    stderr: { write: (text: string) => onStderr.push(text) },
    ending: ending.signal,
    now,
  };
  const said = () => [...onTheWay, ...onStderr].join('');
  const ended = (async (): Promise<Ran> => {
    const status = await statusOf(args, progress, machine);
    const outcome: Outcome | undefined = onStdout.length === 0 ? undefined : JSON.parse(onStdout.join(''));
    const table = outcome ? tableOf(outcome) : [];
    return { status, table, events: progress.counts(), said: said(), complaints: onStderr.join('') };
  })();
  return {
    ended,
    said,
    end: () => {
      ending.abort();
      return ended;
    },
    says: (pattern: RegExp, from = 0) =>
      eventually(async () => {
        const text = said();
        if (!pattern.test(text.slice(from))) throw new Error(`nothing fits ${pattern} so far:\n${text.slice(from)}`);
        return text.length;
      }),
  };
}

/** As the program itself: an error that ends it is a sentence, and a status. */
async function statusOf(
  args: readonly string[],
  progress: ReturnType<typeof newProgress>,
  machine: NonNullable<Parameters<typeof run>[2]>,
): Promise<number> {
  try {
    const options = parseOptions(args, process.cwd());
    if (typeof options === 'string') throw new Error(`not a run: ${args.join(' ')}`);
    return await run(options, progress, machine);
  } catch (error) {
    const { text, status } = failureOf(error);
    machine.stderr.write(`${text}\n`);
    return status;
  }
}
