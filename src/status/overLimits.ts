import type { Moment } from '../base/moment.ts';
import { HOURLY_LIMITS } from '../billing/limits.ts';
import type { Payer } from '../billing/payer.ts';
import { type Counted, type HourlyCounts, hourEnd, hourOf } from '../ledger/hourlyCounts.ts';
import { clock } from './age.ts';

/** What of a payer is over its limit of this hour. */
export interface OverLimit {
  readonly payer: Payer;
  readonly what: Counted;
  /** What was counted: beyond the limit nobody counts on. */
  readonly count: number;
  readonly limit: number;
  /** When the hour ends, and with it the limit: ISO 8601 in UTC. */
  readonly until: string;
}

/** Asks for the counts of this hour, three of each payer. Throws what the counts throw. */
export async function readOverLimits(
  counts: Pick<HourlyCounts, 'sums'>,
  payers: readonly Payer[],
  now: Moment,
): Promise<OverLimit[]> {
  const hour = hourOf(now);
  const until = new Date(hourEnd(hour)).toISOString();
  const sums = await counts.sums(payers, hour);
  return sums
    .map((sum) => ({ ...sum, limit: HOURLY_LIMITS[sum.what], until }))
    .filter(({ count, limit }) => count > limit);
}

/** Whether files are left out that nobody knows: then nobody knows whether a month is whole. */
export function leavesOutFiles({ what }: OverLimit): boolean {
  return what !== 'quarantine-messages';
}

/** The same as a sentence. */
export function overLimitSentence(one: OverLimit): string {
  const { payer, what, count, limit, until } = one;
  const end = clock(Date.parse(until));
  const consequence = leavesOutFiles(one)
    ? `more of them are dropped until ${end}, and reconcile asks for them after that`
    : `more of them are not sent until ${end}`;
  return `payer ${payer} is over its limit of ${limit} ${WORDS[what]} an hour, with ${count}: ${consequence}`;
}

const WORDS: Readonly<Record<Counted, string>> = {
  files: 'files',
  manifests: 'manifests',
  'quarantine-messages': 'messages about quarantined files',
};
