import { lstat, readdir, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, isAbsence } from '../../adapters/folder/failures.ts';
import { sampleSources } from '../sample/sampleSources.ts';

/**
 * A folder that this program has not made a state of. Consequence: the message, exit status 1, and
 * nothing is removed.
 */
export class NotAState extends Error {
  override readonly name = 'NotAState';
}

/**
 * What every state has from its first moment on. It goes last, so that a reset that was cut off is
 * known for what it is.
 */
const MARK = 'lock.sqlite';
const FILES =
  /^(ledger\.sqlite-(wal|shm)|lock\.sqlite-journal|warehouse\.duckdb(\.wal)?|holder\.json|(format|retrying|stated|forgetting)\.json(\.new)?|sample-delivered|sql\.sock)$/;

/**
 * Whether a folder is a state. False when it is not there, or empty; throws NotAState when it holds
 * other things alone.
 */
export async function isState(keep: string): Promise<boolean> {
  const names = await entries(keep);
  if (names.includes(MARK)) return true;
  if (names.length === 0) return false;
  throw new NotAState(`${keep} is no state of this program (it has no ${MARK}): nothing was removed`);
}

/**
 * Removes what this program has put into a state's folder, and answers the paths: what was removed
 * and what is somebody else's and stays. `lock.sqlite` is left to the holder of the lock.
 */
export async function removeOwn(keep: string): Promise<{ readonly removed: string[]; readonly left: string[] }> {
  const removed: string[] = [];
  for (const name of await entries(keep)) {
    if (FILES.test(name) || name === 'warehouse.duckdb.tmp') removed.push(await remove(join(keep, name)));
  }
  const staged = await realEntries(join(keep, 'staging'));
  for (const year of staged.filter((name) => /^year=\d{4}$/.test(name)))
    removed.push(await remove(join(keep, 'staging', year)));
  const buckets = new Set(sampleSources.map(({ bucket }) => bucket));
  const sources = await realEntries(join(keep, 'sources'));
  for (const bucket of sources.filter((name) => buckets.has(name))) {
    removed.push(await remove(join(keep, 'sources', bucket)));
  }
  for (const name of ['staging', 'sources']) await removeIfEmpty(join(keep, name));
  const ledger = join(keep, 'ledger.sqlite');
  if (await isThere(ledger)) removed.push(await remove(ledger));
  const left = (await entries(keep)).filter((name) => name !== MARK).map((name) => join(keep, name));
  return { removed, left };
}

/**
 * The last step: the lock's own file, by whoever holds it, and the folder if nothing else is in it.
 */
export async function removeLock(keep: string): Promise<void> {
  await unlink(join(keep, MARK));
  await removeIfEmpty(keep);
}

async function remove(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true });
  return path;
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isAbsence(error) && codeOf(error) !== 'ENOTEMPTY') throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/**
 * What a folder holds, but nothing of one that is a link: what lies behind it is not in the state.
 */
async function realEntries(folder: string): Promise<string[]> {
  const stats = await lstat(folder).catch(() => undefined);
  return stats?.isDirectory() ? entries(folder) : [];
}

async function entries(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
