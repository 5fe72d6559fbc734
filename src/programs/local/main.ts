import { readFile } from 'node:fs/promises';
import { failureOf } from './failure.ts';
import { CSV_ON_STDOUT } from './findingsOptions.ts';
import { checkAnswers } from './folderAnswer.ts';
import { HELP } from './help.ts';
import { endNow, endOnSignals } from './interruption.ts';
import { refuseOptionsOfNpm } from './npmOptions.ts';
import { type Options, optionNames, parseOptions } from './options.ts';
import { newProgress } from './progress.ts';

/**
 * The embedded program. What takes long to load (DuckDB, the workflows) is loaded by the command
 * that needs it, after the first line has been written: whoever starts it sees at once that it has
 * started.
 */
const startedAt = Date.now() - performance.now();
stopQuietlyWithoutReader();
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    refuseOptionsOfNpm(process.env, optionNames, args);
    const options = parseOptions(args, process.cwd());
    if (options === 'help') return say(HELP);
    if (options === 'version') return say(`cur-reactor ${await version()}\n`);
    return await runCommand(options);
  } catch (error) {
    const { text, status } = failureOf(error);
    process.stderr.write(`${text}\n`);
    return status;
  }
}

async function runCommand(options: Options): Promise<number> {
  const { ifStopped, run } = commandOf(options);
  endOnSignals((line) => void process.stderr.write(line), ifStopped);
  return run().catch(async (error: unknown) => {
    throw (await import('./damagedPart.ts')).damagedPart(options.keep, error);
  });
}

/** A command, loaded when it is run, and what is true when a signal stops it. */
interface Command {
  readonly ifStopped: string;
  readonly run: () => Promise<number>;
}

function commandOf(options: Options): Command {
  const { sql, forget, status, reset, findings, explain, summary } = options;
  if (sql !== undefined) {
    return onState(options, 'nothing was changed', async () =>
      (await import('./sqlCommand.ts')).answerSql(options, sql),
    );
  }
  if (status) {
    return onState(options, 'nothing was changed', async () =>
      (await import('./statusCommand.ts')).showStatus(options),
    );
  }
  if (findings) {
    return onState(options, 'nothing was changed', async () =>
      (await import('./findingsCommand.ts')).showFindings(options),
    );
  }
  if (summary) {
    return onState(options, 'nothing was changed', async () =>
      (await import('./summaryCommand.ts')).showSummary(options, summary),
    );
  }
  if (explain !== undefined) {
    const run = async () => (await import('./explainCommand.ts')).explainCheck(explain, options.json);
    return { ifStopped: 'nothing was changed', run };
  }
  const again = 'the same command goes on from here';
  if (forget) return onState(options, again, async () => (await import('./forgetCommand.ts')).forget(options, forget));
  if (reset) return onState(options, again, async () => (await import('./resetCommand.ts')).reset(options));
  return { ifStopped: `nothing is lost: ${again}`, run: () => takeIn(options) };
}

function onState({ keep }: Options, ifStopped: string, command: Command['run']): Command {
  const run = async () => {
    await checkAnswers(keep);
    return command();
  };
  return { ifStopped, run };
}

async function takeIn(options: Options): Promise<number> {
  const out = options.json || options.csv === CSV_ON_STDOUT ? process.stderr : process.stdout;
  const progress = newProgress((text) => void out.write(text), Date.now, startedAt);
  const source = options.from === undefined ? 'the generated sample' : options.from;
  progress.say(`reading ${source}, state in ${options.keep}`);
  return (await import('./runCommand.ts')).run(options, progress);
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  const { version }: { version?: unknown } = JSON.parse(text);
  return String(version);
}

/**
 * Whoever reads through `head` has seen enough: no failure, and no stack. 141 is what a shell calls
 * a broken pipe.
 */
function stopQuietlyWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') endNow(141);
      throw error;
    });
  }
}
