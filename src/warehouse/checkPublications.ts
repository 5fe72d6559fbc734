import { partitionName } from '../billing/partition.ts';
import type { Period } from '../billing/period.ts';
import type { Publication } from './warehouse.ts';

/**
 * Throws a RangeError when a publication is of another period than `period`, or a partition occurs
 * twice.
 */
export function checkPublications(period: Period, publications: readonly Publication[]): void {
  const seen = new Set<string>();
  for (const { partition } of publications) {
    const name = partitionName(partition);
    if (partition.period !== period) throw new RangeError(`publication of ${name} does not belong to ${period}`);
    if (seen.has(name)) throw new RangeError(`publication of ${name} occurs twice`);
    seen.add(name);
  }
}
