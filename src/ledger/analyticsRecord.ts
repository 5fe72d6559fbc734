import type { Moment } from '../base/moment.ts';
import type { Payer } from '../billing/payer.ts';

/**
 * One run of the analytics script over a month, as it stands. The newest one of each month is
 * stored.
 *
 *   running    steps are left; `inFlight` is the one that was, or is about to be, submitted
 *   failed     a step failed: the next run begins with it, unless its months or the script changed
 *   done       every step has taken effect
 *   cancelled  superseded before it ended
 */
export interface AnalyticsRecord {
  /** The epoch of the finalizer's run that began it: grows from run to run. */
  readonly run: number;
  readonly status: 'running' | 'failed' | 'done' | 'cancelled';
  readonly members: readonly AnalyticsMember[];
  /** Names the rendered statements: another script, or other payers, have another. */
  readonly scriptId: string;
  /** How many steps the script has, and how many of them have taken effect. */
  readonly steps: number;
  readonly stepsDone: number;
  readonly inFlight?: StepInFlight;
  /** How often the step that is next has been submitted and has failed by no fault of its own. */
  readonly failedAttempts?: number;
  readonly failure?: StepFailure;
  readonly startedAt: Moment;
  readonly endedAt?: Moment;
}

/** A payer's month as the run found it. */
export interface AnalyticsMember {
  readonly payer: Payer;
  /** The epoch that had published it: after a later one the analytics have to run again. */
  readonly publishedEpoch: number;
  readonly setId: string;
  /** The newest source LastModified in the set. */
  readonly watermark: Moment;
  /**
   * The newest run that had analysed it when this one began. Where that is older than this run, it
   * is still to be written down what has followed from this one.
   */
  readonly analysedBy?: number;
}

/** The intent comes first, the query id once it is known. */
interface StepInFlight {
  /** The number of its first statement in the script. */
  readonly number: number;
  readonly submittedAt: Moment;
  readonly queryId?: string;
  /** Since when somebody who took the run over has looked for it in vain. */
  readonly searchingSince?: Moment;
}

export interface StepFailure {
  /** The number of the statement in the script, 1 for the first. */
  readonly statement?: number;
  readonly code: string;
  readonly message: string;
  readonly queryId?: string;
  /** Nothing is wrong with the statement: the same again may succeed. */
  readonly isTransient?: boolean;
}
