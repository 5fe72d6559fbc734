import { shortHash } from '../base/shortHash.ts';
import type { AnalyticsMember, AnalyticsRecord, StepFailure } from '../ledger/analyticsRecord.ts';
import type { Step } from '../warehouse/script.ts';
import { FencedOff } from '../warehouse/warehouse.ts';
import { advance } from './advance.ts';
import { type AnalyticsServices, saveRun, scriptRun, type Tenure } from './services.ts';

/**
 * Runs the analytics script over members of a month, or goes on with the run that an earlier
 * invocation has begun.
 *
 *   no run, or one that ended      a new run over the members given
 *   a run that failed, of the      a new run that begins with the step that failed: what took effect before it is
 *   same months and script         not done twice
 *   a run that is done, and of     that run: what follows from it is not all written down yet
 *   which members are given that
 *   no run as new has analysed
 *   a run that goes on             it is carried on, whoever its members are: members that it has not wait for its end
 *   … and is superseded            cancelled, and a new run: the script has changed, all its months were published
 *                                  anew, or the warehouse has seen a newer run
 *
 * Answers the run as it stands when nothing more is to be done now: `failed`, `running`, which a
 * later call takes up, or `done`: the caller does what follows from it. Undefined when a new one
 * would have to begin, and may not yet. Each step of the way is in the ledger before it is taken,
 * so this may be cut off anywhere. Throws LeaseLost, FencedOff, and what the engine's connection
 * throws: the tick is retried.
 */
export async function analyse(
  services: AnalyticsServices,
  tenure: Tenure,
  stale: readonly AnalyticsMember[],
): Promise<AnalyticsRecord | undefined> {
  const last = await services.ledger.analytics(tenure.period);
  if (last?.status === 'done' && stale.some((member) => has(last.members, member) && !hasSeen(member, last)))
    return last;
  if (last?.status !== 'running') return beginIfAllowed(services, tenure, stale, last);
  const plan = planOf(services, tenure, last.members);
  const superseded = await supersededBecause(services, tenure, last, plan);
  const advanced = superseded ?? (await advanceUnlessOver(services, tenure, last, plan));
  if (typeof advanced !== 'string') return advanced;
  const reason = advanced;
  if (last.inFlight) await services.script.cancel(scriptRun(tenure, last), last.inFlight.number, last.inFlight.queryId);
  const cancelled = { ...last, status: 'cancelled', endedAt: services.now() } as const;
  await saveRun(services, tenure, cancelled);
  services.report({ what: 'analytics-cancelled', period: tenure.period, run: last.run, reason });
  return beginIfAllowed(services, tenure, stale, cancelled);
}

/** A script's steps, and their name; or why it cannot be read. */
interface Plan {
  readonly steps: readonly Step[];
  readonly scriptId: string;
  readonly failure?: StepFailure;
}

function planOf({ script }: AnalyticsServices, { period }: Tenure, members: readonly AnalyticsMember[]): Plan {
  try {
    const steps = script.steps(
      period,
      members.map(({ payer }) => payer),
    );
    return { steps, scriptId: shortHash(JSON.stringify(steps)) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { steps: [], scriptId: 'unreadable', failure: { code: 'SCRIPT', message } };
  }
}

async function beginIfAllowed(
  services: AnalyticsServices,
  tenure: Tenure,
  stale: readonly AnalyticsMember[],
  last: AnalyticsRecord | undefined,
): Promise<AnalyticsRecord | undefined> {
  return services.mayBegin ? begin(services, tenure, stale, last) : undefined;
}

async function begin(
  services: AnalyticsServices,
  tenure: Tenure,
  stale: readonly AnalyticsMember[],
  last: AnalyticsRecord | undefined,
): Promise<AnalyticsRecord> {
  const { now, report } = services;
  const plan = planOf(services, tenure, stale);
  const goesOn = last?.status === 'failed' && last.scriptId === plan.scriptId && sameMembers(last.members, stale);
  const record: AnalyticsRecord = {
    run: tenure.epoch,
    status: 'running',
    members: stale,
    scriptId: plan.scriptId,
    steps: plan.steps.length,
    stepsDone: goesOn ? last.stepsDone : 0,
    startedAt: now(),
  };
  if (plan.failure) return saveRun(services, tenure, { ...record, ...failed(plan.failure, now()) });
  const begun = await saveRun(services, tenure, record);
  report({
    what: 'analytics-started',
    period: tenure.period,
    run: record.run,
    partitions: stale.length,
    steps: record.steps,
  });
  return advance(services, tenure, begun, plan.steps);
}

function failed(failure: StepFailure, at: number) {
  return { status: 'failed', failure, endedAt: at } as const;
}

/**
 * Carries a run on; answers why it is over where the warehouse has let a newer one in that the
 * ledger does not know, although the finalizer's own epoch is the newest: then the ledger is older
 * than its warehouse, as after a restore.
 */
async function advanceUnlessOver(
  services: AnalyticsServices,
  tenure: Tenure,
  last: AnalyticsRecord,
  { steps }: Plan,
): Promise<AnalyticsRecord | string> {
  try {
    return await advance(services, tenure, last, steps);
  } catch (error) {
    if (!(error instanceof FencedOff) || error.newest > tenure.epoch) throw error;
    return `the warehouse has seen run ${error.newest}, which the ledger does not know`;
  }
}

async function supersededBecause(
  { ledger, now, maxWaitSeconds }: AnalyticsServices,
  { period }: Tenure,
  record: AnalyticsRecord,
  plan: Plan,
): Promise<string | undefined> {
  if (plan.scriptId !== record.scriptId) return 'the script has changed';
  const age = now() - record.startedAt;
  // Begun in the future: the clock was set back, and nobody knows how old it is.
  if (age >= maxWaitSeconds * 1000 || age < 0) return undefined;
  const published = new Map(
    (await ledger.partitions(period)).map(({ partition, published: is }) => [partition.payer, is]),
  );
  const isOver = ({ payer, publishedEpoch }: AnalyticsMember) => (published.get(payer)?.epoch ?? 0) > publishedEpoch;
  return record.members.every(isOver) ? 'everything that it looks at was published anew' : undefined;
}

function sameMembers(a: readonly AnalyticsMember[], b: readonly AnalyticsMember[]): boolean {
  return a.length === b.length && a.every((member) => has(b, member));
}

/** Whether it is written down that this run has analysed it. */
function hasSeen({ analysedBy }: AnalyticsMember, { run }: AnalyticsRecord): boolean {
  return analysedBy !== undefined && analysedBy >= run;
}

function has(members: readonly AnalyticsMember[], { payer, publishedEpoch }: AnalyticsMember): boolean {
  return members.some((other) => other.payer === payer && other.publishedEpoch === publishedEpoch);
}
