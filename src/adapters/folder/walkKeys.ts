import { type Dirent, lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isAbsence } from './failures.ts';
import { isObjectName, isPart, pathOfKey } from './keyPath.ts';
import { isRealFolder } from './realFolder.ts';
import { compareUtf8, sortUtf8 } from './utf8Order.ts';

/** What of a bucket is walked, and how. */
interface Walk {
  readonly prefix: string;
  readonly startAfter: string;
  readonly groupSize: number;
  /**
   * Takes a folder that cannot be read, and the walk goes on beside it; without it the walk ends
   * with the error. Takes what is passed over, too, with {@link PassedOver}.
   */
  readonly onUnreadable?: OnUnreadable | undefined;
}

/**
 * Takes the path of a file or folder that is not read, and why: the file system's error, or
 * {@link PassedOver}.
 */
export type OnUnreadable = (path: string, error: unknown) => void;

/**
 * What is not an object, by its kind or name: a symbolic link, a pipe, a name that cannot be a key.
 */
export class PassedOver extends Error {
  override readonly name = 'PassedOver';
}

/**
 * The keys under a prefix and behind `startAfter`, in S3's order, in groups of at most `groupSize`.
 * `root` is a bucket's folder with every symbolic link resolved. Memory holds the names of the
 * folders from the root down to the one being read, never the tree.
 *
 * Folder by folder gives S3's order if a folder sorts as its name and a slash, since that is how
 * its keys begin: `a-b`, then what is in `a/`, then `a0`. Symbolic links are passed over, and so is
 * what cannot be a key.
 */
export async function* walkKeys(root: string, walk: Walk): AsyncGenerator<string[]> {
  const { prefix, groupSize } = walk;
  const base = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (!(await isKeyFolder(root, base))) return;
  const first = await readFolder(root, base, walk);
  const trail: Folder[] = [{ base, names: first.filter((name) => `${base}${name}`.startsWith(prefix)), next: 0 }];
  let group: string[] = [];
  for (let folder = trail.at(-1); folder !== undefined; folder = trail.at(-1)) {
    const name = folder.names[folder.next++];
    if (name === undefined) {
      trail.pop();
    } else if (name.endsWith('/')) {
      const inner = `${folder.base}${name}`;
      trail.push({ base: inner, names: await readFolder(root, inner, walk), next: 0 });
    } else {
      group.push(`${folder.base}${name}`);
      if (group.length === groupSize) {
        yield group;
        group = [];
      }
    }
  }
  if (group.length > 0) yield group;
}

/**
 * What lies directly in a folder of a bucket (`prefix`: '' or a key that ends in a slash), in S3's
 * order: files as their keys, folders as theirs, slash included. `root` is as for walkKeys.
 */
export async function folderKeys(root: string, prefix: string, onUnreadable?: OnUnreadable): Promise<string[]> {
  if (!(await isKeyFolder(root, prefix))) return [];
  const names = await readFolder(root, prefix, { prefix, startAfter: '', groupSize: 1, onUnreadable });
  return names.map((name) => `${prefix}${name}`);
}

/**
 * A folder that is being listed. `base` is what its keys begin with (a slash at its end, or nothing
 * at all).
 */
interface Folder {
  readonly base: string;
  readonly names: readonly string[];
  next: number;
}

/**
 * What a folder holds behind `startAfter`: files as `name`, folders as `name/`, sorted. Nothing if
 * it is gone.
 */
async function readFolder(root: string, base: string, { startAfter, onUnreadable }: Walk): Promise<string[]> {
  try {
    const names: string[] = [];
    for (const entry of await readdir(path.join(root, base), { withFileTypes: true })) {
      const reason = whyPassedOver(entry) ?? whyUnreachable(entry, path.join(root, base));
      if (reason !== undefined) {
        if (!isPart(entry.name)) onUnreadable?.(path.join(root, base, entry.name), new PassedOver(reason));
        continue;
      }
      const name = entry.isFile() ? entry.name : `${entry.name}/`;
      if (reachesBehind(`${base}${name}`, startAfter)) names.push(name);
    }
    return sortUtf8(names);
  } catch (error) {
    if (isAbsence(error)) return [];
    if (!onUnreadable) throw error;
    onUnreadable(path.join(root, base), error);
    return [];
  }
}

/** Why an entry of a folder is not an object; undefined when it is one, or a folder of them. */
function whyPassedOver(entry: Dirent): string | undefined {
  if (entry.isSymbolicLink()) return 'a symbolic link is not followed';
  if (!entry.isFile() && !entry.isDirectory()) return 'it is neither a file nor a folder';
  return isObjectName(entry.name) ? undefined : 'its name cannot be a key';
}

/**
 * A name that is not UTF-8 is read with U+FFFD in the place of what is wrong, and leads to nothing
 * then.
 */
function whyUnreachable({ name }: Dirent, folder: string): string | undefined {
  const isGarbled =
    name.includes('\u{fffd}') && lstatSync(path.join(folder, name), { throwIfNoEntry: false }) === undefined;
  return isGarbled ? 'its name is not UTF-8' : undefined;
}

/**
 * Whether a key, or any key that begins with it if it ends in a slash, comes behind `startAfter`.
 */
function reachesBehind(key: string, startAfter: string): boolean {
  return compareUtf8(key, startAfter) > 0 || (key.endsWith('/') && startAfter.startsWith(key));
}

/**
 * Whether a prefix's folder is there, is one that keys can lie in, and no symbolic link leads to
 * it.
 */
async function isKeyFolder(root: string, base: string): Promise<boolean> {
  const folder = base === '' ? root : pathOfKey(root, base.slice(0, -1));
  if (folder === undefined) return false;
  try {
    return await isRealFolder(folder, root);
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}
