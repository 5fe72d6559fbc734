import { parsePeriod } from '../../src/billing/period.ts';
import {
  dataFile,
  dataKey,
  manifestFile,
  manifestKeys,
  type SampleDelivery,
} from '../../src/programs/sample/delivery.ts';
import { between, pick, type Random } from '../../src/programs/sample/random.ts';
import { sampleSources } from '../../src/programs/sample/sampleSources.ts';
import { putFiles, reportFile, rowsOf } from '../programs/local/reports.ts';

const PERIODS = ['2026-09', '2026-10'].map(parsePeriod);
const LOOSE_PAYER = '555566667777';
const LOOSE_PERIOD = '2026-08';
/** Few rows: what is attacked is the way that they go. */
const DAYS = 2;

/**
 * A person's folder, in the order in which its files come: an older part, and what has come since.
 */
export interface FolderPlan {
  readonly before: () => Promise<void>;
  readonly since: () => Promise<void>;
}

/**
 * Several payers' reports in AWS's layouts, each refreshed or not, and loose files. The same
 * numbers, the same folder.
 */
export function planFolder(folder: string, random: Random): FolderPlan {
  const seed = Math.floor(random() * 2 ** 31);
  const sources = sampleSources.filter(() => random() < 0.6);
  if (sources.length === 0) sources.push(pick(random, sampleSources));
  const deliveries = sources.flatMap((source) =>
    PERIODS.slice(0, random() < 0.3 ? 2 : 1).flatMap((period) =>
      [0, 1].slice(0, random() < 0.7 ? 2 : 1).map((refresh): SampleDelivery => {
        const parts = Math.floor(between(random, 1, 4));
        return { source: { ...source, instances: 1 }, period, refresh, days: DAYS, parts };
      }),
    ),
  );
  const loose = Array.from({ length: Math.floor(between(random, 0, 4)) }, (_, number) => ({
    [`loose/report-${number}.parquet`]: reportFile(rowsOf(LOOSE_PAYER, LOOSE_PERIOD, 2 ** number)),
  }));
  const isNew = loose.map(() => random() < 0.5);
  const put = async (refresh: number, files: readonly Record<string, Uint8Array>[]) => {
    for (const delivery of deliveries)
      if (delivery.refresh === refresh) await putFiles(folder, filesOf(seed, delivery));
    for (const file of files) await putFiles(folder, file);
  };
  return {
    before: () =>
      put(
        0,
        loose.filter((_, index) => !isNew[index]),
      ),
    since: () =>
      put(
        1,
        loose.filter((_, index) => isNew[index]),
      ),
  };
}

/** The files of a delivery, the manifests last, below a folder for the bucket. */
function filesOf(seed: number, delivery: SampleDelivery): Record<string, Uint8Array> {
  const bucket = `${delivery.source.bucket}/`;
  const parts = Array.from({ length: delivery.parts }, (_, index) => index + 1);
  return Object.fromEntries([
    ...parts.map((part) => [`${bucket}${dataKey(seed, delivery, part)}`, dataFile(seed, delivery, part)]),
    ...manifestKeys(seed, delivery).map((key) => [`${bucket}${key}`, manifestFile(seed, delivery)]),
  ]);
}
