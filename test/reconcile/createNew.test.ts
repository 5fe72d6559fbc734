import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger, type SqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import type { CopyRequest } from '../../src/queue/copyMessage.ts';
import { discoverSource } from '../../src/reconcile/discover.ts';
import { executionName, keysOfExport, listingStore } from './createNew.ts';

const SOURCE = { bucket: 'payer-cur', prefix: 'exports', payer: parsePayer('111122223333'), manifests: true };
const [SEPTEMBER, OCTOBER] = [parsePeriod('2026-09'), parsePeriod('2026-10')];
const NOW = Date.UTC(2026, 9, 31, 23);
/** Of which two are for the staging bucket's own listings, one a month. */
const MOST_PAGES = 8;
const ROOT = 'exports/daily/';
const STAGING = 'staging';

let ledger: SqliteLedger;
let sent: CopyRequest[];
beforeEach(() => {
  ledger = openSqliteLedger(':memory:');
  sent = [];
});
afterEach(() => ledger.close());

async function discover(keys: readonly string[], changes: { full?: boolean } = {}) {
  const { store, requests } = listingStore((bucket) => (bucket === STAGING ? [] : keys), NOW);
  const copyQueue = {
    send: async (messages: readonly { body: CopyRequest }[]) => void sent.push(...messages.map(({ body }) => body)),
  };
  const periods = [SEPTEMBER, OCTOBER];
  const services = {
    store,
    ledger,
    copyQueue,
    place: placeBySources([SOURCE]),
    stagingBucket: STAGING,
    now: () => NOW,
  };
  const scope = { periods, isWanted: ({ period }: { period: string }) => periods.some((one) => one === period) };
  const { partitions } = await discoverSource(services, SOURCE, { ...scope, ...changes });
  return { partitions, requests: requests.filter((request) => !request.startsWith(`${STAGING}/`)) };
}

const month = (of: typeof OCTOBER, nth: number, file: number) =>
  `${ROOT}data/BILLING_PERIOD=${of}/${executionName(of, nth)}/daily-${String(file).padStart(5, '0')}.snappy.parquet`;

describe('500 files a delivery, 135 deliveries in a folder of their own', () => {
  const deliveries = new Map([
    [SEPTEMBER, 90],
    [OCTOBER, 45],
  ]);

  it(`take at most ${MOST_PAGES - 2} pages of the source, and only the newest of each month is entered`, async () => {
    const { partitions, requests } = await discover(keysOfExport({ root: ROOT, files: 500, deliveries }));
    expect(requests.length).toBeLessThanOrEqual(MOST_PAGES - 2);
    expect(partitions.map(({ partition: { period }, files }) => [period, files.missing])).toEqual([
      [SEPTEMBER, 500],
      [OCTOBER, 500],
    ]);
    expect(sent.map(({ key }) => key)).toEqual([
      `${ROOT}metadata/BILLING_PERIOD=2026-09/${executionName(SEPTEMBER, 89)}/daily-Manifest.json`,
      `${ROOT}metadata/BILLING_PERIOD=2026-10/${executionName(OCTOBER, 44)}/daily-Manifest.json`,
    ]);
  });

  it('take one page more with two years of history before them', async () => {
    const history = new Map(
      [...Array(24).keys()].map((ago) => [
        parsePeriod(`${2024 + Math.floor(ago / 12)}-${String((ago % 12) + 1).padStart(2, '0')}`),
        30,
      ]),
    );
    for (const late of [SEPTEMBER, OCTOBER]) history.delete(late);
    const keys = keysOfExport({ root: ROOT, files: 500, deliveries: new Map([...history, ...deliveries]) });
    const { requests } = await discover(keys);
    expect(requests.length).toBeLessThanOrEqual(MOST_PAGES - 1);
  });

  it('are all entered when all are asked for', async () => {
    const keys = keysOfExport({ root: ROOT, files: 50, deliveries });
    const { partitions } = await discover(keys, { full: true });
    expect(partitions.map(({ listed }) => listed)).toEqual([90 * 51, 45 * 51]);
  });

  it('without manifests, the newest of each month is found among the folders, and its files alone are requested', async () => {
    const keys = keysOfExport({ root: ROOT, files: 5, deliveries }).filter((key) => key.endsWith('.parquet'));
    await discover(keys);
    const expected = [SEPTEMBER, OCTOBER].flatMap((of) =>
      [0, 1, 2, 3, 4].map((file) => month(of, (deliveries.get(of) ?? 0) - 1, file)),
    );
    expect(sent.map(({ key }) => key)).toEqual(expected);
  });

  it('a newer delivery whose manifest has not come yet is entered beside the one with the newest manifest', async () => {
    const late = `BILLING_PERIOD=2026-10/${executionName(OCTOBER, 44)}/`;
    const keys = keysOfExport({ root: ROOT, files: 5, deliveries }).filter((key) => !key.includes(`metadata/${late}`));
    const { partitions } = await discover(keys);
    // 44 manifests, and the files of the two deliveries.
    expect(partitions.map(({ listed }) => listed)).toEqual([95, 44 + 10]);
  });
});
