import { billOf } from '../../src/programs/sample/bill.ts';
import { sampleDeliveryPlan } from '../../src/programs/sample/deliveryPlan.ts';
import type { LineItem } from '../../src/programs/sample/lineItem.ts';
import { legacyColumns } from '../../src/programs/sample/reportColumns.ts';
import { legacyFile } from '../../src/programs/sample/reportFile.ts';

const ROWS = 20;

/**
 * A file of 20 rows with the columns that every legacy report has, and one with all of a real
 * report's.
 */
export function smallFiles(): { readonly columns: number; readonly bytes: Uint8Array }[] {
  const items = sampleRows(1).slice(0, ROWS);
  const all = legacyColumns();
  const always = all.filter((name) => /^(identity|bill|line_item)_/.test(name));
  return [always, all].map((columns) => ({ columns: columns.length, bytes: legacyFile(items, columns) }));
}

/** The rows of a sample payer's legacy report. */
export function sampleRows(seed: number): LineItem[] {
  const delivery = sampleDeliveryPlan.find(
    ({ period, source }) => period === '2026-10' && source.layout === 'legacy-overwrite',
  );
  if (!delivery) throw new Error('the sample has no legacy delivery of 2026-10');
  return billOf(seed, delivery);
}
