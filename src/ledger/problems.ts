import type { PartitionRecord, Problem } from './partitionRecord.ts';

/** What a problem keeps from being done: making the current set visible, or analysing what is visible. */
export type FailedStep = 'publish' | 'analyse';

export function stepOf({ what }: Pick<Problem, 'what'>): FailedStep {
  return what === 'analytics-failed' ? 'analyse' : 'publish';
}

/**
 * Why a partition is not finalized, the newest reason first. A new delivery may be refused while the analytics of the one
 * before fail as well: each step is tried again at its own time, and one must not pass for the other.
 */
export function problemsOf({ problem, otherProblem }: Recorded): readonly Problem[] {
  return [problem, otherProblem].filter((one) => one !== undefined);
}

export function problemOf(record: Recorded, step: FailedStep): Problem | undefined {
  return problemsOf(record).find((problem) => stepOf(problem) === step);
}

/** The record with a problem in place of the one that the same step had before. */
export function withProblem(record: PartitionRecord, problem: Problem): PartitionRecord {
  return withProblems(record, [problem, ...problemsOf(record).filter((other) => stepOf(other) !== stepOf(problem))]);
}

/** The record after a step has gone well. */
export function withoutProblem(record: PartitionRecord, step: FailedStep): PartitionRecord {
  const others = problemsOf(record).filter((problem) => stepOf(problem) !== step);
  return withProblems(record, others);
}

type Recorded = Pick<PartitionRecord, 'problem' | 'otherProblem'>;

function withProblems(
  { problem: _, otherProblem: __, ...record }: PartitionRecord,
  [problem, otherProblem]: readonly Problem[],
): PartitionRecord {
  if (problem === undefined) return record;
  return otherProblem === undefined ? { ...record, problem } : { ...record, problem, otherProblem };
}
