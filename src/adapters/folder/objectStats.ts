import { type BigIntStats, lstatSync } from 'node:fs';
import type { ListedObject } from '../../store/objectStore.ts';
import { isAbsence } from './failures.ts';

/**
 * What a listing says of the file of a key, or undefined if no regular file is there. Throws the
 * file system's error otherwise.
 */
export function statObject(file: string, key: string): ListedObject | undefined {
  try {
    const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
    return stats?.isFile() ? listedObject(key, stats) : undefined;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/**
 * A file's stats as S3 would list them. LastModified is the modification time, in whole
 * milliseconds since 1970.
 */
export function listedObject(key: string, stats: BigIntStats): ListedObject {
  return {
    key,
    etag: `${stats.size.toString(16)}-${stats.mtimeNs.toString(16)}-${stats.ino.toString(16)}`,
    sizeBytes: Number(stats.size),
    lastModified: Number(stats.mtimeNs / 1_000_000n),
  };
}
