import pMap from 'p-map';
import { type LoadedPayers, loadPayers, type PayersOrigins, payersOf } from '../config/loadPayers.ts';
import type { ReconcileRun } from '../ledger/reconcileRuns.ts';
import { endReconcile } from './endReconcile.ts';
import { type ReconcileAnswer, reconcileAnswer } from './reconcileAnswer.ts';
import { parseReconcileInput, parseRunInput, ReconcileInputInvalid, type ReconcileRequest } from './reconcileInput.ts';
import type { PayerPart } from './reconcilePayer.ts';
import type { ReconcileServices } from './services.ts';
import { workOnPayer } from './workOnPayer.ts';

/** The invocation that asks. */
interface Invocation {
  /**
   * Names the run: the same where AWS invokes a second time because the first has failed. Where
   * that run has ended, it is another one, with a number.
   */
  readonly id: string;
  /** When it stops waiting for payers that are on their way: milliseconds since 1970. */
  readonly yieldAt: number;
}

const POLL_SECONDS = 2;

/**
 * The reconcile workflow: loads the payers' configuration, stores it for the copy function, and
 * looks at every wanted payer's sources as if nothing were known. The configuration is stored
 * before the first message is queued: whoever works on that message finds its payer. A dry run
 * changes nothing but its own record.
 *
 * Few payers are worked on at once. Of many, each has a message of the reconcile queue, and this
 * waits for them while it has time. It answers the report on what is done then; with `{"run": id}`
 * that of an earlier run, at once.
 *
 * Throws ReconcileInputInvalid before anything is done, and what `loadPayers`, the ledger and the
 * queues throw.
 */
export async function reconcile(
  services: ReconcileServices,
  origins: Pick<PayersOrigins, 'readTable' | 'fallback'>,
  input: unknown,
  invocation: Invocation,
): Promise<ReconcileAnswer> {
  const earlier = parseRunInput(input);
  if (earlier !== undefined) return answerOf(services, earlier);
  const { ledger, now, report } = services;
  const { learn } = services;
  const loaded = await loadPayers({ ...origins, learn, cached: () => ledger.configuration(), now, report });
  const request = parseReconcileInput(input, payersOf(loaded.sources), now());
  if (loaded.toSave && !request.dryRun) await ledger.saveConfiguration(loaded.toSave);
  const id = await notEnded(services, invocation.id);
  await ledger.openReconcile(runOf(id, loaded, request, now()));
  const run = await knownRun(services, id);
  if (!run.dryRun) await ledger.noteActivity({ reconcileBegun: { run: id, startedAt: run.startedAt } });
  await work({ ...services, correlationId: id }, run, invocation.yieldAt);
  return answerOf(services, id);
}

async function notEnded({ ledger }: ReconcileServices, id: string): Promise<string> {
  for (let nth = 1; ; nth += 1) {
    const name = nth === 1 ? id : `${id}-${nth}`;
    if (!(await ledger.reconcileProgress(name))?.ended) return name;
  }
}

function runOf(id: string, loaded: LoadedPayers, request: ReconcileRequest, startedAt: number): ReconcileRun {
  const { from, sources, wrongRows, readAt, why } = loaded;
  const configuration = { from, payers: payersOf(sources).size, wrongRows, readAt, why };
  return { id, startedAt, ...request, sources, configuration };
}

/** All payers at once, or by messages; then waits for the end. */
async function work(services: ReconcileServices, run: ReconcileRun, yieldAt: number): Promise<void> {
  const { ledger, reconcileQueue, inlinePayers, concurrency, now, sleep } = services;
  const { id, payers } = run;
  if (payers.length === 0) await endReconcile(services, run);
  if (payers.length <= inlinePayers) {
    await pMap(payers, (payer) => workOnPayer(services, { run, payer, hop: 0 }, yieldAt), { concurrency });
  } else {
    await reconcileQueue.send(payers.map((payer) => ({ body: { run: id, payer }, group: payer })));
  }
  while (now() < yieldAt && !(await ledger.reconcileProgress(id))?.ended) await sleep(POLL_SECONDS);
}

async function answerOf(services: ReconcileServices, id: string): Promise<ReconcileAnswer> {
  const { ledger } = services;
  const run = await knownRun(services, id);
  const progress = (await ledger.reconcileProgress(id)) ?? { payers: run.payers.length, done: 0 };
  return reconcileAnswer(run, progress, await ledger.reconciledParts<PayerPart>(id));
}

async function knownRun({ ledger }: ReconcileServices, id: string): Promise<ReconcileRun> {
  const run = await ledger.reconcileRun(id);
  if (!run) throw new ReconcileInputInvalid(`cannot reconcile: run must be one of the last days, got "${id}"`);
  return run;
}
