import { partitionName } from '../billing/partition.ts';
import type { Problem } from '../ledger/problems.ts';
import { auditProblem, registrationProblem } from './auditing.ts';
import { withinBudget } from './budget.ts';
import { fail, type Publishable, rowsOf } from './candidate.ts';
import { throwIfUnanswered } from './probe.ts';
import type { FinalizeServices, FinalizeSettings, Run } from './services.ts';

type Found = Pick<Problem, 'what' | 'message'>;

/**
 * Registers and audits a partition within its budget; records and reports what is found. Answers
 * whether it may be published. When the signal is aborted, its statements are cancelled, and the
 * signal's reason is thrown.
 */
export async function passesAudit(
  services: FinalizeServices,
  settings: FinalizeSettings,
  { run, signal }: { readonly run: Run; readonly signal: AbortSignal },
  candidate: Publishable,
): Promise<boolean> {
  const { partition, record } = candidate;
  const budget = { seconds: settings.partitionSeconds, signal, late: (seconds: number) => new BudgetUsedUp(seconds) };
  const found = await withinBudget(services, budget, (own) => findProblem(services, run, candidate, own)).catch(
    async (error: unknown): Promise<Found> => {
      signal.throwIfAborted();
      await throwIfUnanswered(services, run, partition.payer, error);
      const reason = error instanceof Error ? error.message : String(error);
      return { what: 'registration-failed', message: `${partitionName(partition)}: ${reason}` };
    },
  );
  if (found) {
    await fail(services, settings, run, { record, ...found });
    return false;
  }
  services.report({ what: 'rows-verified', partition, rows: rowsOf(candidate) });
  return true;
}

/** A partition's statements were cancelled because its budget was used up. */
class BudgetUsedUp extends Error {
  override readonly name = 'BudgetUsedUp';

  constructor(seconds: number) {
    super(`the warehouse had not read its files after ${seconds} s, and they were cancelled`);
  }
}

/** Why these files must not be published. */
async function findProblem(
  { warehouse }: FinalizeServices,
  { stopwatch }: Run,
  { partition, files }: Publishable,
  signal: AbortSignal,
): Promise<Found | undefined> {
  const statuses = await stopwatch.time('register', () => warehouse.register(partition, files, signal));
  const unregistered = registrationProblem(partition, files, statuses);
  if (unregistered) return { what: 'registration-failed', message: unregistered };
  // Nobody listens any more: no other statement is begun.
  signal.throwIfAborted();
  const audits = await stopwatch.time('audit', () => warehouse.audit(partition, files, signal));
  const mismatch = auditProblem(partition, files, audits);
  return mismatch ? { what: 'verification-failed', message: mismatch } : undefined;
}
