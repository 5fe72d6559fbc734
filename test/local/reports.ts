import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { parsePeriod } from '../../src/billing/period.ts';
import { monthInterval } from '../../src/local/sample/lineItem.ts';

/** A line item of a test's report. Where costs are different powers of two, a sum tells which rows are in it. */
export interface Row {
  readonly payer: string;
  readonly period: string;
  readonly cost: number;
  /** USD when it is not said. */
  readonly currency?: string;
}

/** One row for each cost. */
export function rowsOf(payer: string, period: string, ...costs: readonly number[]): Row[] {
  return costs.map((cost) => ({ payer, period, cost }));
}

/** A cost-and-usage report as Parquet: the columns that say whose a row is, and what it costs. */
export function reportFile(rows: readonly Row[]): Uint8Array {
  const columns = {
    bill_payer_account_id: rows.map(({ payer }) => payer),
    line_item_usage_account_id: rows.map(({ payer }) => payer),
    line_item_line_item_type: rows.map(() => 'Usage'),
    line_item_currency_code: rows.map(({ currency }) => currency ?? 'USD'),
  };
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        ...Object.entries(columns).map(([name, data]) => ({ name, data, type: 'STRING' as const })),
        {
          name: 'bill_billing_period_start_date',
          data: rows.map(({ period }) => new Date(monthInterval(parsePeriod(period)).start)),
          type: 'TIMESTAMP',
        },
        { name: 'line_item_unblended_cost', data: rows.map(({ cost }) => cost), type: 'DOUBLE' },
      ],
    }),
  );
}

/** The manifest of a Data Exports delivery of these files, which names them as the bucket that AWS wrote to has them. */
export function exportManifest(executionId: string, keys: readonly string[], bucket = 'acme-billing'): Uint8Array {
  const dataFiles = keys.map((key) => `s3://${bucket}/${key}`);
  return Buffer.from(JSON.stringify({ executionId, exportArn: 'arn:aws:bcm-data-exports', columns: [], dataFiles }));
}

/** The same of a legacy report of April 2026. */
export function legacyManifest(assemblyId: string, reportKeys: readonly string[], bucket = 'acme-billing'): Uint8Array {
  const billingPeriod = { start: '20260401T000000.000Z', end: '20260501T000000.000Z' };
  return Buffer.from(JSON.stringify({ assemblyId, account: '', columns: [], billingPeriod, bucket, reportKeys }));
}

/** Puts files under a folder, one after the other, by their paths below it. Each appears whole, as a copy tool leaves it. */
export async function putFiles(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.part`, content);
    await rename(`${file}.part`, file);
  }
}

/** Sets when files were last written, `seconds` after a moment in 2026: a copy keeps its source's times, or not. */
export async function writtenAt(folder: string, seconds: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, second] of Object.entries(seconds)) {
    const at = Date.UTC(2026, 5, 1) / 1000 + second;
    await utimes(path.join(folder, name), at, at);
  }
}
