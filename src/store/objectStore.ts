/**
 * What the workflows need of S3, and the errors they distinguish. Adapters translate their vendor's
 * errors into these. Every method may throw StoreThrottled.
 */
export interface ObjectStore {
  /**
   * Reads bytes `start` (inclusive) to `end` (exclusive) of an object; a negative `start` without
   * `end` means the last `-start` bytes, all of them when the object is shorter. With `etag`, only
   * that content is read. Throws ObjectGone, ObjectChanged (the etag is no longer current) or
   * AccessDenied.
   */
  read(object: ObjectRef, range: { start: number; end?: number }): Promise<ReadResult>;
  /**
   * Copies one content to a key that must not exist yet. Answers 'exists' when it does: a staged
   * key is named after the content, so whoever wrote it wrote the same bytes. Throws as `read`
   * does.
   */
  copy(source: ObjectRef & { etag: string; sizeBytes: number }, target: Location): Promise<'copied' | 'exists'>;
  /**
   * Pages of the objects under a prefix, in key order, starting behind `startAfter`. Throws
   * AccessDenied or ObjectGone (no such bucket).
   */
  list(bucket: string, prefix: string, startAfter?: string): AsyncIterable<ListedObject[]>;
  /**
   * Pages of what lies directly in a folder (`prefix`: '' or a key that ends in a slash), in key
   * order: its objects, and the folders below it, however much these hold. A folder that holds
   * nothing may be among them. Throws as `list` does.
   */
  listFolder(bucket: string, prefix: string): AsyncIterable<FolderPage>;
  /** Deletes an object; one that is not there is not an error. */
  delete(location: Location): Promise<void>;
}

/** A store that can end its work for one message. */
export interface StoppableStore extends ObjectStore {
  /**
   * The same store, until the signal is aborted: then requests under way are cut off and fail, and
   * none is begun any more; whoever asks for one is thrown the signal's reason.
   */
  until(signal: AbortSignal): ObjectStore;
}

export interface Location {
  readonly bucket: string;
  readonly key: string;
}

/**
 * An object, or one content of it when `etag` (and `versionId`, where the bucket keeps versions)
 * are given.
 */
export interface ObjectRef extends Location {
  readonly etag?: string;
  readonly versionId?: string;
}

export interface ReadResult {
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
  /**
   * When it was put where it is (milliseconds since 1970), if that is known to differ: a copy may
   * keep its source's time.
   */
  readonly placedAt?: number;
}

export interface ListedObject {
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly lastModified: number;
  /** See ReadResult. */
  readonly placedAt?: number;
}

/** A page of what lies directly in a folder. */
export interface FolderPage {
  readonly objects: readonly ListedObject[];
  /** What all keys in the folder begin with, slash included. */
  readonly folders: readonly string[];
}

/**
 * The object (or its bucket) does not exist: nothing is left to do. Consequence: drop with a
 * metric.
 */
export class ObjectGone extends Error {
  override readonly name = 'ObjectGone';
}

/**
 * The object has other content by now, for which an event of its own follows. Consequence: drop
 * with a metric.
 */
export class ObjectChanged extends Error {
  override readonly name = 'ObjectChanged';
}

/**
 * The store refuses access. Somebody has to correct a policy: the message is retried, and ends in
 * the dead-letter queue.
 */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
}

/**
 * The store is asked too often. Consequence: the message comes back within a minute, and the
 * attempt does not count as a failure.
 */
export class StoreThrottled extends Error {
  override readonly name = 'StoreThrottled';
}
