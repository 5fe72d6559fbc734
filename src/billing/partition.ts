import type { Payer } from './payer.ts';
import { monthOf, type Period, yearOf } from './period.ts';

/** One payer's period: the unit of change. */
export interface Partition {
  readonly payer: Payer;
  readonly period: Period;
}

/** A partition's name in logs, messages and maps: `2026-10/111122223333`. */
export function partitionName(partition: Partition): string {
  return `${partition.period}/${partition.payer}`;
}

/**
 * Where a partition's staged files lie: `year=2026/month=10/payer-111122223333/`, slash included.
 */
export function partitionPrefix({ payer, period }: Partition): string {
  return `year=${yearOf(period)}/month=${String(monthOf(period)).padStart(2, '0')}/payer-${payer}/`;
}
