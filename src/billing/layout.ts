import { monthOf, type Period, periodOf, yearOf } from './period.ts';

/**
 * How a report lies in its bucket. Overwrite: every refresh writes over the same keys. Create-new:
 * every refresh gets a folder of its own, and only the newest complete one counts.
 */
export type Layout = 'legacy-overwrite' | 'legacy-create-new' | 'cur2-overwrite' | 'cur2-create-new';

/** Why an object is not ours: not a failure, only reported. */
type IgnoredReason =
  | 'folder marker'
  | 'access test object'
  | 'status table'
  | 'macOS metadata'
  | 'csv export'
  | 'sql or yml helper'
  | 'not Parquet'
  | 'no billing period in the key'
  | 'in the wrong folder of the export'
  | 'invalid billing period';

/** What an object is, by its key alone. */
type Classified =
  | {
      readonly kind: 'data' | 'manifest';
      /**
       * Of a manifest only what its place suggests: the copy outside a delivery's own folder is
       * written in both modes.
       */
      readonly layout: Layout;
      readonly period: Period;
      /**
       * The key's own folder, slash included. Files of one delivery share it; a create-new delivery
       * has one of its own.
       */
      readonly folder: string;
    }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason };

/**
 * Says what the object under `key` (raw, as S3 stores it) is. Never throws: any text is a possible
 * key, and segments such as `..` are ordinary names to S3.
 *
 * Prefix and report name are free and of any depth, so a key is read from its end. Places (AWS Data
 * Exports User Guide, Understanding export delivery and Understanding your report versions;
 * `BILLING_PERIOD` in lower case and one-digit months were seen in buckets):
 *
 *     year=2018/month=10/                                 legacy, overwrite: data, and in older reports the manifest
 *     20181001-20181101/                                  legacy: manifest; data of overwrite reports without Athena
 *     20181001-20181101/<assemblyId>/                     legacy, create-new: data and manifest
 *     data/BILLING_PERIOD=2026-04/[<execution>/]          Data Exports: data
 *     metadata/BILLING_PERIOD=2026-04/[<execution>/]      Data Exports: manifest
 */
export function classifyKey(key: string): Classified {
  const folders = key.split('/');
  const name = folders.pop() ?? '';
  const noise = noiseReason(folders, name);
  if (noise) return { kind: 'ignored', reason: noise };

  const place = legacyPlace(folders) ?? cur2Place(folders);
  const kind = isManifestName(name) ? 'manifest' : 'data';
  if (!place) return { kind: 'ignored', reason: 'no billing period in the key' };
  if (!place.holds.includes(kind)) return { kind: 'ignored', reason: 'in the wrong folder of the export' };
  if (!place.period) return { kind: 'ignored', reason: 'invalid billing period' };
  return { kind, layout: place.layout, period: place.period, folder: key.slice(0, key.length - name.length) };
}

/**
 * Lower case only: AWS writes no other, and the event rules' patterns, which are case-sensitive,
 * would never send one.
 */
function isDataName(name: string): boolean {
  return /.\.parquet$/s.test(name);
}

/**
 * Not `…-RedshiftManifest.json` or `…-QuickSightManifest.json`: these name the same files for other
 * readers.
 */
function isManifestName(name: string): boolean {
  return /.-Manifest\.json$/s.test(name);
}

function noiseReason(folders: readonly string[], name: string): IgnoredReason | undefined {
  if (name === '' || name.endsWith('$folder$')) return 'folder marker';
  if (name === 'aws-programmatic-access-test-object') return 'access test object';
  // What macOS writes beside a file on disks of other systems (AppleDouble): never data, whatever
  // its name ends in.
  if (name.startsWith('._')) return 'macOS metadata';
  if (folders.includes('cost_and_usage_data_status')) return 'status table';
  if (/\.csv(\.gz|\.zip)?$/.test(name)) return 'csv export';
  if (/\.(sql|yml|yaml)$/.test(name)) return 'sql or yml helper';
  return isDataName(name) || isManifestName(name) ? undefined : 'not Parquet';
}

/**
 * A place where a report may lie; `period` is missing when the folder that should name it names no
 * month.
 */
interface LayoutPlace {
  readonly layout: Layout;
  readonly period: Period | undefined;
  readonly holds: readonly ('data' | 'manifest')[];
}

const LEGACY_HOLDS: LayoutPlace['holds'] = ['data', 'manifest'];
const SIDES_OF_EXPORT = new Map<string | undefined, LayoutPlace['holds']>([
  ['data', ['data']],
  ['metadata', ['manifest']],
]);

function legacyPlace(folders: readonly string[]): LayoutPlace | undefined {
  const last = folders.at(-1) ?? '';
  const above = folders.at(-2) ?? '';
  const year = /^year=(\d+)$/.exec(above)?.[1];
  const month = /^month=(\d+)$/.exec(last)?.[1];
  const holds = LEGACY_HOLDS;
  if (year && month) return { layout: 'legacy-overwrite', period: periodOfDigits(year, month), holds };
  if (isMonthRange(last)) return { layout: 'legacy-overwrite', period: periodOfRange(last), holds };
  if (isMonthRange(above) && last) return { layout: 'legacy-create-new', period: periodOfRange(above), holds };
  return undefined;
}

function cur2Place(folders: readonly string[]): LayoutPlace | undefined {
  const last = folders.at(-1) ?? '';
  const ownFolder = !isBillingPeriod(last);
  const billingPeriod = folders.at(ownFolder ? -2 : -1) ?? '';
  if (!last || !isBillingPeriod(billingPeriod)) return undefined;
  const [, year, month] = /^[^=]*=(\d{4})-(\d{2})$/.exec(billingPeriod) ?? [];
  return {
    layout: ownFolder ? 'cur2-create-new' : 'cur2-overwrite',
    period: year && month ? periodOfDigits(year, month) : undefined,
    holds: SIDES_OF_EXPORT.get(folders.at(ownFolder ? -3 : -2)) ?? [],
  };
}

function isBillingPeriod(folder: string): boolean {
  return /^billing_period=/i.test(folder);
}

function isMonthRange(folder: string): boolean {
  return /^\d{8}-\d{8}$/.test(folder);
}

/**
 * `20220401-20220501`: from the first day of a month to the first day of the next, and nothing
 * else.
 */
function periodOfRange(folder: string): Period | undefined {
  const period = periodOfDigits(folder.slice(0, 4), folder.slice(4, 6));
  return period && monthRange(period) === folder ? period : undefined;
}

/** How legacy reports name a period's folder: `20220401-20220501`. */
export function monthRange(period: Period): string {
  const year = yearOf(period);
  const month = monthOf(period);
  return `${firstDay(year, month)}-${month === 12 ? firstDay(year + 1, 1) : firstDay(year, month + 1)}`;
}

function firstDay(year: number, month: number): string {
  return `${year}${String(month).padStart(2, '0')}01`;
}

/** The period that four digits and one or two more name. */
function periodOfDigits(year: string, month: string): Period | undefined {
  return year.length === 4 && month.length <= 2 ? periodOf(Number(year), Number(month)) : undefined;
}
