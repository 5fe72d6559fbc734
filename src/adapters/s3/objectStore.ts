import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import { checkWhole } from '../../base/checkWhole.ts';
import { type ByteRange, resolveRange } from '../../store/byteRange.ts';
import {
  type FolderPage,
  type ListedObject,
  type Location,
  ObjectGone,
  type ObjectRef,
  type ObjectStore,
  type ReadResult,
  type StoppableStore,
} from '../../store/objectStore.ts';
import { BucketRegions } from './bucketRegions.ts';
import { createS3Client } from './client.ts';
import { clientUntil } from './clientUntil.ts';
import { type Copying, type CopySource, copyWhole } from './copy.ts';
import { changed, failureOf, named, quoted, required, statusOf, unlessGone } from './failures.ts';
import { isEmptyAnywhere, rangeHeader, sizeInContentRange } from './httpRange.ts';
import { inS3 } from './inS3.ts';
import { type AskS3, type Facts, factsOf, listedObjects, listPage, listPages, rawKey } from './listing.ts';
import { copyInParts, MAX_PART_BYTES, MIN_PART_BYTES, type MultipartSettings } from './multipartCopy.ts';

export interface S3ObjectStoreOptions {
  /**
   * A client for buckets that lie in another region than the store's own client; default:
   * createS3Client.
   */
  readonly clientIn?: (region: string) => S3Client;
  /**
   * Objects larger than this are copied in parts: 5 GiB, the most that CopyObject takes, or less.
   */
  readonly maxWholeCopyBytes?: number;
  /** Default: 256 MiB. */
  readonly partSizeBytes?: number;
  /** Default: 8. */
  readonly concurrentParts?: number;
  /** How to wait before a copy is tried again that another writer was in the way of. */
  readonly backoff?: Backoff;
  /** Where buckets lie, as another store has found out. */
  readonly regions?: BucketRegions;
  /** When it is aborted, requests end: see StoppableStore. */
  readonly signal?: AbortSignal;
}

/**
 * S3 as the workflows see it. Staging one data file costs at most two ranged reads for its footer,
 * one for the pages of each row group that is looked at, and one CopyObject.
 *
 * Errors that no interface names (throttled to the end, a broken connection, 5xx) are thrown as
 * they come, after the client's own retries: the message is retried. A read whose connection breaks
 * in the middle is one of them.
 */
export class S3ObjectStore implements StoppableStore {
  readonly #client: S3Client;
  readonly #options: S3ObjectStoreOptions;
  readonly #regions: BucketRegions;
  readonly #ask: AskS3 = (bucket, act) => this.#call(bucket, act);
  readonly #copying: Copying;
  readonly #maxWholeCopyBytes: number;
  readonly #multipart: MultipartSettings;

  /**
   * `client` is that of the staging bucket's region. Throws a RangeError that names an option
   * beyond S3's limits.
   */
  constructor(client: S3Client, options: S3ObjectStoreOptions = {}) {
    const { maxWholeCopyBytes = MAX_PART_BYTES, partSizeBytes = 256 * 1024 * 1024, concurrentParts = 8 } = options;
    checkWhole('maxWholeCopyBytes', maxWholeCopyBytes, 0, MAX_PART_BYTES);
    checkWhole('partSizeBytes', partSizeBytes, MIN_PART_BYTES, MAX_PART_BYTES);
    checkWhole('concurrentParts', concurrentParts, 1, 1_000);
    this.#client = client;
    this.#options = options;
    const { clientIn = (region) => createS3Client({ region }), backoff = createBackoff() } = options;
    this.#regions = options.regions ?? new BucketRegions(client, clientIn);
    this.#copying = { client: this.#stoppable(client), look: (object) => this.#look(object), backoff };
    this.#maxWholeCopyBytes = maxWholeCopyBytes;
    this.#multipart = { partSizeBytes, concurrentParts };
  }

  /** See {@link ObjectStore.read}. Throws a RangeError for what is not a range. */
  async read(object: ObjectRef, range: ByteRange): Promise<ReadResult> {
    if (isEmptyAnywhere(range)) return this.#readNothing(object, range);
    const header = rangeHeader(range);
    try {
      return await this.#readRange(object, range, header);
    } catch (error) {
      // The range lies behind the end of the object: S3 sends no etag then.
      if (statusOf(error) === 416) return this.#readNothing(object, range);
      throw await this.#failureOf(error, object);
    }
  }

  /** See {@link ObjectStore.copy}. */
  async copy(source: CopySource, target: Location): Promise<'copied' | 'exists'> {
    if (source.sizeBytes <= this.#maxWholeCopyBytes) return copyWhole(this.#copying, source, target);
    return copyInParts(this.#copying, source, target, this.#multipart);
  }

  /** See {@link ObjectStore.list}. One page of at most 1,000 objects is held at a time. */
  async *list(bucket: string, prefix: string, startAfter = ''): AsyncGenerator<ListedObject[]> {
    for await (const page of listPages(this.#ask, { bucket, prefix, startAfter })) {
      const objects = listedObjects(page, bucket);
      if (objects.length > 0) yield objects;
    }
  }

  /** See {@link ObjectStore.listFolder}. */
  async *listFolder(bucket: string, prefix: string): AsyncGenerator<FolderPage> {
    for await (const page of listPages(this.#ask, { bucket, prefix, delimiter: '/' })) {
      const folders = (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => rawKey(page, Prefix));
      yield { objects: listedObjects(page, bucket), folders };
    }
  }

  /** See {@link ObjectStore.delete}. Throws AccessDenied. */
  async delete(location: Location): Promise<void> {
    await unlessGone(location, () =>
      this.#call(location.bucket, (client) => client.send(new DeleteObjectCommand(inS3(location)))),
    );
  }

  /**
   * See {@link StoppableStore.until}. What a copy in parts has made is left to the staging bucket's
   * lifecycle rule.
   */
  until(signal: AbortSignal): ObjectStore {
    return new S3ObjectStore(this.#client, { ...this.#options, regions: this.#regions, signal });
  }

  #call<Answer>(bucket: string, send: (client: S3Client) => Promise<Answer>): Promise<Answer> {
    return this.#regions.call(bucket, (client) => send(this.#stoppable(client)));
  }

  #stoppable(client: S3Client): S3Client {
    const { signal } = this.#options;
    return signal ? clientUntil(client, signal) : client;
  }

  async #readRange(object: ObjectRef, range: ByteRange, header: string | undefined): Promise<ReadResult> {
    const answer = await this.#call(object.bucket, (client) =>
      client.send(new GetObjectCommand({ ...contentInS3(object), Range: header })),
    );
    const bytes = await required(answer.Body, 'a body', object).transformToByteArray();
    if (answer.ContentRange !== undefined) {
      const ContentLength = sizeInContentRange(answer.ContentRange);
      return { bytes, ...factsOf({ ...answer, ContentLength }, object) };
    }
    // The whole object, also where a range was asked for: "A server MAY ignore the Range header
    // field" (RFC 9110, 14.2).
    return { bytes: bytes.subarray(range.start, range.end), ...factsOf(answer, object) };
  }

  /** Throws ObjectChanged if the range has bytes by now: it had none a moment ago. */
  async #readNothing(object: ObjectRef, range: ByteRange): Promise<ReadResult> {
    const facts = await this.#look(object);
    if (resolveRange(range, facts.sizeBytes).lengthBytes > 0) throw changed(object);
    return { bytes: new Uint8Array(), ...facts };
  }

  async #look(object: ObjectRef): Promise<Facts> {
    try {
      const answer = await this.#call(object.bucket, (client) =>
        client.send(new HeadObjectCommand(contentInS3(object))),
      );
      return factsOf(answer, object);
    } catch (error) {
      throw await this.#failureOf(error, object);
    }
  }

  /**
   * To a principal that may list a part of a bucket only, S3 answers 403 for an object that is not
   * there (S3 API reference, GetObject: that depends on s3:ListBucket for the whole bucket). A
   * listing of just that key shows it.
   */
  async #failureOf(error: unknown, object: ObjectRef): Promise<unknown> {
    if (statusOf(error) !== 403 || !(await this.#isMissing(object))) return failureOf(error, object);
    return new ObjectGone(`no ${named(object)}`, { cause: error });
  }

  /**
   * False also where that cannot be found out. The key itself comes first among those that begin
   * with it.
   */
  async #isMissing({ bucket, key }: Location): Promise<boolean> {
    try {
      const page = await listPage(this.#ask, { bucket, prefix: key });
      return listedObjects(page, bucket)[0]?.key !== key;
    } catch {
      return false;
    }
  }
}

interface Content {
  readonly Bucket: string;
  readonly Key: string;
  readonly IfMatch: string | undefined;
  readonly VersionId: string | undefined;
}

function contentInS3(object: ObjectRef): Content {
  const { etag, versionId } = object;
  return { ...inS3(object), IfMatch: etag === undefined ? undefined : quoted(etag), VersionId: versionId };
}
