import type { Moment } from '../base/moment.ts';
import type { Period } from '../billing/period.ts';

/** What runs by schedule and touches every payer, when it ended last, and what it did. */
export interface Activity {
  /**
   * The newest that was no dry run, by schedule or by hand; it may have been asked for a part of
   * the payers.
   */
  readonly reconcile?: ReconcileActivity;
  readonly sweep?: SweepActivity;
  /** The newest reconcile that was begun and was no dry run: see reconcileRuns.ts. */
  readonly reconcileBegun?: { readonly run: string; readonly startedAt: Moment };
}

export interface ReconcileActivity {
  readonly endedAt: Moment;
  readonly payers: number;
  readonly periods: readonly Period[];
  /** Messages sent to the copy queue. */
  readonly queued: number;
  /** Sources that could not be read. */
  readonly unreadable: number;
  /** Where the payers were from. */
  readonly configuration: ConfigurationOrigin;
  /** Why they were not from the payers table, though there is one. */
  readonly why?: string;
}

interface SweepActivity {
  readonly endedAt: Moment;
  readonly ticks: number;
}

/**
 * Where a configuration is from: the payers table, the last good copy of it, or the payers file.
 */
export type ConfigurationOrigin = 'table' | 'cache' | 'fallback';
