import type { Payer } from '../billing/payer.ts';
import { placeBySources } from '../billing/placement.ts';
import type { ReconcileProgress, ReconcileRun } from '../ledger/reconcileRuns.ts';
import type { ReconcileMessage } from '../queue/reconcileMessage.ts';
import { endReconcile } from './endReconcile.ts';
import { type PayerCursor, type PayerPart, reconcilePayer } from './reconcilePayer.ts';
import type { ReconcileServices, RunServices } from './services.ts';

/** What is worked on: a payer of a run, from the start or from where the hop before stopped. */
interface PayerWork {
  readonly run: ReconcileRun;
  readonly payer: Payer;
  readonly hop: number;
}

/** One attempt at a message. */
interface Attempt {
  /** When it stops listing: milliseconds since 1970. */
  readonly yieldAt: number;
  /** Whether the message goes to the dead-letter queue if this fails. */
  readonly isLast: boolean;
}

/**
 * Works on a message of the reconcile queue. A payer that fails for the last time is reported with
 * the reason: it must not keep the run of all others from its end. Throws when its run is not known
 * (any more), and what the ledger and the queues throw.
 */
export async function handleReconcileMessage(
  services: ReconcileServices,
  { run: id, payer, hop = 0 }: ReconcileMessage,
  { yieldAt, isLast }: Attempt,
): Promise<void> {
  const run = await services.ledger.reconcileRun(id);
  if (!run) throw new Error(`no reconcile ${id}`);
  services.learn?.(run.sources);
  const working = { ...services, correlationId: id };
  try {
    await workOnPayer(working, { run, payer, hop }, yieldAt);
  } catch (error) {
    if (isLast)
      await endIfAllDone(working, run, await services.ledger.recordReconciled(run, payer, givenUp(run, payer, error)));
    throw error;
  }
}

/** The part of a payer that could not be worked on. */
function givenUp(run: ReconcileRun, payer: Payer, error: unknown): PayerPart {
  const reason = `given up after the last attempt: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
  const sources = run.sources.filter((source) => source.payer === payer);
  return {
    partitions: [],
    unreadable: sources.map(({ bucket, prefix }) => ({ payer, bucket, prefix, reason })),
    overdue: [],
  };
}

/**
 * Works on one payer of a run, as long as there is time; then a message goes on with it. A payer
 * that is done is counted once, and whoever counts the last one ends the run. Any of this may be
 * done again after a crash: a payer that is done is not worked on again, and a run of which all are
 * done is ended by whoever comes next.
 */
export async function workOnPayer(
  services: ReconcileServices,
  { run, payer, hop }: PayerWork,
  yieldAt: number,
): Promise<void> {
  const { ledger, reconcileQueue, now } = services;
  if (await ledger.isReconciled(run.id, payer)) return endIfAllDone(services, run, await progressOf(services, run));
  const from = hop === 0 ? undefined : await ledger.reconcileCursor<PayerCursor>({ run: run.id, payer, hop });
  const stretch = { from, isTimeUp: () => now() >= yieldAt };
  const outcome = await reconcilePayer(servicesOf(services, run, payer), run, payer, stretch);
  if (outcome.is === 'done') {
    return endIfAllDone(services, run, await ledger.recordReconciled(run, payer, outcome.part));
  }
  const next = { run: run.id, payer, hop: hop + 1 };
  await ledger.saveReconcileCursor(run, next, outcome.cursor);
  await reconcileQueue.send([{ body: next, group: payer }]);
}

async function progressOf({ ledger }: ReconcileServices, { id }: ReconcileRun): Promise<ReconcileProgress> {
  const progress = await ledger.reconcileProgress(id);
  if (!progress) throw new Error(`no reconcile ${id}`);
  return progress;
}

async function endIfAllDone(
  services: ReconcileServices,
  run: ReconcileRun,
  { payers, done, ended }: ReconcileProgress,
): Promise<void> {
  if (done >= payers && !ended) await endReconcile(services, run);
}

/**
 * The sources of all buckets that the payer has a part of: another payer's may lie below its own.
 * In a dry run nothing is sent and nothing marked.
 */
function servicesOf(services: ReconcileServices, run: ReconcileRun, payer: Payer): RunServices {
  const buckets = new Set(run.sources.filter((source) => source.payer === payer).map(({ bucket }) => bucket));
  const sources = run.sources.filter(({ bucket }) => buckets.has(bucket));
  const working = run.dryRun ? withoutEffects(services) : services;
  return { ...working, sources, place: placeBySources(sources) };
}

function withoutEffects(services: ReconcileServices): ReconcileServices {
  const silent = { send: async () => {} };
  const nothing = async () => {};
  return {
    ...services,
    copyQueue: silent,
    finalizeQueue: silent,
    tagUnowned: nothing,
    notify: nothing,
    report: () => {},
  };
}
