import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteValue } from '../billing/printable.ts';
import { isAbsence } from './fileFailure.ts';
import { ledgerPath, warehousePath } from './state.ts';

/** A state that this program cannot go on with. Consequence: the message, which names the one step that mends it; exit status 1. */
export class StateUnusable extends Error {
  override readonly name = 'StateUnusable';
}

/** Of the ledger's records, the warehouse's tables and the staged copies together. A program reads its own format alone. */
const FORMAT = 2;
export const FORMAT_FILE = 'format.json';

/**
 * Makes sure that a state is of this program's format, and marks a new one. Throws StateUnusable for another format, and
 * for a file that is none.
 */
export async function checkFormat(keep: string): Promise<void> {
  const path = join(keep, FORMAT_FILE);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isAbsence(error)) return undefined;
    throw error;
  });
  if (text === undefined) {
    // The first format had no such file.
    if ((await isThere(ledgerPath(keep))) || (await isThere(warehousePath(keep))))
      throw other(path, 'an older release');
    await writeFile(path, `${JSON.stringify({ format: FORMAT })}\n`);
    return;
  }
  const format = formatOf(text);
  if (format === FORMAT) return;
  if (format === undefined) {
    throw new StateUnusable(`${path} is damaged, it says ${quoteValue(text)}: ${BEGIN_ANEW}`);
  }
  throw other(path, format > FORMAT ? 'a newer release' : 'an older release');
}

const BEGIN_ANEW =
  'npm start -- --reset, with the same --from or --keep, empties the state; the next run fills it again';

function other(path: string, whose: string): StateUnusable {
  return new StateUnusable(`${path}: the state is that of ${whose} of this program: ${BEGIN_ANEW}`);
}

/**
 * The error to throw for a part of the state that cannot be opened because it is damaged, which is then made again by
 * deleting it; any other error as it is.
 */
export function damaged(part: 'ledger' | 'warehouse', keep: string, error: unknown): unknown {
  if (error instanceof StateUnusable) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [path, pattern] =
    part === 'ledger'
      ? [ledgerPath(keep), /malformed|not a database|disk image/i]
      : [
          warehousePath(keep),
          /not a valid DuckDB|corrupt|checksum|Serialization Error|failure while replaying wal|not read enough bytes/i,
        ];
  if (!pattern.test(message)) return error;
  const [line = ''] = message.split('\n');
  return new StateUnusable(
    `${path} is damaged (${line}): delete it and start again, it is made anew from the other files`,
  );
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function formatOf(text: string): number | undefined {
  try {
    const { format }: { format?: unknown } = JSON.parse(text);
    return typeof format === 'number' ? format : undefined;
  } catch {
    return undefined;
  }
}
