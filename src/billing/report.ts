import { classifyKey } from './layout.ts';

/**
 * Which report a key belongs to: a payer may have several, such as an hourly and a daily one, or a
 * legacy report and its CUR 2.0 successor, and each holds the whole bill.
 */

/** What stands for a report's name where a file lies in none of AWS's layouts. */
const LOOSE_FILES = 'loose files';

/** Folders, an export's own folders, the file's name: read from the end, as classifyKey does. */
const PLACE =
  /^((?:.*\/)?)(?:(?:data|metadata)\/billing_period=[^/]*|\d{8}-\d{8}|(year=\d+\/month=\d+))\/(?:[^/]*\/)?([^/]*)$/is;

/**
 * What comes before an export's own folders in a key, slash included: `cur/daily/` of
 * `cur/daily/data/BILLING_PERIOD=2026-04/…` and of `cur/daily/20181001-20181101/…`; undefined where
 * there are none. With Athena, a legacy report's data lies one folder deeper than its manifest, in
 * a folder of the report's name once more: `cur/daily/daily/year=2018/…` (Cost and Usage Reports
 * User Guide, "Querying with Athena"). That folder is known by the one above it, or by the file's
 * name, which begins with it.
 */
export function exportRoot(key: string): string | undefined {
  const place = PLACE.exec(key);
  if (!place) return undefined;
  const [, before = '', month, name = ''] = place;
  if (month === undefined) return before;
  const folders = before.split('/');
  const [above, report = ''] = [folders.at(-3), folders.at(-2)];
  const isNamedTwice = report !== '' && (report === above || name.startsWith(`${report}-`));
  return isNamedTwice ? before.slice(0, -report.length - 1) : before;
}

/**
 * The name of the report that an object belongs to, as people choose it: its bucket and the path of
 * its folder there, such as `payer-one-billing/exports/daily`. What lies in none of AWS's layouts
 * is one report of its bucket.
 */
export function reportOf({ bucket, key }: { readonly bucket: string; readonly key: string }): string {
  const root = classifyKey(key).kind === 'ignored' ? undefined : exportRoot(key);
  return root === undefined ? `${bucket}/${LOOSE_FILES}` : `${bucket}/${root}`.replace(/\/+$/, '');
}

/**
 * Whether a report is the one that somebody has chosen: by its whole name, or by the end of its
 * path.
 */
export function isReport(report: string, chosen: string): boolean {
  return report === chosen || report.endsWith(`/${chosen}`);
}
