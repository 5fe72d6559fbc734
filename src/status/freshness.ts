import { counted } from '../base/counted.ts';
import type { Moment } from '../base/moment.ts';
import { addMonths, monthOf, type Period, yearOf } from '../billing/period.ts';
import { clock } from './age.ts';
import { billState } from './billState.ts';

/**
 * AWS delivers at least once a day until a bill is final (AWS Data Exports User Guide): this is
 * half a day late.
 */
const LATE_MS = 36 * 3_600_000;

/**
 * What there is to say of a month's newest delivery being old; nothing where it is not. `content`
 * is the month's `deliveredAt`; moments are milliseconds since 1970. A complete delivery of the
 * 20th is whole, and lacks ten days.
 */
export function staleness(period: Period, content: Moment | undefined, now: Moment): string[] {
  if (content === undefined) return [];
  const next = addMonths(period, 1);
  const end = Date.UTC(yearOf(next), monthOf(next) - 1, 1);
  if (now >= end && content < end) {
    return [`its newest delivery is of ${clock(content)}, before the month ended: what came after is not in it`];
  }
  const isFinal = billState(period, content, now) === 'final';
  if (isFinal || now - content <= LATE_MS) return [];
  return [`its newest delivery is ${ageInWords(now - content)} old: AWS delivers at least daily until a bill is final`];
}

function ageInWords(ms: number): string {
  const hours = Math.round(ms / 3_600_000);
  return hours < 72 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day');
}
