import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { Location } from '../../store/objectStore.ts';
import { type Copying, type CopySource, exists, existsOrThrow } from './copy.ts';
import { copySourceOf } from './copySource.ts';
import { quoted, required } from './failures.ts';

const MIB = 1024 * 1024;
/**
 * S3 User Guide, "Amazon S3 multipart upload limits": 5 MiB (all but the last) to 5 GiB a part,
 * 10,000 parts.
 */
export const MIN_PART_BYTES = 5 * MIB;
export const MAX_PART_BYTES = 5 * 1024 * MIB;
const MAX_PARTS = 10_000;

export interface MultipartSettings {
  /** Larger where 10,000 parts of it are too few. */
  readonly partSizeBytes: number;
  readonly concurrentParts: number;
}

/**
 * Copies one content of an object of any size, part by part, to a key that must not exist; answers
 * and throws as copyWhole does. What S3 holds of a copy that failed is aborted; where that fails,
 * too, a lifecycle rule of the staging bucket clears it away.
 *
 * The source's metadata stay behind, unlike in copyWhole: nobody reads them.
 */
export async function copyInParts(
  copying: Copying,
  source: CopySource,
  target: Location,
  settings: MultipartSettings,
): Promise<'copied' | 'exists'> {
  // S3 would only say so at the end, after minutes.
  if (await exists(copying, target)) return 'exists';
  try {
    const ranges = partRanges(source.sizeBytes, settings.partSizeBytes);
    await upload(copying.client, { source, target, ranges, concurrentParts: settings.concurrentParts });
    return 'copied';
  } catch (error) {
    return existsOrThrow(copying, error, source, target);
  }
}

/** `end` is exclusive. */
interface PartRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The byte ranges of parts of equal size, within S3's limits. Throws a RangeError for a size beyond
 * them.
 */
export function partRanges(sizeBytes: number, partSizeBytes: number): PartRange[] {
  const stepBytes = Math.max(partSizeBytes, Math.ceil(sizeBytes / MAX_PARTS));
  if (stepBytes > MAX_PART_BYTES) throw new RangeError(`${sizeBytes} bytes are too many for one object of S3`);
  return Array.from({ length: Math.ceil(sizeBytes / stepBytes) }, (_, index) => ({
    start: index * stepBytes,
    end: Math.min(sizeBytes, (index + 1) * stepBytes),
  }));
}

/** One content, and the ranges in which it is copied. */
interface PartedCopy {
  readonly source: CopySource;
  readonly target: Location;
  readonly ranges: readonly PartRange[];
  readonly concurrentParts: number;
}

interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

async function upload(client: S3Client, copy: PartedCopy): Promise<void> {
  const { target } = copy;
  const key = { Bucket: target.bucket, Key: target.key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(key));
  const started: Upload = { ...key, UploadId: required(UploadId, 'UploadId', target) };
  try {
    const Parts = await copyParts(client, started, copy);
    await client.send(new CompleteMultipartUploadCommand({ ...started, IfNoneMatch: '*', MultipartUpload: { Parts } }));
  } catch (error) {
    await abort(client, started);
    throw error;
  }
}

/**
 * Copies the parts. After the first failure no part is begun, and those under way are waited for: a
 * part that ends after the upload was aborted would stay, and be paid for (S3 API reference,
 * AbortMultipartUpload).
 */
async function copyParts(
  client: S3Client,
  started: Upload,
  { source, target, ranges, concurrentParts }: PartedCopy,
): Promise<CompletedPart[]> {
  const failing = new AbortController();
  const copyPart = async ({ start, end }: PartRange, index: number): Promise<CompletedPart> => {
    failing.signal.throwIfAborted();
    try {
      const { CopyPartResult } = await client.send(
        new UploadPartCopyCommand({
          ...started,
          PartNumber: index + 1,
          CopySource: copySourceOf(source),
          CopySourceIfMatch: quoted(source.etag),
          CopySourceRange: `bytes=${start}-${end - 1}`,
        }),
      );
      return { PartNumber: index + 1, ETag: required(CopyPartResult?.ETag, 'CopyPartResult.ETag', target) };
    } catch (error) {
      failing.abort(error);
      throw error;
    }
  };
  try {
    return await pMap(ranges, copyPart, { concurrency: concurrentParts, stopOnError: false });
  } catch (errors) {
    failing.signal.throwIfAborted();
    throw errors;
  }
}

/** Its own failure must not hide why the upload is aborted. */
async function abort(client: S3Client, started: Upload): Promise<void> {
  try {
    await client.send(new AbortMultipartUploadCommand({ ...started }));
  } catch {}
}
