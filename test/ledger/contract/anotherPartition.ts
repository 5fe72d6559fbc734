import type { Partition } from '../../../src/billing/partition.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { PERIOD } from '../records.ts';

let count = 0;

/**
 * A partition that nobody has used: each run of a property gets one, on a ledger that they share.
 */
export function anotherPartition(): Partition {
  count += 1;
  return { payer: parsePayer(String(500_000_000_000 + count)), period: PERIOD };
}
