import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import { listPlaced } from '../../src/reconcile/listPlaced.ts';
import type { ListedObject, ObjectStore } from '../../src/store/objectStore.ts';

const SOURCE = { bucket: 'b', prefix: 'cur', payer: parsePayer('111122223333'), manifests: true };
const PAGE = 10;
const listing = { place: placeBySources([SOURCE]) };

const nobody = () => {
  throw new Error('listed as a whole');
};

/** A store with these keys, in pages of ten, that counts its pages. */
function storeOf(keys: readonly string[]) {
  const seen = { pages: 0 };
  const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const refuse = () => Promise.reject(new Error('only listed'));
  const list: ObjectStore['list'] = async function* (_bucket, prefix, startAfter) {
    const rest = sorted.filter(
      (key) => key.startsWith(prefix) && (!startAfter || Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) > 0),
    );
    for (let from = 0; from < rest.length; from += PAGE) {
      seen.pages += 1;
      yield rest
        .slice(from, from + PAGE)
        .map((key): ListedObject => ({ key, etag: 'e', sizeBytes: 1, lastModified: 0 }));
    }
  };
  return {
    store: { read: refuse, copy: refuse, list, listFolder: nobody, delete: refuse } satisfies ObjectStore,
    seen,
  };
}

async function wantedKeys(store: ObjectStore, periods: readonly string[]): Promise<string[]> {
  const keys: string[] = [];
  const isWanted = ({ period }: { period: string }) => periods.includes(period);
  for await (const { objects } of listPlaced({ ...listing, store }, SOURCE, {
    isWanted,
    periods: periods.map(parsePeriod),
  })) {
    keys.push(...objects.map(({ object }) => object.key));
  }
  return keys;
}

const files = (folder: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${folder}r-${String(index).padStart(5, '0')}.snappy.parquet`);

describe('listing the wanted months of a source', () => {
  it('history costs one page, however many months and objects it has', async () => {
    const months = Array.from({ length: 12 }, (_, month) => `2025-${String(month + 1).padStart(2, '0')}`);
    const history = months.flatMap((month) => files(`cur/r/data/BILLING_PERIOD=${month}/`, 500));
    const wanted = files('cur/r/data/BILLING_PERIOD=2026-01/', 25);
    const { store, seen } = storeOf([...history, ...wanted]);
    expect(await wantedKeys(store, ['2026-01'])).toEqual(wanted);
    expect(seen.pages).toBe(1 + 3);
  });

  it('deliveries of a month that is not wanted are passed over together', async () => {
    const old = Array.from({ length: 40 }, (_, day) =>
      files(`cur/r/data/BILLING_PERIOD=2025-01/2025-01-${10 + day}T00:00:00.000Z-x${day}/`, 50),
    ).flat();
    const { store, seen } = storeOf([...old, ...files('cur/r/data/BILLING_PERIOD=2026-01/t-x/', 5)]);
    expect(await wantedKeys(store, ['2026-01'])).toHaveLength(5);
    expect(seen.pages).toBe(2);
  });

  it('finds every wanted object, whatever lies around it', async () => {
    const folder = fc
      .record({
        layout: fc.constantFrom('year', 'range', 'cur2', 'cur2-own', 'noise'),
        report: fc.constantFrom('a', 'b', 'é'),
        month: fc.integer({ min: 1, max: 12 }),
      })
      .map(({ layout, report, month }) => {
        const two = String(month).padStart(2, '0');
        const next = month === 12 ? '20260101' : `2025${String(month + 1).padStart(2, '0')}01`;
        const folders = {
          year: `cur/${report}/year=2025/month=${month}/`,
          range: `cur/${report}/2025${two}01-${next}/a1/`,
          cur2: `cur/${report}/data/BILLING_PERIOD=2025-${two}/`,
          'cur2-own': `cur/${report}/data/BILLING_PERIOD=2025-${two}/2025-${two}-01T00:00:00Z-x/`,
          noise: `cur/${report}/BILLING_PERIOD=2025-${two}/`,
        };
        return folders[layout as keyof typeof folders];
      });
    const sketch = fc.array(fc.tuple(folder, fc.integer({ min: 1, max: 30 })), { maxLength: 12 });
    const months = fc.subarray(['2025-01', '2025-02', '2025-11', '2025-12'], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(sketch, months, async (folders, periods) => {
        const keys = [...new Set(folders.flatMap(([name, count]) => files(name, count)))];
        const expected = keys.filter((key) => {
          const placed = listing.place(SOURCE.bucket, key);
          return placed.is === 'data' && periods.some((period) => period === placed.partition.period);
        });
        const found = await wantedKeys(storeOf(keys).store, periods);
        expect(found.toSorted()).toEqual(expected.toSorted());
      }),
    );
  });
});
