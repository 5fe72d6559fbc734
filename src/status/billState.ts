import type { Moment } from '../base/moment.ts';
import { addMonths, monthOf, type Period, yearOf } from '../billing/period.ts';

/**
 *   provisional   AWS will restate the month
 *   final         what AWS has charged; refunds and credits may still come later
 */
export type BillState = 'provisional' | 'final';

/** The day of the next month from which on no regular change is to be expected. */
const SETTLED_DAY = 15;
/** The first day of the next month on which a delivery may be the one with the invoices. */
const INVOICED_DAY = 3;

/**
 * Whether what is known of a month is its final bill. `content` is the month's `deliveredAt`,
 * undefined while no delivery is complete; both moments are milliseconds since 1970, days are
 * UTC's, as are bills.
 *
 * AWS says so in the rows alone: `bill_invoice_id` is blank until the report is final, and support
 * is charged "on the sixth or seventh" of the next month (AWS Data Exports User Guide, "Viewing
 * your finalized report"). Invoices come between its third and fifth day (AWS re:Post, "When will
 * my AWS bill be ready?"). No manifest says it, and closed months were seen to change for about two
 * weeks. So a month counts as final from the 15th on, and only when its newest delivery is no older
 * than the earliest invoices: one that stopped arriving before is not its bill.
 */
export function billState(period: Period, content: Moment | undefined, now: Moment): BillState {
  const isSettled = now >= dayAfter(period, SETTLED_DAY);
  const isInvoiced = content !== undefined && content >= dayAfter(period, INVOICED_DAY);
  return isSettled && isInvoiced ? 'final' : 'provisional';
}

/** The beginning of a day of the month after. */
function dayAfter(period: Period, day: number): Moment {
  const next = addMonths(period, 1);
  return Date.UTC(yearOf(next), monthOf(next) - 1, day);
}
