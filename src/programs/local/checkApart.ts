import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { isAbsence } from '../../adapters/folder/failures.ts';
import { UsageError } from '../../base/commandLine.ts';
import { quoteValue } from '../../base/printable.ts';

/**
 * Makes sure that neither of two folders lies in the other, whatever links lead to them: a state in
 * the folder that is read would be read itself, and a folder in the state would be written to.
 * Neither need be there. Throws UsageError.
 */
export async function checkApart(from: string, keep: string): Promise<void> {
  const [realFrom, realKeep] = [await whereItIs(from), await whereItIs(keep)];
  if (isBelow(realKeep, realFrom)) {
    throw new UsageError(`--keep must not lie in the folder of --from, got ${quoteValue(keep)}, ${is(realKeep, keep)}`);
  }
  if (isBelow(realFrom, realKeep)) {
    throw new UsageError(`--from must not lie in the folder of --keep, got ${quoteValue(from)}, ${is(realFrom, from)}`);
  }
}

/**
 * The path without symbolic links. Of what is not there yet, that of the folder in which it would
 * be made.
 */
async function whereItIs(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isAbsence(error) || path === dirname(path)) throw error;
    return join(await whereItIs(dirname(path)), basename(path));
  }
}

function isBelow(path: string, folder: string): boolean {
  return !/^\.\.(\/|$)/.test(relative(folder, path));
}

function is(real: string, said: string): string {
  return real === said ? 'which does' : `which is ${quoteValue(real)}`;
}
