import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Moment } from '../../base/moment.ts';
import { NotAsked, type RunFiles } from './question.ts';

/** In the staging bucket, beside the partitions. */
const FOLDER = 'verify/';

/** The files of a run, and how they are removed. */
export interface StagingFolder extends RunFiles {
  /** Removes what this run has put, and what older runs have left. Answers how many were left. */
  clear(leftBefore: Moment): Promise<number>;
}

/**
 * A folder of the staging bucket for one run. Without credentials nothing is put, and there is
 * nothing to clear.
 */
export function createRunFiles(s3: S3Client, bucket: string, run: string): StagingFolder {
  const folder = `${FOLDER}${run}/`;
  const putting = new Set<Promise<unknown>>();
  let hasPut = false;

  async function send(work: () => Promise<unknown>): Promise<void> {
    try {
      await s3.config.credentials();
    } catch (error) {
      throw new NotAsked(`there are no credentials for AWS (${reasonOf(error)})`, { cause: error });
    }
    const sent = work();
    putting.add(sent);
    try {
      await sent;
    } catch (error) {
      throw new NotAsked(`S3 refused s3://${bucket}/${folder}: ${reasonOf(error)}`, { cause: error });
    } finally {
      putting.delete(sent);
    }
  }

  return {
    folder,
    async put(stagedKey, bytes) {
      await send(() => {
        hasPut = true;
        return s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${folder}${stagedKey}`, Body: bytes }));
      });
    },
    remove: (stagedKey) =>
      send(() => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${folder}${stagedKey}` }))),
    async clear(leftBefore) {
      await Promise.allSettled(putting);
      if (!hasPut) return 0;
      let left = 0;
      let page: ListObjectsV2CommandOutput | undefined;
      do {
        const next = page?.NextContinuationToken;
        page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: FOLDER, ContinuationToken: next }));
        for (const { Key = '', LastModified } of page.Contents ?? []) {
          const isOwn = Key.startsWith(folder);
          if (!isOwn && (LastModified?.getTime() ?? leftBefore) >= leftBefore) continue;
          await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
          if (!isOwn) left += 1;
        }
      } while (page.NextContinuationToken !== undefined);
      return left;
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
