import { billOf } from '../../src/programs/sample/bill.ts';
import { sampleDeliveryPlan } from '../../src/programs/sample/deliveryPlan.ts';
import { legacyColumns } from '../../src/programs/sample/reportColumns.ts';
import { legacyFile } from '../../src/programs/sample/reportFile.ts';

const ROWS = 20;

/**
 * A file of 20 rows with the columns that every legacy report has, and one with all of a real
 * report's.
 */
export function smallFiles(): { readonly columns: number; readonly bytes: Uint8Array }[] {
  const delivery = sampleDeliveryPlan.find(
    ({ period, source }) => period === '2026-10' && source.layout === 'legacy-overwrite',
  );
  if (!delivery) throw new Error('the sample has no legacy delivery of 2026-10');
  const items = billOf(1, delivery).slice(0, ROWS);
  const all = legacyColumns();
  const always = all.filter((name) => /^(identity|bill|line_item)_/.test(name));
  return [always, all].map((columns) => ({ columns: columns.length, bytes: legacyFile(items, columns) }));
}
