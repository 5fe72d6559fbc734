import { codeOf } from '../../adapters/folder/failures.ts';
import { UsageError } from '../../base/commandLine.ts';
import { printable } from '../../base/printable.ts';
import { FolderSilent } from './folderAnswer.ts';
import { NotAState } from './ownEntries.ts';
import { NoState } from './state.ts';
import { StateUnusable } from './stateFormat.ts';
import { StateInUse } from './stateLock.ts';

export const EXIT_TROUBLE = 1;
export const EXIT_USAGE = 2;
export const EXIT_INCOMPLETE = 3;

/** Trouble that ends a run, as the person reads it. */
interface Failure {
  readonly text: string;
  readonly status: number;
}

/**
 * What to say of an error that ends the program. What a person's machine can cause is one sentence
 * that names the path; the stack is for what nobody has foreseen, since then it is a fault of this
 * program.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) {
    return { text: `${printable(error.message)}\nnpm start -- --help lists the options`, status: EXIT_USAGE };
  }
  const sentence = sentenceOf(error);
  if (sentence !== undefined) return { text: printable(sentence), status: EXIT_TROUBLE };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text, status: EXIT_TROUBLE };
}

function sentenceOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const isOwn = [StateInUse, StateUnusable, NoState, NotAState, FolderSilent].some((kind) => error instanceof kind);
  if (isOwn) return error.message;
  return ofSystem(error) ?? ofSqlite(error) ?? ofDuckdb(error);
}

/** Errors of the operating system: `EACCES: permission denied, mkdir '/srv/state'`. */
function ofSystem(error: Error): string | undefined {
  const code = codeOf(error);
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code) || !('syscall' in error)) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? `${error.path}: ` : '';
  const words = /^E[A-Z0-9]+: ([^,]+)/.exec(error.message)?.[1] ?? error.message;
  return `${path}${words} (${code}, ${String(error.syscall)})`;
}

/** Errors of the ledger's database: a full disk, a file that is not a database. */
function ofSqlite(error: Error): string | undefined {
  return codeOf(error) === 'ERR_SQLITE_ERROR' ? `the ledger cannot be used: ${error.message}` : undefined;
}

/** Errors of the warehouse's database that come of the file, and not of a statement of ours. */
function ofDuckdb(error: Error): string | undefined {
  const held = /^IO Error: Could not set lock on file "(.*)": Conflicting lock is held in (.*) \(PID (\d+)\)/.exec(
    error.message,
  );
  if (held) {
    const [, file, program, pid] = held;
    return `${file} is held open by another program, ${program} (process ${pid}): close it there, and start again`;
  }
  const [firstLine = ''] = error.message.split('\n');
  return /^(IO|Serialization|Out of Memory) Error: /.test(firstLine)
    ? `the warehouse cannot be used: ${firstLine}`
    : undefined;
}
