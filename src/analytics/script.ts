import { readFile } from 'node:fs/promises';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import { renderScript } from './placeholders.ts';
import { statementsOf } from './statements.ts';

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
 * connection. Throws a RangeError or a ScriptError, as `renderScript` and `statementsOf` do; then
 * nothing was run.
 */
export function analyticsStatements(script: string, period: Period, payers: readonly Payer[]): string[] {
  return statementsOf(renderScript(script, { period, payers }));
}
