import { classifyKey } from './layout.ts';
import type { Partition } from './partition.ts';
import { isReport, reportOf } from './report.ts';
import { findSource, type Source } from './source.ts';

/** What an object is to the reactor: a file or a manifest of a partition, or nothing, and why. */
export type Placement =
  | {
      readonly is: 'data' | 'manifest';
      readonly partition: Partition;
      /** The key's folder. Files of one delivery share it. */
      readonly folder: string;
      /**
       * Whether a delivery has folders of its own, so that its files are never overwritten by the
       * next one.
       */
      readonly ownFolder: boolean;
      /** Whether this source's deliveries end with a manifest. */
      readonly awaitsManifest: boolean;
      /** The report that it is a part of: see {@link reportOf}. */
      readonly report: string;
      /** Whether the configuration names this report as the bill. */
      readonly isChosenReport: boolean;
    }
  | { readonly is: 'ignored'; readonly reason: string }
  | { readonly is: 'unknown-source' };

/** Finds out what an object is. The embedded stack has another one for folders of loose files. */
export type Place = (bucket: string, key: string) => Placement;

/** Places objects by configuration (whose it is) and by AWS's layouts (what it is). */
export function placeBySources(sources: readonly Source[]): Place {
  return (bucket, key) => {
    const source = findSource(sources, bucket, key);
    if (!source) return { is: 'unknown-source' };
    const classified = classifyKey(key);
    if (classified.kind === 'ignored') return { is: 'ignored', reason: classified.reason };
    const report = reportOf({ bucket, key });
    const chosen = source.report;
    if (chosen !== undefined && !isReport(report, chosen)) {
      return { is: 'ignored', reason: `of the report ${report}, and the payer's bill is ${chosen}` };
    }
    return {
      is: classified.kind,
      partition: { payer: source.payer, period: classified.period },
      folder: classified.folder,
      ownFolder: classified.layout.endsWith('create-new'),
      awaitsManifest: source.manifests,
      report,
      isChosenReport: chosen !== undefined,
    };
  };
}
