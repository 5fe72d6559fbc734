import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { FolderPlacement } from '../../src/local/folderPlacement.ts';
import type { RowFacts } from '../../src/local/rowFacts.ts';

const [ALPHA, BETA] = ['111122223333', '222233334444'];
const APRIL = { payers: [ALPHA], periods: ['2026-04'] };
const MAY = { payers: [ALPHA], periods: ['2026-05'] };
const OF_BETA = { payers: [BETA], periods: ['2026-04'] };
const DATA = 'cur/data/BILLING_PERIOD=2026-04/x-00001.snappy.parquet';
const MANIFEST = 'cur/metadata/BILLING_PERIOD=2026-04/x-Manifest.json';

/** A placement of files whose rows say what is given here, and the keys whose rows were asked for. */
function placementOf(
  files: Readonly<Record<string, RowFacts | string>>,
  told: { payer?: string; period?: string } = {},
) {
  const asked: string[] = [];
  const placement = new FolderPlacement(
    'here',
    {
      ...(told.payer === undefined ? {} : { payer: parsePayer(told.payer) }),
      ...(told.period === undefined ? {} : { period: parsePeriod(told.period) }),
    },
    async (keys) => {
      asked.push(...keys);
      return new Map(keys.map((key) => [key, files[key] ?? 'it is not there']));
    },
  );
  const place = (key: string) => {
    const placed = placement.place('here', key);
    if (placed.is === 'data' || placed.is === 'manifest') {
      return `${placed.is} of ${placed.partition.period}/${placed.partition.payer}`;
    }
    return placed.is === 'ignored' ? `ignored: ${placed.reason}` : placed.is;
  };
  return { placement, place, asked, learn: (...keys: string[]) => placement.learn(keys) };
}

describe('loose files', () => {
  it('are data of the partition that their rows name, wherever they lie, and await no manifest', async () => {
    const { placement, place, learn } = placementOf({ 'a.parquet': APRIL, 'x/y/b.parquet': MAY, 'c.parquet': OF_BETA });
    await learn('a.parquet', 'x/y/b.parquet', 'c.parquet');
    expect(place('a.parquet')).toBe(`data of 2026-04/${ALPHA}`);
    expect(place('x/y/b.parquet')).toBe(`data of 2026-05/${ALPHA}`);
    expect(place('c.parquet')).toBe(`data of 2026-04/${BETA}`);
    expect(placement.place('here', 'a.parquet')).toMatchObject({ awaitsManifest: false, ownFolder: false });
    expect(placement.complaints).toEqual([]);
  });

  it('are not read again when an earlier run has placed the same content, unless the person says otherwise now', () => {
    const april = { payer: parsePayer(ALPHA), period: parsePeriod('2026-04') };
    const { placement, place } = placementOf({});
    expect(placement.remember('a.parquet', april)).toBe(true);
    expect(place('a.parquet')).toBe(`data of 2026-04/${ALPHA}`);
    expect(placement.remember(DATA, april)).toBe(false);
    expect(placementOf({}, { payer: BETA }).placement.remember('a.parquet', april)).toBe(false);
    expect(placementOf({}, { period: '2026-05' }).placement.remember('a.parquet', april)).toBe(false);
  });

  it('are not read when the person says both payer and month', async () => {
    const { place, asked, learn } = placementOf({}, { payer: ALPHA, period: '2026-04' });
    await learn('a.parquet');
    expect([place('a.parquet'), asked]).toEqual([`data of 2026-04/${ALPHA}`, []]);
  });

  it('that cannot be read go with the others while these are all of one partition, to be quarantined there', async () => {
    const { placement, place, learn } = placementOf({ 'a.parquet': APRIL, 'bad.parquet': 'cut off', 'b.parquet': MAY });
    await learn('bad.parquet', 'a.parquet');
    expect(place('bad.parquet')).toBe(`data of 2026-04/${ALPHA}`);
    expect(placement.complaints).toEqual([]);
    await learn('b.parquet');
    expect(place('bad.parquet')).toMatch(/^ignored: .*cut off/);
    expect(placement.complaints).toEqual([expect.stringMatching(/^bad\.parquet: .*cut off.*--payer/)]);
  });

  it('whose place nobody knows are complained about: each reason once, with one of the files', async () => {
    const both = { payers: [ALPHA], periods: ['2026-04', '2026-05'] };
    const { placement, learn } = placementOf({ a: both, 'a.parquet': both, 'b.parquet': both, 'c.parquet': APRIL });
    await learn('a.parquet', 'b.parquet', 'c.parquet');
    expect(placement.complaints).toEqual([expect.stringMatching(/^a\.parquet: .*2026-04, 2026-05.*--period/)]);
  });

  it('are looked at again when they are announced again: another content may be of another month', async () => {
    const files: Record<string, RowFacts | string> = { 'a.parquet': 'cut off', 'latest.parquet': APRIL };
    const { placement, place, learn } = placementOf(files);
    await learn('a.parquet', 'latest.parquet');
    Object.assign(files, { 'a.parquet': OF_BETA, 'latest.parquet': MAY });
    await learn('a.parquet');
    expect(place('a.parquet')).toBe(`data of 2026-04/${BETA}`);
    await learn('latest.parquet');
    expect(place('latest.parquet')).toBe(`data of 2026-05/${ALPHA}`);
    expect(placement.complaints).toEqual([]);
  });
});

describe("files in one of AWS's layouts", () => {
  it('are of the payer in the rows of the first file that names one, and of the month in their key', async () => {
    const second = DATA.replace('00001', '00002');
    const { place, asked, learn } = placementOf({ [DATA]: 'cut off', [second]: OF_BETA });
    await learn(DATA, MANIFEST, second);
    expect([DATA, second, MANIFEST].map(place)).toEqual([
      `data of 2026-04/${BETA}`,
      `data of 2026-04/${BETA}`,
      `manifest of 2026-04/${BETA}`,
    ]);
    expect(asked).toEqual([DATA, second]);
  });

  it('await their manifest when their export has one, in whatever order the keys are seen', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([DATA, MANIFEST], { minLength: 2 }), fc.boolean(), async (keys, atOnce) => {
        const { placement, place, learn } = placementOf({ [DATA]: APRIL });
        if (atOnce) await learn(...keys);
        else for (const key of keys) await learn(key);
        expect(place(MANIFEST)).toBe(`manifest of 2026-04/${ALPHA}`);
        expect(placement.place('here', DATA)).toMatchObject({ is: 'data', awaitsManifest: true });
      }),
    );
  });

  it('await none when there is none', async () => {
    const { placement, learn } = placementOf({ [DATA]: APRIL });
    await learn(DATA);
    expect(placement.place('here', DATA)).toMatchObject({ is: 'data', awaitsManifest: false });
  });

  it('of several exports are told apart by what lies above them', async () => {
    const other = `other/${DATA}`;
    const { place, learn } = placementOf({ [DATA]: APRIL, [other]: OF_BETA });
    await learn(DATA, other);
    expect([place(DATA), place(other)]).toEqual([`data of 2026-04/${ALPHA}`, `data of 2026-04/${BETA}`]);
  });

  it('of other months than the one that the person names are left out, manifests too', async () => {
    const { place, learn } = placementOf({ [DATA]: APRIL }, { period: '2026-05' });
    await learn(DATA, MANIFEST);
    expect([place(DATA), place(MANIFEST)]).toEqual(['ignored: not of 2026-05', 'ignored: not of 2026-05']);
  });

  it('of an export whose rows name no payer are complained about once, for the whole folder', async () => {
    const { placement, place, learn } = placementOf({ [DATA]: { payers: ['1234567890'], periods: ['2026-04'] } });
    await learn(DATA);
    expect(place(DATA)).toMatch(/^ignored: bill_payer_account_id/);
    expect(placement.complaints).toEqual([expect.stringMatching(/^cur\/: bill_payer_account_id.*--payer ID$/)]);
  });
});

describe('every other key', () => {
  it('is ignored with its reason, or unknown in a bucket that is not ours', async () => {
    const noise = ['notes.txt', 'x.csv.gz', 'cur/cost_and_usage_data_status/s.parquet', 'folder/'];
    const { placement, place, asked, learn } = placementOf({});
    await learn(...noise);
    expect(noise.map(place).every((answer) => answer.startsWith('ignored: '))).toBe(true);
    expect([placement.place('elsewhere', 'a.parquet'), asked]).toEqual([{ is: 'unknown-source' }, []]);
  });
});
