import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import { compareText } from '../../src/billing/version.ts';
import { NewestListing } from '../../src/reconcile/newestListing.ts';
import { listingStore } from './createNew.ts';

const SOURCE = { bucket: 'b', prefix: 'cur', payer: parsePayer('111122223333'), manifests: true };
const place = placeBySources([SOURCE]);
const PERIODS = ['2025-11', '2026-09', '2026-10'];
const WANTED = ['2026-09', '2026-10'].map(parsePeriod);

/** One delivery of one month, wherever one can lie. */
const delivery = fc.record({
  layout: fc.constantFrom('year', 'range', 'assembly', 'cur2', 'execution'),
  report: fc.constantFrom('a', 'b', 'é'),
  period: fc.constantFrom(...PERIODS),
  time: fc.integer({ min: 10, max: 19 }),
  files: fc.integer({ min: 1, max: 3 }),
  hasManifest: fc.boolean(),
});
type Delivery = typeof delivery extends fc.Arbitrary<infer Value> ? Value : never;

const nextMonth: Record<string, string> = { '2025-11': '20251201', '2026-09': '20261001', '2026-10': '20261101' };

function foldersOf({ layout, report, period, time }: Delivery): { readonly data: string; readonly manifest: string } {
  const root = `cur/${report}/`;
  const range = `${root}${period.replace('-', '')}01-${nextMonth[period]}/`;
  const one = (folder: string) => ({ data: folder, manifest: folder });
  if (layout === 'year') {
    return one(`${root}${report}/year=${period.slice(0, 4)}/month=${Number(period.slice(5))}/`);
  }
  if (layout === 'range') return one(range);
  if (layout === 'assembly') return one(`${range}assembly-${time}/`);
  const own = layout === 'execution' ? `${period}-${time}T10:00:00.000Z-x/` : '';
  const of = (side: string) => `${root}${side}/BILLING_PERIOD=${period}/${own}`;
  return { data: of('data'), manifest: of('metadata') };
}

function keysOf(one: Delivery): string[] {
  const { data, manifest } = foldersOf(one);
  const files = Array.from({ length: one.files }, (_, nth) => `${data}${one.report}-${nth}.snappy.parquet`);
  return one.hasManifest ? [...files, `${manifest}${one.report}-Manifest.json`] : files;
}

it('finds every manifest of a wanted month, and what is newest of its data files, each once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(delivery, { maxLength: 12 }),
      fc.integer({ min: 1, max: 7 }),
      async (deliveries, pageSize) => {
        const keys = [...new Set(deliveries.flatMap(keysOf))].sort(compareText);
        const { store } = listingStore(() => keys, 0, pageSize);
        const isWanted = ({ period }: { period: string }) => WANTED.some((one) => one === period);
        const wanted = { isWanted, periods: WANTED };
        const listing = new NewestListing({ listing: { store, place }, source: SOURCE, wanted, isTimeUp: () => false });
        const [manifests, data, folders]: [string[], string[], Map<string, string>] = [[], [], new Map()];
        for await (const page of listing.manifests()) {
          for (const { object, placed } of page) {
            manifests.push(object.key);
            if (placed.ownFolder) folders.set(`${placed.report} ${placed.partition.period}`, placed.folder);
          }
        }
        const known = async ({ report, partition }: { report: string; partition: { period: string } }) => ({
          manifestFolder: folders.get(`${report} ${partition.period}`),
          isDeliveryKnown: false,
          keys: [],
        });
        for await (const page of listing.data(known)) data.push(...page.map(({ object }) => object.key));

        const placed = keys.map((key) => ({ key, placed: place(SOURCE.bucket, key) }));
        const keysOfKind = (kind: 'data' | 'manifest') =>
          placed.flatMap(({ key, placed: at }) => (at.is === kind && isWanted(at.partition) ? [key] : []));
        // Assemblies whose month's own manifest is there are not looked through for theirs.
        const missed = keysOfKind('manifest').filter((key) => !manifests.includes(key));
        expect(missed.filter((key) => !key.includes('/assembly-'))).toEqual([]);
        expect(new Set(manifests).size).toBe(manifests.length);

        const executions = keysOfKind('data').filter((key) => key.includes('T10:00'));
        const newest = new Map<string, string>();
        for (const key of executions)
          newest.set(key.slice(0, key.indexOf('T10:00') - 10), key.slice(0, key.lastIndexOf('/')));
        const isNewest = (key: string) => [...newest.values()].some((folder) => key.startsWith(`${folder}/`));
        const expected = keysOfKind('data').filter((key) => !executions.includes(key) || isNewest(key));
        expect(expected.filter((key) => !data.includes(key))).toEqual([]);
        expect(new Set(data).size).toBe(data.length);
      },
    ),
    { numRuns: 300 },
  );
});
