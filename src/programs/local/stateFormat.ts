import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, isAbsence } from '../../adapters/folder/failures.ts';
import { quoteValue } from '../../base/printable.ts';
import { ledgerPath, warehousePath } from './state.ts';

/**
 * A state that this program cannot go on with. Consequence: the message, which names the one step
 * that mends it; exit status 1.
 */
export class StateUnusable extends Error {
  override readonly name = 'StateUnusable';
}

/**
 * Of the ledger's records, the warehouse's tables and the staged copies together. A program reads
 * its own format alone. It is another one, too, where the contract view reads more of a report:
 * what was loaded before would lack it, without a word.
 */
const FORMAT = 5;
const FORMAT_FILE = 'format.json';

/**
 * Makes sure that a state is of this program's format, and marks a new one. Throws StateUnusable
 * for another format, and for a file that is not a format file.
 */
export async function checkFormat(keep: string): Promise<void> {
  if (await isOurs(keep)) return;
  // The first format had no such file.
  if ((await isThere(ledgerPath(keep))) || (await isThere(warehousePath(keep)))) throw other(keep, 'an older release');
  await writeWhole(join(keep, FORMAT_FILE), `${JSON.stringify({ format: FORMAT })}\n`);
}

/** The same for whoever only looks at a state, which may have no mark. */
export async function refuseOtherFormat(keep: string): Promise<void> {
  await isOurs(keep);
}

/**
 * Whether a state is marked as of this program's format; false where it has no mark. Throws
 * StateUnusable.
 */
async function isOurs(keep: string): Promise<boolean> {
  const path = join(keep, FORMAT_FILE);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isAbsence(error)) return undefined;
    throw error;
  });
  if (text === undefined) return false;
  const format = formatOf(text);
  if (format === undefined) throw new StateUnusable(`${path} is damaged, it says ${quoteValue(text)}: ${START_OVER}`);
  if (format !== FORMAT) throw other(path, format > FORMAT ? 'a newer release' : 'an older release');
  return true;
}

/**
 * Reads a small file of the state's as JSON. `undefined` when it is not there. Throws
 * StateUnusable, with what is lost when it is deleted, for one that is damaged.
 */
export async function readPart<Part>(
  path: string,
  schema: { readonly parse: (value: unknown) => Part },
  lost: string,
): Promise<Part | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (isAbsence(error)) return undefined;
    if (codeOf(error) !== undefined) throw error;
    throw new StateUnusable(`${path} is damaged: delete it and start again; ${lost}`);
  }
}

/** Writes a small file of the state's, whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

const START_OVER =
  'npm start -- --reset, with the same --from or --keep, empties the state; the next run fills it again';

function other(path: string, whose: string): StateUnusable {
  return new StateUnusable(`${path}: the state is that of ${whose} of this program: ${START_OVER}`);
}

/**
 * The error to throw for a part of the state that cannot be opened because it is damaged, which is
 * then made again by deleting it; any other error as it is.
 */
export function damaged(part: 'ledger' | 'warehouse', keep: string, error: unknown): unknown {
  if (error instanceof StateUnusable) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [path, pattern] =
    part === 'ledger'
      ? [ledgerPath(keep), /malformed|not a database|disk image/i]
      : [
          warehousePath(keep),
          /not a valid DuckDB|corrupt|checksum|Serialization Error|Could not read enough bytes|failure while replaying wal/i,
        ];
  if (!pattern.test(message)) return error;
  const [line = ''] = message.split('\n');
  return new StateUnusable(
    `${path} is damaged (${line}): delete it and start again, it is rebuilt from the other files`,
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
