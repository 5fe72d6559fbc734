import type { Moment } from '../base/moment.ts';
import { type Partition, partitionName } from '../billing/partition.ts';
import type { Message } from '../ledger/message.ts';
import type { Problem } from '../ledger/problems.ts';
import { compose, type Fields, isoOf, type MessageContext } from './compose.ts';
import type { Cost, FindingTotal, UnknownCheck } from './schema.ts';

/** What became visible, and what the analytics found in it. */
interface Finalized extends Pick<Fields<'finalized'>, 'files' | 'rows' | 'deliveryId' | 'owners'> {
  /**
   * The epoch of the run that published it: it names the publish, however late and often that is
   * reported.
   */
  readonly publishedEpoch: number;
  /** The newest source LastModified in it: milliseconds since 1970. */
  readonly asOf: Moment;
  /** What it costs, unblended: one entry per currency. */
  readonly costs: readonly Cost[];
  /** One entry per check that found something, and currency. */
  readonly findings: readonly FindingTotal[];
  /** Which of them failed, and which this report cannot answer, and why. */
  readonly failedChecks: readonly UnknownCheck[];
  readonly unknownChecks: readonly UnknownCheck[];
}

/**
 * Nobody has so many currencies or checks, or such long names of them: a message has to stay small.
 */
const MAX_ENTRIES = 50;
/** Of checks and currencies; how many are left out is said. */
const MAX_FINDINGS = 100;
const MAX_CHECKS = 100;
const MAX_NAME_LENGTH = 64;
const MAX_CURRENCY_LENGTH = 8;
const MAX_REASON_LENGTH = 64;

/** Readers see a new set, and analytics have run over it. One per publish. */
export function finalized(context: MessageContext, partition: Partition, is: Finalized): Message {
  const { publishedEpoch, files, rows, asOf, deliveryId, owners } = is;
  const costs = is.costs.slice(0, MAX_ENTRIES).map(({ currency, cost }) => ({ currency: currencyOf(currency), cost }));
  const findings = is.findings
    .toSorted((a, b) => b.estimatedSaving - a.estimatedSaving)
    .slice(0, MAX_FINDINGS)
    .map(({ check, currency, count, estimatedSaving }) => ({
      check: nameOf(check),
      currency: currencyOf(currency),
      count,
      estimatedSaving,
    }));
  const happened = [partitionName(partition), publishedEpoch];
  const checksFailed = is.failedChecks.slice(0, MAX_CHECKS).map(({ check }) => checkName(check));
  const checksUnknown = is.unknownChecks
    .slice(0, MAX_ENTRIES)
    .map(({ check, reason }) => ({ check: checkName(check), reason: reason.slice(0, MAX_REASON_LENGTH) }));
  const findingsLeftOut = is.findings.length - findings.length;
  const found = { findings, findingsLeftOut, checksFailed, checksUnknown, owners };
  const fields = { files, rows, costs, asOf: isoOf(asOf), deliveryId, ...found };
  return compose(context, { ...partition, what: 'finalized', happened, fields });
}

function nameOf(name: string): string {
  return name.slice(0, MAX_NAME_LENGTH);
}

/** As a mark in the script names it: letters, digits and hyphens. */
function checkName(check: string): string {
  return nameOf(check).replace(/[^\w-]/g, '_');
}

function currencyOf(currency: string | null): string | null {
  return currency === null ? null : currency.slice(0, MAX_CURRENCY_LENGTH);
}

/**
 * The analytics failed, in full or for a statement of theirs; what was published stays. One per
 * failed attempt: a run that was cut off before the ledger had the problem makes the same attempt
 * again, under the same id.
 */
export function analyticsFailed(
  context: MessageContext,
  partition: Partition,
  problem: ReportedProblem,
  failure: Pick<Fields<'analytics-failed'>, 'statement' | 'code' | 'message' | 'queryId'> = problem,
): Message {
  const { statement, code, message, queryId } = failure;
  const fields = { attempts: problem.attempts, statement, code, message, queryId };
  return compose(context, { ...partition, what: 'analytics-failed', happened: attemptOf(partition, problem), fields });
}

/**
 * Registration or audit failed: the set published before stays visible. One per failed attempt, as
 * above.
 */
export function verificationFailed(context: MessageContext, partition: Partition, problem: ReportedProblem): Message {
  const fields = { reason: problem.message, attempts: problem.attempts };
  const happened = [...attemptOf(partition, problem), problem.what];
  return compose(context, { ...partition, what: 'verification-failed', happened, fields });
}

/** What a message needs of a problem. */
type ReportedProblem = Pick<Problem, 'what' | 'message' | 'attempts' | 'changes'>;

/**
 * Attempts begin at 1 again after changes have been settled: so the count of changes distinguishes
 * them.
 */
function attemptOf(partition: Partition, { changes, attempts }: ReportedProblem): readonly (string | number)[] {
  return [partitionName(partition), changes, attempts];
}
