import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderObjectStore } from '../../adapters/folder/objectStore.ts';
import { type CopyRequest, copyRequest } from '../../queue/copyMessage.ts';
import type { Queue } from '../../queue/queue.ts';
import { sampleDeliveries } from '../sample/sampleDeliveries.ts';

/** The sample of this project is always the same: people compare what they see. */
export const SAMPLE_SEED = 1;

/** What delivering the sample takes. `settled` resolves when nothing more happens by itself. */
interface SampleDelivering {
  readonly keep: string;
  readonly store: FolderObjectStore;
  readonly queue: Queue<CopyRequest>;
  readonly settled: () => Promise<void>;
  readonly say: (line: string) => void;
}

/**
 * Plays the sample's deliveries into its buckets: every object that is put raises its event, as S3
 * would. Once it has been delivered whole, a mark in the state says so; cut off before, it is
 * delivered again from the start.
 */
export async function deliverSample({ keep, store, queue, settled, say }: SampleDelivering): Promise<void> {
  const mark = join(keep, 'sample-delivered');
  if (await isThere(mark)) return say('the sample was delivered before');
  for (const step of sampleDeliveries(SAMPLE_SEED)) {
    if (step.do === 'wait-until-idle') {
      await settled();
      say(`            ${step.note}`);
      continue;
    }
    const { bucket, key } = step;
    const object =
      step.do === 'put' ? await store.put({ bucket, key }, step.bytes()) : await store.head({ bucket, key });
    if (!object) throw new Error(`the sample repeats the event of ${bucket}/${key}, which is not there`);
    const { etag, sizeBytes } = object;
    await queue.send([{ body: copyRequest('copy', { bucket, key, etag, sizeBytes }) }]);
  }
  await writeFile(mark, '');
}

async function isThere(file: string): Promise<boolean> {
  try {
    await readFile(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
