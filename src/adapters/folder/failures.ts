import { AccessDenied, type Location, ObjectGone } from '../../store/objectStore.ts';

/**
 * The code of an error from the operating system, such as `ENOENT`; undefined for every other
 * error.
 */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Whether an error says that there is no file, or no folder, under this name. ELOOP is a symbolic
 * link that was not followed.
 */
export function isAbsence(error: unknown): boolean {
  return ABSENT.has(codeOf(error) ?? '');
}

/**
 * What a failed read of an object means to a workflow: ObjectGone, AccessDenied, or the error
 * itself (which is retried).
 */
export function readFailure(error: unknown, { bucket, key }: Location): unknown {
  if (isAbsence(error)) return new ObjectGone(`no object ${key} in bucket ${bucket}`, { cause: error });
  if (DENIED.has(codeOf(error) ?? '')) {
    return new AccessDenied(`the file system refuses ${key} in bucket ${bucket}`, { cause: error });
  }
  return error;
}

/**
 * The same for a write, where a name that the file system cannot take is the caller's mistake: a
 * RangeError that names the key.
 */
export function writeFailure(error: unknown, location: Location): unknown {
  if (UNNAMEABLE.has(codeOf(error) ?? '')) return unwritableKey(location, error);
  return readFailure(error, location);
}

/**
 * The key cannot be a file: its name is hostile or too long, or a folder or a link has it already.
 */
export function unwritableKey({ bucket, key }: Location, cause?: unknown): RangeError {
  return new RangeError(`key ${JSON.stringify(key)} cannot be a file in the folder of bucket ${bucket}`, { cause });
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO']);
const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);
const UNNAMEABLE = new Set(['ENAMETOOLONG', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'EILSEQ']);
