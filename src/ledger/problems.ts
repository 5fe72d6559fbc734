/**
 * The step that a problem prevents: making the current set visible, or analysing what is visible.
 */
export type FailedStep = 'publish' | 'analyse';

export function stepOf({ what }: Pick<Problem, 'what'>): FailedStep {
  return what === 'analytics-failed' ? 'analyse' : 'publish';
}

/**
 * Why a partition is not finalized, the newest reason first. A new delivery may be refused while
 * the analytics of the one before fail as well: each step is tried again at its own time, and one
 * must not pass for the other.
 */
export function problemsOf({ problem, otherProblem }: HasProblems): readonly Problem[] {
  return [problem, otherProblem].filter((one) => one !== undefined);
}

export function problemOf(record: HasProblems, step: FailedStep): Problem | undefined {
  return problemsOf(record).find((problem) => stepOf(problem) === step);
}

/** The record with a problem in place of the one that the same step had before. */
export function withProblem<Of extends HasProblems>(record: Of, problem: Problem): Of {
  return withProblems(record, [problem, ...problemsOf(record).filter((other) => stepOf(other) !== stepOf(problem))]);
}

/** The record after a step has gone well. */
export function withoutProblem<Of extends HasProblems>(record: Of, step: FailedStep): Of {
  const others = problemsOf(record).filter((problem) => stepOf(problem) !== step);
  return withProblems(record, others);
}

/** What a partition's record has of problems. */
interface HasProblems {
  readonly problem?: Problem | undefined;
  readonly otherProblem?: Problem | undefined;
}

function withProblems<Of extends HasProblems>(record: Of, [problem, otherProblem]: readonly Problem[]): Of {
  // The compiler does not see that it is still the same type.
  return { ...record, problem, otherProblem } as Of;
}

export interface Problem {
  readonly what: 'registration-failed' | 'verification-failed' | 'analytics-failed';
  readonly message: string;
  readonly attempts: number;
  readonly at: number;
  readonly retryAt: number;
  /** `changes` when it failed: a later change is a reason to try at its own time. */
  readonly changes: number;
}
