import { type Partition, partitionName } from '../billing/partition.ts';
import type { Problem } from '../ledger/problems.ts';
import { type CurrencyCost, costsOf } from '../warehouse/currencyCosts.ts';
import { auditProblem, registrationProblem } from './auditing.ts';
import { withinBudget } from './budget.ts';
import { type Audited, fail, type Publishable, rowsOf } from './candidate.ts';
import { throwIfUnanswered } from './probe.ts';
import type { FinalizeServices, FinalizeSettings, Run } from './services.ts';
import { isQuickAgain, longerSlice, sliceOf } from './slices.ts';

type Problematic = Pick<Problem, 'what' | 'message'>;

/**
 * Registers and audits a partition within its slice of time; records and reports what is found.
 * Answers the partition with its costs when it may be published. One whose slice is used up is
 * postponed, and has failed when that was its whole budget. When the signal is aborted, its
 * statements are cancelled, and the signal's reason is thrown.
 */
export async function audit(
  services: FinalizeServices,
  settings: FinalizeSettings,
  { run, signal }: { readonly run: Run; readonly signal: AbortSignal },
  candidate: Publishable,
): Promise<Audited | undefined> {
  const { partition, record } = candidate;
  const begunAt = services.now();
  const slice = { seconds: sliceOf(record, settings), signal, late: (seconds: number) => new SliceUsedUp(seconds) };
  const found = await withinBudget(services, slice, (own) => registerAndAudit(services, run, candidate, own)).catch(
    async (error: unknown): Promise<Problematic | Postponed> => {
      signal.throwIfAborted();
      await throwIfUnanswered(services, run, partition.payer, error);
      const nextSeconds = error instanceof SliceUsedUp ? longerSlice(error.seconds, settings) : undefined;
      if (nextSeconds !== undefined) return { what: 'partition-postponed', nextSeconds };
      const reason = error instanceof Error ? error.message : String(error);
      return { what: 'registration-failed', message: `${partitionName(partition)}: ${reason}` };
    },
  );
  if (found.what === 'partition-postponed') {
    await giveSlice(services, run, partition, found.nextSeconds);
    services.report({ ...found, partition });
    return undefined;
  }
  if (found.what !== 'passed') {
    await fail(services, settings, run, { record, ...found });
    return undefined;
  }
  services.report({ what: 'rows-verified', partition, rows: rowsOf(candidate) });
  const tookSeconds = (services.now() - begunAt) / 1000;
  if (isQuickAgain(record, tookSeconds, settings)) await giveSlice(services, run, partition, undefined);
  return { ...candidate, costs: found.costs };
}

/** Its files may be published, and cost so much. */
interface Passed {
  readonly what: 'passed';
  readonly costs: readonly CurrencyCost[];
}

/** It has used up its slice of time, and may have a longer one. */
interface Postponed {
  readonly what: 'partition-postponed';
  readonly nextSeconds: number;
}

/** A partition's statements were cancelled because its slice of time was used up. */
class SliceUsedUp extends Error {
  override readonly name = 'SliceUsedUp';
  readonly seconds: number;

  constructor(seconds: number) {
    super(`the warehouse had not read its files after ${seconds} s, and they were cancelled`);
    this.seconds = seconds;
  }
}

/** Notes how long the next try may take: undefined is as long as a first one. */
async function giveSlice(
  { ledger }: FinalizeServices,
  { epoch }: Run,
  partition: Partition,
  sliceSeconds: number | undefined,
): Promise<void> {
  await ledger.commit(partition, epoch, { kind: 'sliced', sliceSeconds });
}

/** Why these files must not be published, or what they cost. */
async function registerAndAudit(
  { warehouse }: FinalizeServices,
  { stopwatch }: Run,
  { partition, files }: Publishable,
  signal: AbortSignal,
): Promise<Problematic | Passed> {
  const statuses = await stopwatch.time('register', () => warehouse.register(partition, files, signal));
  const unregistered = registrationProblem(partition, files, statuses);
  if (unregistered) return { what: 'registration-failed', message: unregistered };
  // Nobody listens any more: no other statement is begun.
  signal.throwIfAborted();
  const audits = await stopwatch.time('audit', () => warehouse.audit(partition, files, signal));
  const mismatch = auditProblem(partition, files, audits);
  if (mismatch) return { what: 'verification-failed', message: mismatch };
  return { what: 'passed', costs: costsOf(audits) };
}
