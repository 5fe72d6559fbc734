import { HOURLY_LIMITS } from '../billing/limits.ts';
import type { Payer } from '../billing/payer.ts';
import { type Counted, type HourlyCounts, hourOf } from '../ledger/hourlyCounts.ts';

/**
 * Files are counted in the ledger so many at once: a twentieth of a write for each. What a process
 * has not counted yet is missing there, so some hundreds may pass beyond the limit.
 */
const COUNTED_AT_ONCE: Readonly<Record<Counted, number>> = { files: 20, manifests: 1, 'quarantine-messages': 1 };

/** Whether one more is within its payer's limit of this hour, or the first that is not. */
interface Taken {
  readonly isWithin: boolean;
  readonly isFirstBeyond: boolean;
}

interface Hour {
  readonly hour: number;
  /** The sum of all processes, when this one counted last. */
  sum: number;
  /** What this process has not counted in the ledger yet. */
  uncounted: number;
}

/**
 * What every payer may ask in an hour, in all processes together: approximately, because nobody
 * waits for exact counts. It lives as long as its process.
 */
export class HourlyLimits {
  readonly #counts: Pick<HourlyCounts, 'add'>;
  readonly #now: () => number;
  readonly #limits: Readonly<Record<Counted, number>>;
  readonly #hours = new Map<string, Hour>();

  /** `now` answers milliseconds since 1970. */
  constructor(
    counts: Pick<HourlyCounts, 'add'>,
    now: () => number,
    limits: Readonly<Record<Counted, number>> = HOURLY_LIMITS,
  ) {
    this.#counts = counts;
    this.#now = now;
    this.#limits = limits;
  }

  limitOf(what: Counted): number {
    return this.#limits[what];
  }

  /** Counts one more. Throws what the counts throw. */
  async take(payer: Payer, what: Counted): Promise<Taken> {
    const limit = this.#limits[what];
    const mine = this.#hourOf(payer, what);
    // Beyond the limit nothing changes before the next hour.
    if (mine.sum > limit) return { isWithin: false, isFirstBeyond: false };
    mine.uncounted += 1;
    if (mine.uncounted < COUNTED_AT_ONCE[what]) return { isWithin: true, isFirstBeyond: false };
    const by = mine.uncounted;
    mine.uncounted = 0;
    const sum = await this.#counts.add(payer, what, mine.hour, by);
    mine.sum = Math.max(mine.sum, sum);
    // Of all processes, the ledger lets one alone cross the limit.
    return { isWithin: sum <= limit, isFirstBeyond: sum > limit && sum - by <= limit };
  }

  #hourOf(payer: Payer, what: Counted): Hour {
    const hour = hourOf(this.#now());
    const key = `${payer} ${what}`;
    const known = this.#hours.get(key);
    if (known?.hour === hour) return known;
    const begun: Hour = { hour, sum: 0, uncounted: 0 };
    this.#hours.set(key, begun);
    return begun;
  }
}
