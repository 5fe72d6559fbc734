import type { Period } from '../billing/period.ts';

/** What becomes of a run of the analytics script. */
export type ScriptEvent =
  /**
   * A run of the script begins over these partitions. `run` is the epoch that began it, also where
   * a later one ends it.
   */
  | {
      readonly what: 'analytics-started';
      readonly period: Period;
      readonly run: number;
      readonly partitions: number;
      readonly steps: number;
    }
  /**
   * Retry, by the next tick: the statement runs on in the warehouse, and nobody waits for it
   * meanwhile.
   */
  | {
      readonly what: 'analytics-handed-on';
      readonly period: Period;
      readonly run: number;
      readonly stepsDone: number;
      readonly steps: number;
      readonly queryId?: string;
    }
  /** Retry: a step failed for a reason that passes, and is submitted again. */
  | {
      readonly what: 'analytics-repeated';
      readonly period: Period;
      readonly run: number;
      readonly attempts: number;
      readonly reason: string;
    }
  /** Drop: a run that nothing depends on any longer; a new one follows at once. */
  | { readonly what: 'analytics-cancelled'; readonly period: Period; readonly run: number; readonly reason: string }
  /**
   * Retry, with an alarm: a check of the script failed for so many payers. What it had found of
   * them stays, everything else of the run counts, and the script is run again for them.
   */
  | {
      readonly what: 'check-failed';
      readonly period: Period;
      readonly run: number;
      readonly check: string;
      readonly payers: number;
      readonly code: string;
      readonly reason: string;
    }
  /** `seconds` since the run began, over all its invocations. */
  | {
      readonly what: 'analytics-done';
      readonly period: Period;
      readonly run: number;
      readonly partitions: number;
      readonly seconds: number;
    };
