import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import type { StepFailure } from '../ledger/analyticsRecord.ts';

/**
 * One pass of the analytics script over some payers' month: `number` is the epoch of the
 * finalizer's run that began it.
 */
export interface ScriptRun {
  readonly period: Period;
  readonly payers: readonly Payer[];
  readonly number: number;
  /**
   * The epoch of the finalizer's run that acts for it now: one that may no longer publish submits
   * nothing either.
   */
  readonly epoch: number;
  /** How often the step has been submitted, this time included; 1 where it is not said. */
  readonly attempt?: number | undefined;
}

/**
 * What has become of a step. A failure names the statement where that is known, and the engine's
 * own code and message.
 */
export type StepState =
  | { readonly is: 'running'; readonly queryId: string }
  | { readonly is: 'done'; readonly queryId?: string }
  | { readonly is: 'failed'; readonly failure: StepFailure };

/**
 * How a warehouse runs the analytics script: step by step, each as a query that goes on without
 * whoever submitted it.
 *
 *   submit   hands a step over, or runs it to its end where nothing can run on
 *   look     what became of a step that was submitted, or may have been
 *   cancel   ends a step of a run that is superseded
 *
 * A newer run of the same month fences older ones off: nothing of theirs that stands in a
 * transaction is committed any more. A transaction of a run is committed once, however often its
 * step is submitted; a single statement outside of one is not protected by that, which is why a
 * step is looked for before it is submitted again.
 */
export interface ScriptEngine {
  /** For so long after a submission whose answer was lost, `look` may not know of it yet. */
  readonly visibleWithinSeconds: number;
  /**
   * The script for one month of these payers. Throws a RangeError or ScriptError for one that
   * cannot be read.
   */
  steps(period: Period, payers: readonly Payer[]): readonly Step[];
  /**
   * Throws FencedOff when a newer script run or a newer finalizer's run was let in, and what the
   * connection throws: then the step may have been submitted.
   */
  submit(run: ScriptRun, step: Step): Promise<StepState>;
  /**
   * By its query id, else by what names the step in the warehouse. Undefined when nothing is known
   * of it: it was not submitted, or so lately that the warehouse does not know of it yet. Throws
   * FencedOff when the step was, by a newer run.
   */
  look(run: ScriptRun, step: Step, queryId: string | undefined): Promise<StepState | undefined>;
  /** No failure when it has ended already, or never began. */
  cancel(run: ScriptRun, stepNumber: number, queryId: string | undefined): Promise<void>;
}

/** A statement with its number in the script, 1 for the first. */
export interface ScriptStatement {
  readonly number: number;
  readonly sql: string;
  /**
   * The check that it is, where it is one: when it fails, that is noted in `cur_statement_outcomes`
   * and the step goes on.
   */
  readonly check?: string;
}

/** A statement of the script for a month of some payers, before it is cut into steps. */
export interface RenderedStatement extends Pick<ScriptStatement, 'sql' | 'check'> {
  /** The line of the script that it begins on, 1 for the first. */
  readonly line: number;
}

/**
 * What belongs together:
 *
 *   statements    one statement by itself; with those behind it that read what the one before them has answered
 *   transaction   those between `begin` and `commit`, both left out, which take effect together. A DDL statement among
 *                 these would commit what stands before it (Snowflake's documentation, "Transactions")
 */
export type ScriptItem =
  | { readonly is: 'statements'; readonly statements: readonly ScriptStatement[] }
  | { readonly is: 'transaction'; readonly statements: readonly ScriptStatement[]; readonly commitNumber: number };

/**
 * What is submitted as one query, runs on without whoever submitted it, and is identified by its
 * `number`: that of its first statement. As a rule it is one item. What a statement changes in its
 * session (`set`, temporary tables) holds only there, and a session does not outlive an invocation:
 * so from the first such statement on, the rest of the script is one step. `head` sets up the
 * session of each step before it is submitted: Snowflake takes no `use` within a block.
 */
export interface Step {
  readonly number: number;
  readonly head: readonly ScriptStatement[];
  readonly items: readonly ScriptItem[];
}
