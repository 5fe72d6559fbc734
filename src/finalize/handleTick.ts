import { decide } from '../ledger/decide.ts';
import { type PeriodTick, type Tick, tickAt } from '../queue/tick.ts';
import { FencedOff, WarehouseUnavailable } from '../warehouse/warehouse.ts';
import { clearAway } from './removeSuperseded.ts';
import { runFinalization } from './run.ts';
import { type FinalizeServices, type FinalizeSettings, type Invocation, isOvertaken, type Run } from './services.ts';
import { startStopwatch } from './stopwatch.ts';

/**
 * A warehouse that does not answer is asked again after this long: the sweep wakes the period as
 * often.
 */
const UNAVAILABLE_PAUSE_SECONDS = 300;

/**
 * The finalize workflow: one tick. Looks whether anything of the period is due (or something is to
 * be removed), takes the lease, runs, and leaves a tick behind while anything is dirty. When it
 * returns, the tick may be acknowledged: the next look is in the queue. A warehouse that does not
 * answer is nobody's failure: the lease is freed, and a tick sent for later. Other trouble that is
 * not one partition's own is thrown: the lease is freed, and the tick stays in its queue for retry.
 * A tick for the outbox is not for it.
 */
export async function handleTick(
  services: FinalizeServices,
  settings: FinalizeSettings,
  tick: Tick,
  { yieldAt, correlationId }: Invocation = {},
): Promise<void> {
  if ('outbox' in tick) return;
  await handlePeriodTick(services, settings, { ...tick, yieldAt, correlationId: tick.correlationId ?? correlationId });
}

async function handlePeriodTick(
  services: FinalizeServices,
  settings: FinalizeSettings,
  tick: PeriodTick & Invocation,
): Promise<void> {
  const { period, clear = false, correlationId, yieldAt } = tick;
  const { ledger, now, report } = services;
  const decision = decide(await ledger.partitions(period), now(), settings);
  if (!clear && decision.act === 'rest') return;
  if (!clear && decision.act === 'wait') return tickAgain(services, tick, decision.until);

  const startedAt = now();
  const leaseEnd = startedAt + settings.leaseSeconds * 1000;
  const lease = await ledger.acquireLease(period, settings.holder, startedAt, leaseEnd);
  if (!lease.taken) return tickAgain(services, tick, lease.heldUntil);
  const run: Run = { period, epoch: lease.epoch, stopwatch: startStopwatch(now), correlationId, yieldAt };
  try {
    // What was due before the lease was taken may have been finalized by its last holder.
    const due = decide(await ledger.partitions(period), now(), settings);
    if (due.act === 'run') await runFinalization(services, settings, run, due);
    if (clear) await clearPeriod(services, settings, run);
  } catch (error) {
    await release(services, run);
    if (error instanceof WarehouseUnavailable) {
      report({ what: 'warehouse-unavailable', period, reason: error.message });
      return tickAgain(services, tick, now() + UNAVAILABLE_PAUSE_SECONDS * 1000);
    }
    if (!isOvertaken(error)) throw error;
    report({ what: 'lease-lost', period, epoch: run.epoch });
    await followWarehouse(services, run, error);
    // The newer run may be at work on this very message, and die when it is gone: leave a tick for
    // after its lease.
    const { lease: newer } = await ledger.period(period);
    return tickAgain(services, tick, newer?.until ?? now());
  }
  await ledger.releaseLease(period, run.epoch);
  const next = decide(await ledger.partitions(period), now(), settings);
  if (next.act === 'run') await tickAgain(services, tick, now());
  if (next.act === 'wait') await tickAgain(services, tick, next.until);
}

/**
 * Frees the lease after a failure. What has failed may be the ledger: it is asked twice, and why
 * the run has failed is never hidden. A lease that stays runs out.
 */
async function release({ ledger }: FinalizeServices, { period, epoch }: Run): Promise<void> {
  await ledger
    .releaseLease(period, epoch)
    .catch(() => ledger.releaseLease(period, epoch))
    .catch(() => undefined);
}

/**
 * A warehouse that has seen a higher epoch than the ledger ever handed out says that the ledger was
 * restored, or lost its newest writes: epochs go on from the warehouse's, instead of being fenced
 * off one by one.
 */
async function followWarehouse({ ledger, report }: FinalizeServices, { period }: Run, error: unknown): Promise<void> {
  if (!(error instanceof FencedOff)) return;
  const { epoch } = await ledger.period(period);
  if (epoch >= error.newest) return;
  report({ what: 'ledger-behind', period, epoch, warehouseEpoch: error.newest });
  await ledger.raiseEpoch(period, error.newest);
}

/**
 * Removes what is superseded in the period's clean partitions; for those that are dirty, their own
 * run does it.
 */
async function clearPeriod(services: FinalizeServices, settings: FinalizeSettings, run: Run): Promise<void> {
  const records = await services.ledger.partitions(run.period);
  await clearAway(
    services,
    settings,
    run,
    records.map(({ partition }) => partition.payer),
  );
}

/**
 * Sends a tick for `at`, unless one is on its way that comes no later: ticks must not multiply. It
 * is noted after it was sent, so that a crash in between costs a double and never the tick.
 */
async function tickAgain(
  { ledger, finalizeQueue, now }: FinalizeServices,
  { period, correlationId, notedFor: ownNote }: PeriodTick,
  at: number,
): Promise<void> {
  const { nextTickAt } = await ledger.period(period);
  // A delay is rounded up to whole seconds. The tick that is being handled is on its way no more,
  // though a clock that was set back may say that it comes later.
  const isOnItsWay = nextTickAt !== undefined && nextTickAt > now() && nextTickAt !== ownNote;
  if (isOnItsWay && nextTickAt < at + 1000) return;
  const tick = tickAt(period, at, now(), correlationId);
  const notedFor = now() + tick.delaySeconds * 1000;
  await finalizeQueue.send([{ ...tick, body: { ...tick.body, notedFor } }]);
  await ledger.noteTick(period, notedFor);
}
