import { readFile } from 'node:fs/promises';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import { renderScript } from './placeholders.ts';
import { ScriptError } from './scriptError.ts';
import { segmentsOf } from './segments.ts';
import { statementsOf } from './statements.ts';

/** `-- reactor: one session`, a line by itself or at the end of one. */
const DIRECTIVE = /^--\s*reactor:\s*(.*?)\s*$/i;
const ONE_SESSION = 'one session';

/**
 * Reads a script (UTF-8, a byte order mark is dropped: SQL engines refuse it). Throws what reading
 * the file throws.
 */
export async function loadScript(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  return text.replace(/^\uFEFF/, '');
}

/**
 * The statements of a script for one period of some payers, to be run in this order on one
 * connection. Throws a RangeError or a ScriptError, as `renderScript` and `statementsOf` do, and a
 * ScriptError for a directive that is not known; then nothing was run.
 */
export function analyticsStatements(script: string, period: Period, payers: readonly Payer[]): string[] {
  const unknown = directivesOf(script).find(({ text }) => text !== ONE_SESSION);
  if (unknown) throw new ScriptError(`unknown directive "${unknown.text}": there is "${ONE_SESSION}"`, unknown.line);
  return statementsOf(renderScript(script, { period, payers }));
}

/**
 * Whether a script says `-- reactor: one session`: its statements depend on each other in a way
 * that nobody can see in their texts. False for a script that cannot be read at all.
 */
export function needsOneSession(script: string): boolean {
  try {
    return directivesOf(script).some(({ text }) => text === ONE_SESSION);
  } catch {
    return false;
  }
}

function directivesOf(script: string): { readonly text: string; readonly line: number }[] {
  return segmentsOf(script).flatMap(({ kind, text, line }) => {
    const directive = kind === 'comment' ? DIRECTIVE.exec(text)?.[1] : undefined;
    return directive === undefined ? [] : [{ text: directive.toLowerCase(), line }];
  });
}
