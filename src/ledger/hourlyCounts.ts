import type { Payer } from '../billing/payer.ts';

/** What is counted of each payer, hour by hour. */
export type Counted = 'files' | 'manifests' | 'quarantine-messages';

/** How much came of each payer in this hour, over all processes. Only its limits depend on it. */
export interface HourlyCounts {
  /**
   * Counts `by` more and answers the sum of the hour (hours since 1970). A count of an hour that is
   * over is lost.
   */
  add(payer: Payer, what: Counted, hour: number, by: number): Promise<number>;
}
