import { constants, copyFileSync, linkSync, lstatSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import type { Location, ObjectRef } from '../../store/objectStore.ts';
import { codeOf, readFailure, unwritableKey, writeFailure } from './failures.ts';

/** Larger files are copied without keeping everything else waiting. */
const COPIED_AT_ONCE_BYTES = 1024 * 1024;

/** Copies one content to a part file, which must not exist. Throws as a read of the source does. */
export async function copyContent(
  from: string,
  part: string,
  source: ObjectRef & { sizeBytes: number },
): Promise<void> {
  const mode = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
  try {
    if (source.sizeBytes <= COPIED_AT_ONCE_BYTES) copyFileSync(from, part, mode);
    else await copyFile(from, part, mode);
  } catch (error) {
    throw readFailure(error, source);
  }
}

/**
 * Whether an object has this path. Throws a RangeError if something else has it, or nothing can.
 */
export function isTaken(file: string, location: Location): boolean {
  try {
    if (lstatSync(file).isFile()) return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw writeFailure(error, location);
  }
  throw unwritableKey(location);
}

/**
 * Gives a part file its name. `link` rather than `rename`, which would replace what another copy
 * has put there meanwhile.
 */
export function linkUnlessTaken(part: string, file: string, location: Location): 'copied' | 'exists' {
  try {
    linkSync(part, file);
    return 'copied';
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && isTaken(file, location)) return 'exists';
    throw writeFailure(error, location);
  }
}
