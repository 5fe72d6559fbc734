import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/programs/local/outcome.ts';
import { type Ended, runForOutcome, tableOf } from './reactor.ts';
import { exportManifest, legacyManifest, putFiles, reportFile, rowsOf } from './reports.ts';

/**
 * The files of one export's April, as its first refresh leaves them and as its second one restates
 * them.
 */
interface Export {
  readonly payer: string;
  /** Part 1 (two rows), part 2 and the manifest. */
  readonly first: readonly File[];
  readonly second: readonly File[];
  /** What lies there from the start, and no manifest names. */
  readonly leftOver: readonly File[];
}
type File = readonly [name: string, content: Uint8Array];

const PARTS = ['x-00001.snappy.parquet', 'x-00002.snappy.parquet'];

/**
 * One export for every way in which a copy can be cut off after some of its three files: 0 to 7,
 * one bit a file.
 */
const CUT_OFF = [0, 1, 2, 3, 4, 5, 6, 7];
const EXPORTS = ['legacy-overwrite', 'cur2-overwrite', 'cur2-create-new'].flatMap((layout, index) =>
  CUT_OFF.map((present) => newExport(layout, `99999999${index}00${present}`, `copy/${layout}-${present}/x/`)),
);

describe('exports that are copied into a folder in two steps, cut off anywhere', () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  let cutOff: Ended & { outcome: Outcome };
  beforeAll(async () => {
    folder = await mkdtempDisposable(path.join(tmpdir(), 'deliveries-'));
    await put(EXPORTS.flatMap(({ leftOver }) => leftOver));
    await put(EXPORTS.flatMap(({ first }, index) => first.filter((_, file) => isPresent(index, file))));
    cutOff = await run();
  });
  afterAll(() => folder.remove());

  const put = (files: readonly File[]) => putFiles(path.join(folder.path, 'from'), Object.fromEntries(files));
  const run = () => runForOutcome('--from', path.join(folder.path, 'from'), '--keep', path.join(folder.path, 'keep'));
  const everywhere = (table: string) => EXPORTS.map(({ payer }) => `2026-04/${payer} published: ${table}`);

  it('wait while a file that their manifest names is missing: nothing of them is visible, and status 3 says why', () => {
    const table = tableOf(cutOff.outcome);
    const waiting = EXPORTS.filter(({ leftOver }, index) => {
      const parts = [0, 1].filter((file) => isPresent(index, file)).length;
      return isPresent(index, 2) && parts < 2 && parts + leftOver.length > 0;
    });
    for (const { payer } of waiting) {
      expect(table).toContain(`2026-04/${payer} waiting: 0 files, 0 rows, cost 0`);
      const files = /[12] of 2 files of delivery first (is|are) missing/;
      expect(cutOff.stderr).toMatch(new RegExp(`^2026-04/${payer} is waiting: ${files.source}$`, 'm'));
    }
    expect(table.filter((line) => line.includes('waiting'))).toHaveLength(waiting.length);
    expect(cutOff.status).toBe(3);
  });

  it('are published once the rest has come, in whatever order: what their manifest names, and nothing left over', async () => {
    await put(EXPORTS.flatMap(({ first }, index) => first.filter((_, file) => !isPresent(index, file))));
    const { status, outcome } = await run();
    expect(tableOf(outcome)).toEqual(everywhere('2 files, 3 rows, cost 11'));
    expect(status).toBe(0);
  });

  it('show the same when every file is copied again', async () => {
    await put(EXPORTS.flatMap(({ first, leftOver }) => [...leftOver, ...first]));
    const { status, outcome } = await run();
    expect(tableOf(outcome)).toEqual(everywhere('2 files, 3 rows, cost 11'));
    expect(status).toBe(0);
  });

  it('are replaced, never added to, by a refresh that restates the month with fewer rows', async () => {
    const inOrder = EXPORTS.flatMap(({ second }, index) => (index % 2 === 0 ? second : second.toReversed()));
    await put(inOrder);
    const { status, outcome } = await run();
    expect(tableOf(outcome)).toEqual(everywhere('2 files, 2 rows, cost 3'));
    expect(status).toBe(0);
  });
});

/** Whether an export's first copy has a file: part 1, part 2, manifest. */
function isPresent(exportIndex: number, file: number): boolean {
  const present = CUT_OFF[exportIndex % CUT_OFF.length] ?? 0;
  return (present & (1 << file)) !== 0;
}

/** An export below `root`. The manifests name a bucket and a prefix that are elsewhere. */
function newExport(layout: string, payer: string, root: string): Export {
  const refresh = (id: string, costs: readonly number[]): File[] => {
    const { data, manifest } = placesOf(layout, id);
    const keys = PARTS.map((name) => `there/x/${data}${name}`);
    return [
      [`${root}${data}${PARTS[0]}`, reportFile(rowsOf(payer, '2026-04', ...costs))],
      [`${root}${data}${PARTS[1]}`, reportFile(rowsOf(payer, '2026-04', 2))],
      [`${root}${manifest}`, layout === 'legacy-overwrite' ? legacyManifest(id, keys) : exportManifest(id, keys)],
    ];
  };
  const surplus: File = [
    `${root}${placesOf(layout, 'first').data}x-00003.snappy.parquet`,
    reportFile(rowsOf(payer, '2026-04', 64)),
  ];
  const leftOver = layout === 'cur2-create-new' ? [] : [surplus];
  return { payer, first: refresh('first', [1, 8]), second: refresh('second', [1]), leftOver };
}

/** Where one refresh puts its data and its manifest. */
function placesOf(layout: string, id: string): { readonly data: string; readonly manifest: string } {
  const day = id === 'first' ? '16' : '17';
  switch (layout) {
    case 'legacy-overwrite':
      return { data: 'x/year=2026/month=4/', manifest: '20260401-20260501/x-Manifest.json' };
    case 'cur2-overwrite':
      return { data: 'data/BILLING_PERIOD=2026-04/', manifest: 'metadata/BILLING_PERIOD=2026-04/x-Manifest.json' };
    default: {
      const own = `BILLING_PERIOD=2026-04/2026-04-${day}T03:00:00.000Z-${id}/`;
      return { data: `data/${own}`, manifest: `metadata/${own}x-Manifest.json` };
    }
  }
}
