import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { parsePeriod } from '../../../src/billing/period.ts';
import { monthInterval } from '../../../src/programs/sample/lineItem.ts';

/**
 * A line item of a test's report. Where costs are different powers of two, a sum shows which rows
 * are in it.
 */
export interface Row {
  readonly payer: string;
  readonly period: string;
  readonly cost: number;
  /** USD when it is not said. */
  readonly currency?: string;
  /** The line item's id; a report has the identity columns when its first row has one. */
  readonly id?: string;
  /** The hour of the month in which it was used. */
  readonly hour?: number;
  /** For how many hours; one, where it is not said. */
  readonly hours?: number;
}

/** One row for each cost. */
export function rowsOf(payer: string, period: string, ...costs: readonly number[]): Row[] {
  return costs.map((cost) => ({ payer, period, cost }));
}

/**
 * Line items of the hours of a month, one an hour, with ids that stay the same from one refresh to
 * the next.
 */
export function hoursOf(payer: string, period: string, count: number, first = 0): Row[] {
  return Array.from({ length: count }, (_, index) => {
    const hour = first + index;
    return { payer, period, cost: 1, id: `item-${hour % 7}-of-${payer}`, hour };
  });
}

/** A cost-and-usage report as Parquet, with its columns but for those that are left out. */
export function reportFile(rows: readonly Row[], without: readonly string[] = []): Uint8Array {
  const start = ({ period }: Row) => new Date(monthInterval(parsePeriod(period)).start);
  const at = (row: Row, hours: number) => new Date(start(row).getTime() + ((row.hour ?? 0) + hours) * 3_600_000);
  const identity = {
    identity_line_item_id: rows.map(({ id }) => id ?? ''),
    identity_time_interval: rows.map((row) => `${at(row, 0).toISOString()}/${at(row, row.hours ?? 1).toISOString()}`),
  };
  const texts = {
    ...(rows[0]?.id === undefined ? {} : identity),
    bill_payer_account_id: rows.map(({ payer }) => payer),
    line_item_usage_account_id: rows.map(({ payer }) => payer),
    line_item_line_item_type: rows.map(() => 'Usage'),
    line_item_currency_code: rows.map(({ currency }) => currency ?? 'USD'),
  };
  const moments = {
    bill_billing_period_start_date: rows.map(start),
    line_item_usage_start_date: rows.map((row) => at(row, 0)),
    line_item_usage_end_date: rows.map((row) => at(row, row.hours ?? 1)),
  };
  const columnData = [
    ...Object.entries(texts).map(([name, data]) => ({ name, data, type: 'STRING' as const })),
    ...Object.entries(moments).map(([name, data]) => ({ name, data, type: 'TIMESTAMP' as const })),
    { name: 'line_item_unblended_cost', data: rows.map(({ cost }) => cost), type: 'DOUBLE' as const },
  ];
  const kept = columnData.filter(({ name }) => !without.includes(name));
  return new Uint8Array(parquetWriteBuffer({ columnData: kept }));
}

/**
 * The manifest of a Data Exports delivery of these files, which names them as the bucket that AWS
 * wrote to has them.
 */
export function exportManifest(executionId: string, keys: readonly string[], bucket = 'acme-billing'): Uint8Array {
  const dataFiles = keys.map((key) => `s3://${bucket}/${key}`);
  return Buffer.from(JSON.stringify({ executionId, exportArn: 'arn:aws:bcm-data-exports', columns: [], dataFiles }));
}

/** The same of a legacy report of April 2026. */
export function legacyManifest(assemblyId: string, reportKeys: readonly string[], bucket = 'acme-billing'): Uint8Array {
  const billingPeriod = { start: '20260401T000000.000Z', end: '20260501T000000.000Z' };
  return Buffer.from(JSON.stringify({ assemblyId, account: '', columns: [], billingPeriod, bucket, reportKeys }));
}

/**
 * Puts files under a folder, one after the other, by their paths below it. Each appears whole, as a
 * copy tool leaves it.
 */
export async function putFiles(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.part`, content);
    await rename(`${file}.part`, file);
  }
}

/**
 * Sets when files were last written, `seconds` after a moment in 2026: a copy keeps its source's
 * times, or not.
 */
export async function writtenAt(folder: string, seconds: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, second] of Object.entries(seconds)) {
    const at = Date.UTC(2026, 5, 1) / 1000 + second;
    await utimes(path.join(folder, name), at, at);
  }
}
