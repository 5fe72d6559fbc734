import * as fc from 'fast-check';
import type { Partition } from '../../src/billing/partition.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { Source } from '../../src/billing/source.ts';
import { foreignParquet, parquetBytes } from '../copy/parquetBytes.ts';
import { anyMishaps, type Mishap } from './mishaps.ts';
import type { Faults } from './scheduler.ts';
import type { Content } from './simulatedStore.ts';

/** How a simulated payer is delivered to. */
export type Mode = 'overwrite' | 'create-new' | 'without-manifests';

/**
 * One refresh of a partition: the contents of its chunks in order. A number names a content; the
 * same number, the same bytes.
 */
export interface Refresh {
  readonly chunks: readonly ChunkKind[];
  /** Seconds between this refresh's end and the next one's beginning. */
  readonly pauseSeconds: number;
}

/**
 * A whole number names a good content, and the same number is the same bytes. `impossible` is one
 * that can be read, and whose costs no number type holds.
 */
export type ChunkKind = number | 'corrupt' | 'impossible';

/**
 * What a partition never gets over: its last refresh cannot be added up, the warehouse fails when
 * it is asked for its totals, or never ends to register its files. The others must not wait for it.
 */
export type Stuck = 'impossible' | 'unknown' | 'hangs';

export interface PartitionPlan {
  readonly mode: Mode;
  readonly refreshes: readonly Refresh[];
  /** Refreshes of a second report of the same month, if there is one. */
  readonly secondReport?: readonly Refresh[];
  /** Whether files lie beside the bill that are no part of one. */
  readonly strays?: boolean;
  readonly stuck?: Stuck | undefined;
}

export interface Scenario {
  readonly plans: readonly PartitionPlan[];
  readonly faults: Faults & {
    readonly skipRows: number;
    /** That the script fails, and that one of its checks does, while the others go on. */
    readonly analyticsFail: number;
  };
  readonly mishaps?: readonly Mishap[];
  readonly graceSeconds: number;
  /**
   * How long a step of the analytics script may take: longer than one invocation waits for it, too.
   */
  readonly longestStepSeconds: number;
  /**
   * How long it may take to register or audit a partition: longer than its budget, too, and than
   * the time that is left.
   */
  readonly longestStatementSeconds: number;
  /** Chooses the interleaving. */
  readonly seed: number;
}

/** An object that appears in a payer's bucket. */
export interface Arrival {
  readonly afterSeconds: number;
  readonly key: string;
  readonly content: Content;
}

/**
 * One refresh, as the world will see it: what appears when, and the set of (key, etag) that it
 * stands for.
 */
export interface PlannedDelivery {
  readonly arrivals: readonly Arrival[];
  /** What a reader may see once it is complete; undefined when a file of it is corrupt. */
  readonly expected: ReadonlyMap<string, string> | undefined;
  readonly pauseSeconds: number;
}

/** One report of a payer's month. */
export interface PlannedReport {
  /** The folder that all of it lies in, slash included. */
  readonly root: string;
  readonly deliveries: readonly PlannedDelivery[];
}

export const PERIOD = parsePeriod('2026-10');
/** The first report, the second one, and an export of another kind. */
const ROOTS = ['cur/export/', 'cur/second/'] as const;
const FOCUS_ROOT = 'cur/focus/';
const STRAY = '/stray.snappy.parquet';
const FOCUS_COLUMNS = ['BilledCost', 'ChargeCategory'];
const MODES: readonly Mode[] = ['overwrite', 'create-new', 'without-manifests'];
const CONTENTS = 8;

const contents: readonly Content[] = Array.from({ length: CONTENTS }, (_, number) => {
  const rows = number + 1;
  return { etag: `content-${number}`, bytes: parquetBytes(rows, `item-${number}`), rows };
});
const foreign: Content = { etag: 'foreign', bytes: foreignParquet(3), rows: 3 };
const focus: Content = { etag: 'focus', bytes: foreignParquet(3, FOCUS_COLUMNS), rows: 3 };

const IMPOSSIBLE = 'impossible';
const impossible = { bytes: parquetBytes(2, IMPOSSIBLE), rows: 2 };

/** Whether no number type holds a content's costs. */
export function isImpossible({ etag }: Pick<Content, 'etag'>): boolean {
  return etag.startsWith(IMPOSSIBLE);
}

const chunk: fc.Arbitrary<ChunkKind> = fc.oneof(
  { weight: 12, arbitrary: fc.nat({ max: CONTENTS - 1 }) },
  { weight: 1, arbitrary: fc.constantFrom('corrupt' as const, 'impossible' as const) },
);

const refresh: fc.Arbitrary<Refresh> = fc.record({
  chunks: fc.array(chunk, { minLength: 1, maxLength: 4 }),
  pauseSeconds: fc.constantFrom(2, 20, 60, 400),
});

const plan: fc.Arbitrary<PartitionPlan> = fc.record({
  mode: fc.constantFrom(...MODES),
  refreshes: fc.array(refresh, { minLength: 1, maxLength: 4 }),
  secondReport: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(refresh, { minLength: 1, maxLength: 2 }) },
  ),
  strays: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  stuck: fc.oneof(
    { weight: 14, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('impossible' as const, 'unknown' as const, 'hangs' as const) },
  ),
});

const probability = (max: number) => fc.constantFrom(0, max / 4, max);

/** Any small world: one to three partitions of one period, refreshed one to four times each. */
export const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  plans: fc.array(plan, { minLength: 1, maxLength: 3 }),
  faults: fc.record({
    crash: probability(0.06),
    error: probability(0.06),
    hang: probability(0.06),
    delay: fc.constantFrom(0, 0.05, 0.3),
    duplicate: probability(0.3),
    lose: probability(0.2),
    skipRows: probability(0.1),
    analyticsFail: probability(0.3),
  }),
  mishaps: anyMishaps,
  graceSeconds: fc.constantFrom(5, 100, 100_000),
  longestStepSeconds: fc.constantFrom(0, 10, 200),
  longestStatementSeconds: fc.constantFrom(0, 3, 15),
  seed: fc.integer(),
});

/** The partition and source of the plan at an index. */
export function partitionOf(index: number): Partition {
  return { payer: parsePayer(`11112222333${index}`), period: PERIOD };
}

export function sourceOf(index: number, { mode }: PartitionPlan): Source {
  const { payer } = partitionOf(index);
  return { bucket: `bucket-${index}`, prefix: 'cur', payer, manifests: mode !== 'without-manifests' };
}

/** The reports that a plan makes appear, side by side. */
export function reportsOf(
  index: number,
  { mode, refreshes, secondReport = [], stuck }: PartitionPlan,
): PlannedReport[] {
  // What is stuck is the bill: with a second report, that might be the bill instead.
  const all = stuck === undefined ? [refreshes, secondReport] : [refreshes];
  return all.flatMap((each, nth) => {
    const root = ROOTS[nth];
    if (root === undefined || each.length === 0) return [];
    const place = { bucket: `bucket-${index}`, root, mode };
    return [{ root, deliveries: deliveriesOf(place, each, nth === 0 ? stuck : undefined) }];
  });
}

/** Whether a file is one of those beside the bill. */
export function isStray(key: string): boolean {
  return key.startsWith(FOCUS_ROOT) || key.endsWith(STRAY);
}

/**
 * What appears beside the bill and is no part of one: a foreign file among its data, and an export
 * of another kind.
 */
export function straysOf(index: number, { mode, strays = false }: PartitionPlan): Arrival[] {
  if (!strays) return [];
  const folder = folderOf(FOCUS_ROOT, 'overwrite', 0);
  const key = chunkKey(folder, 0);
  const place = { bucket: `bucket-${index}`, root: FOCUS_ROOT, mode } as const;
  const manifest = manifestArrival(place, { folder, number: 0, data: [{ key }], columns: FOCUS_COLUMNS });
  return [
    { afterSeconds: 5, key: `${folderOf(ROOTS[0], mode, 0)}${STRAY}`, content: foreign },
    { afterSeconds: 2, key, content: focus },
    ...(mode === 'without-manifests' ? [] : [manifest]),
  ];
}

/** Where a report of a plan lies. */
interface ReportPlace {
  readonly bucket: string;
  readonly root: string;
  readonly mode: Mode;
}

/**
 * The last refresh is always a good one, so that there is an end to hold the world to; but for a
 * partition that is stuck in it.
 */
function deliveriesOf(place: ReportPlace, refreshes: readonly Refresh[], stuck: Stuck | undefined): PlannedDelivery[] {
  const { root, mode } = place;
  let chunksBefore = 0;
  return refreshes.map(({ chunks, pauseSeconds }, number) => {
    const isLast = number === refreshes.length - 1;
    const kinds = isLast ? lastKinds(chunks, stuck) : chunks;
    const folder = folderOf(root, mode, number);
    const data = kinds.map((kind, at) => ({
      afterSeconds: 2,
      key: chunkKey(folder, at),
      content: contentOf(kind, number),
    }));
    const surplus = mode === 'create-new' ? [] : emptied(folder, kinds.length, chunksBefore);
    chunksBefore = Math.max(chunksBefore, kinds.length);
    const manifest = mode === 'without-manifests' ? [] : [manifestArrival(place, { folder, number, data })];
    const arrivals = [...data, ...surplus, ...manifest];
    const expected = kinds.some((kind) => typeof kind !== 'number')
      ? undefined
      : new Map(data.map(({ key, content }) => [key, content.etag]));
    return { arrivals, expected, pauseSeconds };
  });
}

function lastKinds(chunks: readonly ChunkKind[], stuck: Stuck | undefined): readonly ChunkKind[] {
  const good = chunks.map((kind) => (typeof kind === 'number' ? kind : 0));
  return stuck === 'impossible' ? [...good, 'impossible'] : good;
}

function folderOf(root: string, mode: Mode, number: number): string {
  const base = `${root}data/BILLING_PERIOD=2026-10`;
  return mode === 'create-new' ? `${base}/2026-10-0${number + 1}T00:00:00.000Z-execution-${number}` : base;
}

function chunkKey(folder: string, at: number): string {
  return `${folder}/export-0000${at + 1}.snappy.parquet`;
}

function contentOf(kind: ChunkKind, number: number): Content {
  if (kind === 'corrupt')
    return { etag: `corrupt-${number}`, bytes: new TextEncoder().encode('no Parquet at all'), rows: 0 };
  if (kind === 'impossible') {
    const { bytes, rows } = impossible;
    return { etag: `${IMPOSSIBLE}-${number}`, bytes, rows };
  }
  const content = contents[kind];
  if (!content) throw new RangeError(`no content ${kind}`);
  return content;
}

/** AWS overwrites the surplus chunks of a smaller delivery with empty data. */
function emptied(folder: string, from: number, to: number): Arrival[] {
  const content = { etag: 'empty', bytes: new Uint8Array(), rows: 0 };
  const surplus = Array.from({ length: Math.max(0, to - from) }, (_, at) => chunkKey(folder, from + at));
  return surplus.map((key) => ({ afterSeconds: 2, key, content }));
}

/** What a manifest says, and where its data lies. */
interface ManifestSketch {
  readonly folder: string;
  readonly number: number;
  readonly data: readonly Pick<Arrival, 'key'>[];
  readonly columns?: readonly string[];
}

function manifestArrival({ bucket }: ReportPlace, { folder, number, data, columns = [] }: ManifestSketch): Arrival {
  const document = {
    executionId: `execution-${number}`,
    exportArn: 'arn:aws:bcm-data-exports:us-east-1:111122223333:export/export',
    columns: columns.map((name) => ({ name, type: 'string' })),
    dataFiles: data.map(({ key }) => `s3://${bucket}/${key}`),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  const key = `${folder.replace('/data/', '/metadata/')}/export-Manifest.json`;
  return { afterSeconds: 2, key, content: { etag: `manifest-${number}`, bytes, rows: 0 } };
}
