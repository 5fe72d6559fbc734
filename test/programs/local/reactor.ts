import { type SpawnOptions, spawn } from 'node:child_process';
import { EventEmitter, on } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Outcome } from '../../../src/programs/local/outcome.ts';
import { endWithUs } from '../../endWithUs.ts';

/** The project's root: what `npm start` is run in. */
export const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../../src/programs/local/main.ts', import.meta.url));

/**
 * Shorter than a test may last: whoever waits for a line that never comes sees what was said
 * instead.
 */
const LIFETIME_MS = 500_000;

/** How a process ended. `status` is null when a signal ended it. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An embedded reactor at work, in a process of its own. Leaving its scope kills it. */
export interface Reactor extends AsyncDisposable {
  /**
   * Resolves with the nth line, of either stream, that fits; throws, with all lines, when the
   * process ends before.
   */
  readonly line: (pattern: RegExp, nth?: number) => Promise<string>;
  readonly signal: (signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') => void;
  readonly ended: Promise<Ended>;
}

/** Starts `src/programs/local/main.ts` with these arguments. */
export function startReactor(...args: readonly string[]): Reactor {
  return startReactorAs({}, ...args);
}

/** The same as another user, or with another environment. */
export function startReactorAs(who: Pick<SpawnOptions, 'uid' | 'gid' | 'env'>, ...args: readonly string[]): Reactor {
  const child = spawn(process.execPath, [MAIN, ...args], {
    ...who,
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIFETIME_MS,
    killSignal: 'SIGKILL',
  });
  endWithUs(child);
  const lines: string[] = [];
  const said = { stdout: '', stderr: '' };
  const changes = new EventEmitter();
  for (const name of ['stdout', 'stderr'] as const) {
    let begun = '';
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      said[name] += chunk;
      const pieces = `${begun}${chunk}`.split('\n');
      begun = pieces.pop() ?? '';
      lines.push(...pieces);
      changes.emit('change');
    });
  }
  const closed = Promise.withResolvers<Ended>();
  let isClosed = false;
  child.on('error', closed.reject).on('close', (status) => {
    isClosed = true;
    closed.resolve({ status, ...said });
    changes.emit('change');
  });
  const line = async (pattern: RegExp, nth = 1): Promise<string> => {
    for await (const _ of concat(on(changes, 'change'))) {
      const found = lines.filter((each) => pattern.test(each))[nth - 1];
      if (found !== undefined) return found;
      if (isClosed) break;
    }
    throw new Error(`the process ended before line ${nth} that fits ${pattern}:\n${lines.join('\n')}`);
  };
  const signal: Reactor['signal'] = (name) => void child.kill(name);
  const dispose = async () => {
    signal('SIGKILL');
    await closed.promise;
  };
  return { line, signal, ended: closed.promise, [Symbol.asyncDispose]: dispose };
}

/** One look at once, then one for every event. */
async function* concat(events: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  yield undefined;
  yield* events;
}

/** Runs the reactor to its end. */
export async function runReactor(...args: readonly string[]): Promise<Ended> {
  await using reactor = startReactor(...args);
  return await reactor.ended;
}

/**
 * Runs the reactor with `--json` to its end, and reads what it says. Throws, with its stderr, when
 * that is no JSON.
 */
export async function runForOutcome(...args: readonly string[]): Promise<Ended & { readonly outcome: Outcome }> {
  const ended = await runReactor('--json', ...args);
  try {
    return { ...ended, outcome: JSON.parse(ended.stdout) };
  } catch (cause) {
    throw new Error(`no JSON on stdout, status ${ended.status}:\n${ended.stdout}\n${ended.stderr}`, { cause });
  }
}

/** The amount alone where the bill is in dollars, or in nothing at all: most tests' reports are. */
function costText(costs: Outcome['partitions'][number]['costs']): string {
  const amounts = costs.map(({ currency, cost }) => {
    const amount = cost === null ? 'unknown' : String(Number(cost.toFixed(6)));
    return currency === null || currency === 'USD' ? amount : `${amount} ${currency}`;
  });
  return amounts.join(' and ') || '0';
}

/**
 * What readers see, one line per partition: `2026-04/111122223333 published: 2 files, 3 rows, cost
 * 7`.
 */
export function tableOf({ partitions }: Outcome): string[] {
  return partitions.map(
    ({ payer, period, state, files, rows, costs }) =>
      `${period}/${payer} ${state}: ${files} files, ${rows} rows, cost ${costText(costs)}`,
  );
}
