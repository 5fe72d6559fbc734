import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createS3Client } from '../../src/adapters/s3/client.ts';
import { S3ObjectStore } from '../../src/adapters/s3/objectStore.ts';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import type { PayerSource } from '../../src/billing/source.ts';
import { reconcile } from '../../src/reconcile/reconcile.ts';
import { startListingServer } from '../reconcile/listingServer.ts';

const SOURCE: PayerSource = {
  bucket: 'payer-cur',
  bucketOwner: 'self',
  prefix: 'cur',
  payer: parsePayer('111122223333'),
  manifests: true,
};
const NOW = Date.UTC(2026, 9, 15);
const PAGE = 1000;
const SAMPLES = 20;

export interface ListingFigures {
  readonly seconds: number;
  readonly pages: number;
  readonly queued: number;
  /** The most that was alive on the heap, after collections, beyond what was alive at the start. */
  readonly heapMiB: number;
}

/**
 * Reconciles a source of `count` data files that the ledger does not know, all of one month, listed
 * by a local server through the real client: nothing of it may be held.
 */
export async function measureListing(count: number): Promise<ListingFigures> {
  const folder = 'cur/daily/data/BILLING_PERIOD=2026-10/';
  const server = await startListingServer(count, (index) => `${folder}daily-${String(index).padStart(8, '0')}.parquet`);
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const alive = () => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
  const client = createS3Client({ endpoint: server.endpoint, region: 'us-east-2', credentials });
  const ledger = openSqliteLedger(':memory:');
  const sampleEveryPages = Math.ceil(count / PAGE / SAMPLES);
  let [queued, peak, sampledAt] = [0, 0, 0];
  const before = alive();
  const startedAt = performance.now();
  try {
    await reconcile(
      {
        store: new S3ObjectStore(client),
        ledger,
        copyQueue: {
          send: async (messages) => {
            queued += messages.length;
            if (server.pages() < sampledAt + sampleEveryPages) return;
            sampledAt = server.pages();
            peak = Math.max(peak, alive() - before);
          },
        },
        finalizeQueue: { send: async () => {} },
        reconcileQueue: { send: async () => {} },
        stagingBucket: 'staging',
        debounce: { quietSeconds: 300, maxWaitSeconds: 7200 },
        supersededGraceSeconds: 86_400,
        inlinePayers: 1,
        concurrency: 1,
        tagUnowned: async () => {},
        now: () => NOW,
        sleep: async () => {},
        report: () => {},
        notify: async () => {},
        stage: 'bench',
        staleAfterHours: 36,
      },
      { fallback: { sources: [SOURCE] } },
      { periods: ['2026-10'] },
      { id: 'bench', yieldAt: NOW + 1 },
    );
    return { seconds: (performance.now() - startedAt) / 1000, pages: server.pages(), queued, heapMiB: peak };
  } finally {
    client.destroy();
    ledger.close();
    await server.close();
  }
}
