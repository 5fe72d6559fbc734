import { randomUUID } from 'node:crypto';
import { accessSync, closeSync, constants, fstatSync, openSync, readSync, realpathSync, unlinkSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { resolveRange } from '../../store/byteRange.ts';
import {
  type FolderPage,
  type ListedObject,
  type Location,
  ObjectChanged,
  ObjectGone,
  type ObjectRef,
  type ObjectStore,
  type ReadResult,
} from '../../store/objectStore.ts';
import { copyContent, isTaken, linkUnlessTaken } from './copy.ts';
import { isAbsence, readFailure, unwritableKey, writeFailure } from './failures.ts';
import { partName, pathOfKey } from './keyPath.ts';
import { listedObject, statObject } from './objectStats.ts';
import { isRealFolder, makeRealFolder } from './realFolder.ts';
import { folderKeys, type OnUnreadable, walkKeys } from './walkKeys.ts';

/**
 * Folders as buckets, a file's path below the folder as its key. They keep no versions: a
 * `versionId` is ignored here.
 *
 * An etag names size, modification time (nanoseconds) and inode: to know a checksum, a listing
 * would have to read every byte. A file that is written to or replaced gets another etag. Two
 * contents of one size that are written to one inode within one tick of the file system's clock
 * (some milliseconds at most) cannot be distinguished.
 *
 * Objects appear whole or not at all: they are written to a part file in the same folder, then
 * given their name in one step. A process that dies leaves at most a part file, which nobody lists
 * (keyPath.ts). Nothing is flushed to the disk: after a power failure, what was written last may be
 * missing or empty.
 *
 * Symbolic links below a bucket's folder are never followed, wherever they lead: a link is not an
 * object, and what lies behind a linked folder is not in the bucket. The bucket's own folder may be
 * a link.
 *
 * What takes microseconds is done at once: for small files the way through Node's thread pool, a
 * dozen times a file, costs far more than the work itself. Only what grows with a file's size, or
 * with the number of files, goes that way.
 *
 * A key that cannot be a file (keyPath.ts) is not there for whoever reads, and a RangeError for
 * whoever writes; so is, unlike in S3, `a/b` while there is an object `a`.
 */
export class FolderObjectStore implements ObjectStore {
  readonly #folders: ReadonlyMap<string, string>;
  readonly #newId: () => string;
  readonly #onUnreadable: OnUnreadable | undefined;
  readonly #roots = new Map<string, string>();

  /**
   * `buckets` maps each bucket's name to its absolute folder; `newId` gives the UUIDs that part
   * files are named by. With `onUnreadable`, a listing leaves out what cannot be read, and reports
   * it there; without it, a listing fails as S3's does (AccessDenied).
   */
  constructor(buckets: ReadonlyMap<string, string>, newId: () => string = randomUUID, onUnreadable?: OnUnreadable) {
    this.#folders = buckets;
    this.#newId = newId;
    this.#onUnreadable = onUnreadable;
  }

  /**
   * See {@link ObjectStore.read}. Without an etag, too, a file that is written to meanwhile is
   * ObjectChanged: S3 never mixes contents.
   */
  async read(object: ObjectRef, range: { start: number; end?: number }): Promise<ReadResult> {
    try {
      const file = this.#locate(object);
      const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        return readContent(descriptor, object, range);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      throw readFailure(error, object);
    }
  }

  /** See {@link ObjectStore.copy}. Throws a RangeError if the target's key cannot be a file. */
  async copy(source: ObjectRef & { etag: string; sizeBytes: number }, target: Location): Promise<'copied' | 'exists'> {
    const from = this.#locate(source);
    this.#checkCurrent(from, source);
    const to = await this.#place(target);
    if (isTaken(to, target)) return 'exists';
    const part = this.#partBeside(to);
    try {
      await copyContent(from, part, source);
      this.#checkCurrent(from, source);
      return linkUnlessTaken(part, to, target);
    } finally {
      removePart(part);
    }
  }

  /** See {@link ObjectStore.list}. A file that vanishes meanwhile is left out. */
  async *list(bucket: string, prefix: string, startAfter = ''): AsyncGenerator<ListedObject[]> {
    try {
      const root = this.#root(bucket);
      const walk = { prefix, startAfter, groupSize: PAGE_SIZE, onUnreadable: this.#onUnreadable };
      for await (const keys of walkKeys(root, walk)) {
        const page = keys.flatMap((key) => this.#listed(path.join(root, key), key) ?? []);
        if (page.length > 0) yield page;
      }
    } catch (error) {
      throw readFailure(error, { bucket, key: prefix });
    }
  }

  /** See {@link ObjectStore.listFolder}. One page holds all of it. */
  async *listFolder(bucket: string, prefix: string): AsyncGenerator<FolderPage> {
    try {
      const root = this.#root(bucket);
      const keys = await folderKeys(root, prefix, this.#onUnreadable);
      const objects = keys.flatMap((key) => (key.endsWith('/') ? [] : (this.#listed(path.join(root, key), key) ?? [])));
      yield { objects, folders: keys.filter((key) => key.endsWith('/')) };
    } catch (error) {
      throw readFailure(error, { bucket, key: prefix });
    }
  }

  /**
   * See {@link ObjectStore.delete}. Folders stay behind empty; nothing lists them. Throws
   * AccessDenied.
   */
  async delete(location: Location): Promise<void> {
    try {
      const file = this.#locate(location);
      if (statObject(file, location.key)) unlinkSync(file);
    } catch (error) {
      const failure = readFailure(error, location);
      if (!(failure instanceof ObjectGone)) throw failure;
    }
  }

  /**
   * Writes an object, replacing what has its key, and answers what a listing will say of it. Throws
   * a RangeError, AccessDenied, or ObjectGone (no such bucket).
   */
  async put(location: Location, bytes: Uint8Array): Promise<ListedObject> {
    const file = await this.#place(location);
    const part = this.#partBeside(file);
    try {
      const written = await writePart(part, bytes, location.key);
      await rename(part, file);
      return written;
    } catch (error) {
      removePart(part);
      throw writeFailure(error, location);
    }
  }

  /**
   * What a listing says of one object, or undefined if there is none (nor such a bucket). Throws
   * AccessDenied.
   */
  async head(location: Location): Promise<ListedObject | undefined> {
    try {
      return statObject(this.#locate(location), location.key);
    } catch (error) {
      const failure = readFailure(error, location);
      if (failure instanceof ObjectGone) return undefined;
      throw failure;
    }
  }

  #listed(file: string, key: string): ListedObject | undefined {
    if (!this.#onUnreadable) return statObject(file, key);
    try {
      const object = statObject(file, key);
      if (object) accessSync(file, constants.R_OK);
      return object;
    } catch (error) {
      if (!isAbsence(error)) this.#onUnreadable(file, error);
      return undefined;
    }
  }

  /**
   * The bucket's folder with every symbolic link on the way to it resolved, once. Throws
   * ObjectGone.
   */
  #root(bucket: string): string {
    const known = this.#roots.get(bucket);
    if (known !== undefined) return known;
    const folder = this.#folders.get(bucket);
    if (folder === undefined) throw new ObjectGone(`no bucket ${bucket}`);
    try {
      const root = realpathSync.native(folder);
      this.#roots.set(bucket, root);
      return root;
    } catch (error) {
      throw isAbsence(error) ? new ObjectGone(`no folder for bucket ${bucket}`, { cause: error }) : error;
    }
  }

  /**
   * The path of a key that is to be read. Throws ObjectGone if it cannot be a file, or a symbolic
   * link leads to its folder.
   */
  #locate(location: Location): string {
    try {
      const root = this.#root(location.bucket);
      const file = pathOfKey(root, location.key);
      if (file !== undefined && isRealFolder(path.dirname(file), root)) return file;
    } catch (error) {
      throw readFailure(error, location);
    }
    throw new ObjectGone(`no object ${location.key} in bucket ${location.bucket}`);
  }

  /**
   * The path of a key that is to be written, in a folder that is there by then. Throws a RangeError
   * that names the key.
   */
  async #place(location: Location): Promise<string> {
    try {
      const root = this.#root(location.bucket);
      const file = pathOfKey(root, location.key);
      if (file === undefined) throw unwritableKey(location);
      if (await makeRealFolder(path.dirname(file), root)) return file;
    } catch (error) {
      throw writeFailure(error, location);
    }
    throw unwritableKey(location);
  }

  #partBeside(file: string): string {
    return path.join(path.dirname(file), partName(this.#newId()));
  }

  #checkCurrent(file: string, object: ObjectRef): void {
    const stats = statOrFail(file, object);
    if (stats === undefined) throw new ObjectGone(`no object ${object.key} in bucket ${object.bucket}`);
    if (stats.etag !== object.etag) throw changed(object);
  }
}

function statOrFail(file: string, object: ObjectRef): ListedObject | undefined {
  try {
    return statObject(file, object.key);
  } catch (error) {
    throw readFailure(error, object);
  }
}

/** S3 API reference, ListObjectsV2. */
const PAGE_SIZE = 1_000;

/**
 * Reads a range of an open file, and makes sure that it was one content from the first look to the
 * last byte.
 */
function readContent(descriptor: number, object: ObjectRef, range: { start: number; end?: number }): ReadResult {
  const stats = fstatSync(descriptor, { bigint: true });
  if (!stats.isFile()) throw new ObjectGone(`no object ${object.key} in bucket ${object.bucket}`);
  const { etag, sizeBytes, lastModified } = listedObject(object.key, stats);
  if (object.etag !== undefined && object.etag !== etag) throw changed(object);
  const { offsetBytes, lengthBytes } = resolveRange(range, sizeBytes);
  const bytes = new Uint8Array(lengthBytes);
  for (let filled = 0; filled < lengthBytes; ) {
    const bytesRead = readSync(descriptor, bytes, filled, lengthBytes - filled, offsetBytes + filled);
    if (bytesRead === 0) throw changed(object);
    filled += bytesRead;
  }
  const after = listedObject(object.key, fstatSync(descriptor, { bigint: true }));
  if (after.etag !== etag) throw changed(object);
  return { bytes, sizeBytes, etag, lastModified };
}

function changed({ bucket, key, etag }: ObjectRef): ObjectChanged {
  return new ObjectChanged(
    `object ${key} in bucket ${bucket} has another content than ${etag ?? 'when its read began'}`,
  );
}

async function writePart(part: string, bytes: Uint8Array, key: string): Promise<ListedObject> {
  const handle = await open(part, 'wx');
  try {
    await handle.writeFile(bytes);
    return listedObject(key, await handle.stat({ bigint: true }));
  } finally {
    await handle.close();
  }
}

/**
 * One that stays is as harmless as a crash's, and must not hide what went wrong, or that the copy
 * was made.
 */
function removePart(part: string): void {
  try {
    unlinkSync(part);
  } catch {}
}
