import { realpathSync } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from './failures.ts';

/**
 * Whether a folder can be reached from `root` (a path without symbolic links) without following
 * one. Throws the file system's error, ENOENT among them. On a file system that ignores case it
 * also distinguishes `A` from `a`.
 */
export function isRealFolder(folder: string, root: string): boolean {
  return folder === root || realpathSync.native(folder) === folder;
}

/**
 * Makes a folder below `root`, and those above it, unless they are there; false if a symbolic link
 * is in the way. Goes step by step: `mkdir` with `recursive` would follow a link and make folders
 * outside. Never makes `root` itself.
 */
export async function makeRealFolder(folder: string, root: string): Promise<boolean> {
  try {
    return isRealFolder(folder, root);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  if (!(await makeRealFolder(path.dirname(folder), root))) return false;
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return (await lstat(folder)).isDirectory();
  }
}
