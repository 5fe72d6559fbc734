import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import type { FileFacts } from '../../../src/programs/local/fileFacts.ts';
import { FolderPlacement } from '../../../src/programs/local/folderPlacement.ts';
import type { RowSketch } from '../../../src/programs/local/rowSketch.ts';

const [ALPHA, BETA] = ['111122223333', '222233334444'];
const PLACE_OF_ALPHA = { payer: parsePayer(ALPHA), period: parsePeriod('2026-04') };
const DATA = 'cur/data/BILLING_PERIOD=2026-04/x-00001.snappy.parquet';
const MAY_DATA = DATA.replace('2026-04', '2026-05');
const MANIFEST = 'cur/metadata/BILLING_PERIOD=2026-04/x-Manifest.json';

/**
 * A file as these tests know one: what it is, its bytes, the ids of its rows, and until when they
 * go.
 */
interface File {
  readonly facts: FileFacts;
  readonly bytes: string;
  readonly ids: readonly number[];
  readonly until: number | null;
  /** Of a manifest, the delivery that it names. */
  readonly delivery?: string;
  /** Its footer can be read, and its rows cannot. */
  readonly isBroken?: boolean;
  /** It was there when its facts were read. */
  readonly isGone?: boolean;
}

const file = (facts: FileFacts, more: Partial<File> = {}): File => {
  contents += 1;
  return { facts, bytes: `content ${contents}`, ids: [], until: null, ...more };
};
let contents = 0;
function report(
  payer: string | null,
  period: string | null,
  more: Partial<File> & { readonly sizeBytes?: number } = {},
) {
  const { sizeBytes = 100, ...rest } = more;
  return file({ is: 'report', columns: ['a'], sizeBytes, groups: [{ payer, period, rows: 1 }] }, rest);
}
const APRIL = report(ALPHA, '2026-04');
const MAY = report(ALPHA, '2026-05');
const OF_BETA = report(BETA, '2026-04');
const CUT_OFF = file({ is: 'unreadable', reason: 'cut off' });
const EMPTY = file({ is: 'empty' });
const FOREIGN = file({ is: 'not-bill', reason: 'a FOCUS export' });
const both = (payer = ALPHA) =>
  file({
    is: 'report',
    columns: [],
    sizeBytes: 100,
    groups: ['2026-04', '2026-05'].map((period) => ({ payer, period, rows: 1 })),
  });
const hashes = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index);

function sketchOf(files: readonly File[]): RowSketch {
  const sample = { hashes: [...new Set(files.flatMap(({ ids }) => ids))].toSorted((a, b) => a - b), isWhole: true };
  const until = Math.max(...files.map((each) => each.until ?? Number.NEGATIVE_INFINITY));
  return { identities: sample, rows: sample, until: Number.isFinite(until) ? until : null };
}

interface Stated {
  readonly payer?: string;
  readonly period?: string;
  readonly report?: string;
}

/** A placement of these files, and the keys that were looked into. */
function placementOf(files: Readonly<Record<string, File>>, { payer, period, report: chosen }: Stated = {}) {
  const asked: string[] = [];
  const sketched: string[] = [];
  const said = {
    ...(payer === undefined ? {} : { payer: parsePayer(payer) }),
    ...(period === undefined ? {} : { period: parsePeriod(period) }),
    ...(chosen === undefined ? {} : { report: chosen }),
  };
  const fileAt = (key: string) => files[key] ?? file({ is: 'unreadable', reason: 'it is not there' });
  const placement = new FolderPlacement('here', said, {
    facts: async (keys) => {
      asked.push(...keys);
      return new Map(keys.map((key) => [key, fileAt(key).facts]));
    },
    sketch: async (keys) => {
      if (keys.some((key) => fileAt(key).isBroken)) throw new Error('no rows');
      sketched.push(...keys);
      return sketchOf(keys.map(fileAt));
    },
    contentOf: async (key) => {
      if (fileAt(key).isGone) throw new Error(`${key} is not there`);
      return fileAt(key).bytes;
    },
    deliveryOf: async (key) => fileAt(key).delivery,
  });
  const place = (key: string) => {
    const placed = placement.place('here', key);
    if (placed.is === 'data' || placed.is === 'manifest') {
      return `${placed.is} of ${placed.partition.period}/${placed.partition.payer}`;
    }
    return placed.is === 'ignored' ? `ignored: ${placed.reason}` : placed.is;
  };
  const learn = (...keys: string[]) => placement.learn(keys.length > 0 ? keys : Object.keys(files));
  const counted = () => Object.keys(files).filter((key) => /^(data|manifest) of/.test(place(key)));
  return { placement, place, asked, sketched, learn, counted };
}

describe('loose files', () => {
  it('are data of the partition that their rows name, wherever they lie, and await no manifest', async () => {
    const { placement, place, learn } = placementOf({ 'a.parquet': APRIL, 'x/y/b.parquet': MAY, 'c.parquet': OF_BETA });
    await learn();
    expect(place('a.parquet')).toBe(`data of 2026-04/${ALPHA}`);
    expect(place('x/y/b.parquet')).toBe(`data of 2026-05/${ALPHA}`);
    expect(place('c.parquet')).toBe(`data of 2026-04/${BETA}`);
    expect(placement.place('here', 'a.parquet')).toMatchObject({
      awaitsManifest: false,
      ownFolder: false,
      report: 'here/loose files',
      isChosenReport: false,
    });
    expect([placement.complaints, placement.notices]).toEqual([[], []]);
  });

  it('are not read again when an earlier run has placed the same content, unless the person says otherwise now', () => {
    const { placement, place } = placementOf({});
    expect(placement.remember('a.parquet', PLACE_OF_ALPHA)).toBe(true);
    expect(place('a.parquet')).toBe(`data of 2026-04/${ALPHA}`);
    expect(placement.remember(DATA, PLACE_OF_ALPHA)).toBe(false);
    expect(placementOf({}, { payer: BETA }).placement.remember('a.parquet', PLACE_OF_ALPHA)).toBe(false);
    expect(placementOf({}, { period: '2026-05' }).placement.remember('a.parquet', PLACE_OF_ALPHA)).toBe(false);
  });

  it('that cannot be read go with the others while these are all of one partition, to be quarantined there', async () => {
    const { placement, place, learn } = placementOf({ 'a.parquet': APRIL, 'bad.parquet': CUT_OFF, 'b.parquet': MAY });
    await learn('bad.parquet', 'a.parquet');
    expect(place('bad.parquet')).toBe(`data of 2026-04/${ALPHA}`);
    expect(placement.complaints).toEqual([]);
    await learn('b.parquet');
    expect(place('bad.parquet')).toBe('ignored: cut off');
    expect(placement.complaints).toEqual(['bad.parquet: cut off']);
  });

  it('that cannot be read are placed by what the person says of payer and month', async () => {
    const { place, learn } = placementOf({ 'bad.parquet': CUT_OFF }, { payer: ALPHA, period: '2026-04' });
    await learn();
    expect(place('bad.parquet')).toBe(`data of 2026-04/${ALPHA}`);
  });

  it('without rows are complained about by nobody: a placeholder is missing nothing', async () => {
    const { placement, place, learn } = placementOf({ 'none.parquet': EMPTY });
    await learn();
    expect([place('none.parquet'), placement.complaints]).toEqual(['ignored: it has no rows', []]);
  });

  it('that are no part of a bill are left out with their reason, whatever the person says they are', async () => {
    for (const stated of [{}, { payer: ALPHA, period: '2026-04' }]) {
      const { placement, place, learn } = placementOf({ 'a.parquet': APRIL, 'focus.parquet': FOREIGN }, stated);
      await learn();
      expect([place('focus.parquet'), place('a.parquet')]).toEqual([
        'ignored: a FOCUS export',
        `data of 2026-04/${ALPHA}`,
      ]);
      expect([placement.notices, placement.complaints]).toEqual([['focus.parquet: a FOCUS export'], []]);
    }
  });

  it('whose place nobody knows are complained about: each reason once, with one of the files', async () => {
    const { placement, learn } = placementOf({ 'a.parquet': both(), 'b.parquet': both(), 'c.parquet': APRIL });
    await learn();
    expect(placement.complaints).toEqual([
      expect.stringMatching(
        /^a\.parquet: .*2026-04 \(1 rows\), 2026-05 \(1 rows\); write one file a month.* \(and 1 more\)$/,
      ),
    ]);
  });

  it('are looked at again when they are announced again: another content may be of another month', async () => {
    const files: Record<string, File> = { 'a.parquet': CUT_OFF, 'latest.parquet': APRIL };
    const { placement, place, learn } = placementOf(files);
    await learn();
    Object.assign(files, { 'a.parquet': OF_BETA, 'latest.parquet': MAY });
    await learn('a.parquet');
    expect(place('a.parquet')).toBe(`data of 2026-04/${BETA}`);
    await learn('latest.parquet');
    expect(place('latest.parquet')).toBe(`data of 2026-05/${ALPHA}`);
    expect(placement.complaints).toEqual([]);
  });

  it('are ignored when the person chooses a report, and they are none', async () => {
    const { place, learn } = placementOf({ 'a.parquet': APRIL }, { report: 'daily' });
    await learn();
    expect(place('a.parquet')).toBe('ignored: a loose file, and the bill is the report daily');
  });
});

describe('loose files with the same rows', () => {
  const april = (count: number, until: number) => report(ALPHA, '2026-04', { ids: hashes(count), until });
  const [FIRST, SECOND] = ['2026-04-16T15:24:15.653Z-e1/x.parquet', '2026-04-17T15:24:15.653Z-e2/x.parquet'];

  it('and the same bytes count once: the one with the shortest name', async () => {
    const x = april(20, 5);
    const { placement, learn, counted } = placementOf({ 'x (1).parquet': x, 'x.parquet': x, 'sub/x.parquet': x });
    await learn();
    expect(counted()).toEqual(['x.parquet']);
    expect(placement.notices).toEqual(['sub/x.parquet: the same content as x.parquet (and 1 more)']);
    expect(placement.complaints).toEqual([]);
  });

  it('of one size and other bytes are parts', async () => {
    const { learn, counted } = placementOf({ 'a.parquet': report(ALPHA, '2026-04'), 'b.parquet': APRIL });
    await learn();
    expect(counted()).toEqual(['a.parquet', 'b.parquet']);
  });

  it('are refreshes: the newest counts, and the others are named as left out', async () => {
    const { placement, learn, counted } = placementOf({ 'old.parquet': april(20, 5), 'new.parquet': april(30, 9) });
    await learn();
    expect(counted()).toEqual(['new.parquet']);
    expect([...placement.leftOut]).toEqual([['old.parquet', 'an earlier refresh of the rows in new.parquet']]);
  });

  it('in whatever order, and however often, they are seen', async () => {
    const files = {
      'a.parquet': april(20, 5),
      'b.parquet': april(30, 9),
      'c.parquet': report(ALPHA, '2026-04', { ids: hashes(20, 1000), until: 9 }),
      'd.parquet': MAY,
    };
    const keys = Object.keys(files);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...keys, ...keys], { minLength: 8 }),
        fc.boolean(),
        async (order, atOnce) => {
          const { placement, learn, counted } = placementOf(files);
          if (atOnce) await learn(...order);
          else for (const key of order) await learn(key);
          expect(counted()).toEqual(['b.parquet', 'c.parquet', 'd.parquet']);
          expect([...placement.leftOut.keys()]).toEqual(['a.parquet']);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of which nobody can say which is the newest count not at all, and the person is asked', async () => {
    const { placement, learn, counted } = placementOf({ 'a.parquet': april(20, 5), 'b.parquet': april(20, 5) });
    await learn();
    expect(counted()).toEqual([]);
    expect(placement.complaints).toHaveLength(2);
    expect(placement.complaints[0]).toMatch(/^a\.parquet: its rows stand in b\.parquet as well, .*: leave one of them/);
  });

  it('that an earlier run has placed stay while that is not clear: only what has come since waits', async () => {
    const { placement, learn, counted } = placementOf({ 'a.parquet': april(20, 5), 'b.parquet': april(20, 5) });
    placement.remember('a.parquet', PLACE_OF_ALPHA);
    await learn('b.parquet');
    expect(counted()).toEqual(['a.parquet']);
    expect(placement.complaints).toEqual([expect.stringMatching(/^b\.parquet: its rows stand in a\.parquet/)]);
  });

  it('that an earlier run has placed are left out for a newer one', async () => {
    const { placement, learn, counted } = placementOf({ 'a.parquet': april(20, 5), 'b.parquet': april(30, 9) });
    placement.remember('a.parquet', PLACE_OF_ALPHA);
    await learn('b.parquet');
    expect(counted()).toEqual(['b.parquet']);
    expect([...placement.leftOut.keys()]).toEqual(['a.parquet']);
  });

  it('cannot be seen in what cannot be read as a whole: that fails later, by its own reason', async () => {
    const broken = { ...april(20, 5), isBroken: true };
    const { placement, learn, counted } = placementOf({ 'a.parquet': april(20, 5), 'b.parquet': broken });
    await learn();
    expect([counted(), placement.complaints]).toEqual([['a.parquet', 'b.parquet'], []]);
  });

  it('under a name that is gone by now count under the new one: it was renamed while somebody watched', async () => {
    const x = april(20, 5);
    const files: Record<string, File> = { 'old.parquet': x };
    const { placement, learn, place } = placementOf(files);
    await learn();
    Object.assign(files, { 'old.parquet': { ...x, isGone: true }, 'renamed.parquet': x });
    await learn('renamed.parquet');
    expect(place('renamed.parquet')).toBe(`data of 2026-04/${ALPHA}`);
    expect([...placement.leftOut]).toEqual([['old.parquet', 'it cannot be read any more']]);
  });

  it('are looked for by reading each file once, however many come after it', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `part-${index}.parquet`);
    const parts = names.map(
      (name, index) => [name, report(ALPHA, '2026-04', { ids: hashes(20, index * 100) })] as const,
    );
    const { learn, sketched } = placementOf(Object.fromEntries(parts));
    for (const name of names) await learn(name);
    expect(sketched.toSorted()).toEqual(names);
    await learn('part-3.parquet');
    expect(sketched).toHaveLength(11);
  });

  it('of two months, or two payers, are no refreshes of each other', async () => {
    const rows = { ids: hashes(20), until: 5 };
    const files = {
      a: report(ALPHA, '2026-04', rows),
      b: report(ALPHA, '2026-05', rows),
      c: report(BETA, '2026-04', rows),
    };
    const { learn, counted } = placementOf(
      Object.fromEntries(Object.entries(files).map(([k, v]) => [`${k}.parquet`, v])),
    );
    await learn();
    expect(counted()).toEqual(['a.parquet', 'b.parquet', 'c.parquet']);
  });

  it('in folders of executions are no question: their folders say which is the newest', async () => {
    const { placement, learn, counted } = placementOf({ [FIRST]: april(20, 5), [SECOND]: april(20, 5) });
    await learn();
    expect(counted()).toEqual([FIRST, SECOND]);
    expect(placement.place('here', SECOND)).toMatchObject({ ownFolder: true, folder: SECOND.slice(0, -9) });
  });

  it('and bytes of an earlier execution are not left out: content may come back, and the newest folder counts', async () => {
    const x = april(20, 5);
    const { placement, learn, counted } = placementOf({ [FIRST]: x, [SECOND]: x, 'x.parquet': x });
    await learn();
    expect(counted()).toEqual([FIRST, SECOND, 'x.parquet']);
    expect(placement.notices).toEqual([]);
  });

  it('in folders that a manifest beside them distinguishes: the one that it names counts, as a whole', async () => {
    const half = (first: number, until: number) => report(ALPHA, '2026-04', { ids: hashes(20, first), until });
    const { learn, counted } = placementOf({
      'asm1/x-1.parquet': half(0, 9),
      'asm1/x-2.parquet': half(20, 9),
      'asm2/x-1.parquet': half(0, 5),
      'asm2/x-2.parquet': half(20, 5),
      'x-Manifest.json': file(CUT_OFF.facts, { delivery: 'asm2' }),
      'asm1/x-Manifest.json': file(CUT_OFF.facts, { delivery: 'asm1' }),
    });
    await learn();
    expect(counted()).toEqual(['asm2/x-1.parquet', 'asm2/x-2.parquet']);
  });
});

describe("files in one of AWS's layouts", () => {
  it('are of the payer in the rows of the first file that names one, and of the month in their key', async () => {
    const second = DATA.replace('00001', '00002');
    const { place, asked, learn } = placementOf({ [DATA]: CUT_OFF, [second]: OF_BETA });
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

  it('of several exports are distinguished by what lies above them', async () => {
    const other = `other/${DATA}`;
    const { place, learn } = placementOf({ [DATA]: APRIL, [other]: OF_BETA });
    await learn();
    expect([place(DATA), place(other)]).toEqual([`data of 2026-04/${ALPHA}`, `data of 2026-04/${BETA}`]);
  });

  it('are of each month’s own payer: an account that joins an organization changes it', async () => {
    const { place, learn } = placementOf({ [DATA]: APRIL, [MAY_DATA]: report(BETA, '2026-05') });
    await learn();
    expect([place(DATA), place(MAY_DATA)]).toEqual([`data of 2026-04/${ALPHA}`, `data of 2026-05/${BETA}`]);
  });

  it('of a month with a manifest alone are of the payer of the export’s newest month', async () => {
    const june = MANIFEST.replace('2026-04', '2026-06');
    const { place, learn } = placementOf({ [DATA]: APRIL, [MAY_DATA]: report(BETA, '2026-05') });
    await learn(DATA, MAY_DATA, june);
    expect(place(june)).toBe(`manifest of 2026-06/${BETA}`);
  });

  it('of which the owner chose few columns are placed by what the person says', async () => {
    const { place, learn } = placementOf({ [DATA]: report(null, null) }, { payer: ALPHA });
    await learn();
    expect(place(DATA)).toBe(`data of 2026-04/${ALPHA}`);
  });

  it('of other months than the one that the person names are left out, manifests too', async () => {
    const { place, learn } = placementOf({ [DATA]: APRIL }, { period: '2026-05' });
    await learn(DATA, MANIFEST);
    expect([place(DATA), place(MANIFEST)]).toEqual(['ignored: not of 2026-05', 'ignored: not of 2026-05']);
  });

  it('of an export whose rows name no payer are complained about once, for the whole folder', async () => {
    const { placement, place, learn } = placementOf({ [DATA]: report('1234567890', '2026-04') });
    await learn(DATA);
    expect(place(DATA)).toMatch(/^ignored: x-00001\.snappy\.parquet: bill_payer_account_id/);
    expect(placement.complaints).toEqual([
      expect.stringMatching(/^cur\/: x-00001\.snappy\.parquet: bill_payer_account_id.*--payer ID$/),
    ]);
  });

  it('beside a placeholder are placed as if it were not there', async () => {
    const placeholder = DATA.replace('x-00001.snappy', 'a-placeholder');
    const { placement, place, learn } = placementOf({ [placeholder]: EMPTY, [DATA]: APRIL });
    await learn();
    expect([place(placeholder), place(DATA)]).toEqual([`data of 2026-04/${ALPHA}`, `data of 2026-04/${ALPHA}`]);
    expect([placement.complaints, placement.notices]).toEqual([[], []]);
  });

  it('of another kind of export are left out, also when the person names the payer, and nobody complains', async () => {
    const focus = `focus/${DATA}`;
    for (const stated of [{}, { payer: ALPHA }]) {
      const { placement, place, learn } = placementOf({ [focus]: FOREIGN, [DATA]: APRIL }, stated);
      await learn();
      expect([place(focus), place(DATA)]).toEqual(['ignored: a FOCUS export', `data of 2026-04/${ALPHA}`]);
      expect([placement.notices, placement.complaints]).toEqual([['focus/cur/, 2026-04: a FOCUS export'], []]);
    }
  });

  it('are of the report that the person chooses, by the end of its path; those of others are ignored', async () => {
    const other = `other/${DATA}`;
    const { placement, place, learn } = placementOf({ [DATA]: APRIL, [other]: APRIL }, { report: 'other/cur' });
    await learn();
    expect(placement.place('here', other)).toMatchObject({
      is: 'data',
      report: 'here/other/cur',
      isChosenReport: true,
    });
    expect(place(DATA)).toMatch(/^ignored: of the report here\/cur, and .* other\/cur$/);
  });

  it('keep loose files of the same month out: a copy of them adds nothing', async () => {
    const { placement, place, learn } = placementOf({
      [DATA]: APRIL,
      'copy.parquet': report(ALPHA, '2026-04'),
      'may.parquet': MAY,
    });
    await learn();
    const reason = 'a loose file, and the export cur/ holds the same month';
    expect(['copy.parquet', 'may.parquet'].map(place)).toEqual([`ignored: ${reason}`, `data of 2026-05/${ALPHA}`]);
    expect([placement.notices, placement.complaints]).toEqual([[`copy.parquet: ${reason}`], []]);
  });
});

describe('every other key', () => {
  it('is ignored with its reason, or unknown in a bucket that is not ours', async () => {
    const noise = ['notes.txt', 'x.csv.gz', 'cur/cost_and_usage_data_status/s.parquet', 'folder/', '._x.parquet'];
    const { placement, place, asked, learn } = placementOf({});
    await learn(...noise);
    expect(noise.map(place).every((answer) => answer.startsWith('ignored: '))).toBe(true);
    expect([placement.place('elsewhere', 'a.parquet'), asked]).toEqual([{ is: 'unknown-source' }, []]);
  });
});
