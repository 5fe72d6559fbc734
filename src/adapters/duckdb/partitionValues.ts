import type { Partition } from '../../billing/partition.ts';
import { monthOf, yearOf } from '../../billing/period.ts';

/** The bound parameters that say which partition a statement is about. */
export function partitionValues({ payer, period }: Partition): { payer: string; year: number; month: number } {
  return { payer, year: yearOf(period), month: monthOf(period) };
}
