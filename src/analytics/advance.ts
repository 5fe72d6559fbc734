import type { AnalyticsRecord, StepFailure } from '../ledger/analyticsRecord.ts';
import type { ScriptRun, Step, StepState } from '../warehouse/script.ts';
import { type AnalyticsServices, saveRun, scriptRun, type Tenure } from './services.ts';

const FIRST_POLL_SECONDS = 1;
const LONGEST_POLL_SECONDS = 30;
/**
 * A step that fails by no fault of its own is submitted so often, and after so long the first time.
 */
const ATTEMPTS = 5;
const FIRST_REPEAT_SECONDS = 15;

/**
 * Takes a run's steps in their order, beginning with the one in flight, until all have taken
 * effect, one fails, or it is better not to wait any longer here. For each step:
 *
 *   1  ledger     the intent
 *   2  warehouse  submit
 *   3  ledger     the query id
 *   4  warehouse  look, again and again
 *   5  ledger     that it has taken effect, with the intent of the next, or with the run's end
 *
 *   cut off after 1 or 2   the step is looked for by what names it, and submitted only if it is not there
 *   cut off later          it is looked for by its query id; how a query ended can be asked any number of times
 *
 * A step that failed for a reason that passes, such as a lock that was not free, is submitted again
 * under another name; after the last attempt the run has failed like any other.
 */
export async function advance(
  services: AnalyticsServices,
  tenure: Tenure,
  begun: AnalyticsRecord,
  steps: readonly Step[],
): Promise<AnalyticsRecord> {
  const { now } = services;
  let record = begun;
  for (const step of steps.slice(begun.stepsDone)) {
    const ended = await attempt(services, tenure, record, step);
    record = ended.record;
    if (ended.state === 'unknown' || ended.state.is === 'running') {
      reportHandedOn(services, tenure, record);
      return record;
    }
    const { inFlight: _, failedAttempts: __, ...rest } = record;
    if (ended.state.is === 'failed') {
      return saveRun(services, tenure, { ...rest, status: 'failed', failure: ended.state.failure, endedAt: now() });
    }
    record = { ...rest, stepsDone: record.stepsDone + 1 };
  }
  return saveRun(services, tenure, { ...record, status: 'done', endedAt: now() });
}

/** Takes one step as far as it gets now, and again as long as it fails for a reason that passes. */
async function attempt(
  services: AnalyticsServices,
  tenure: Tenure,
  before: AnalyticsRecord,
  step: Step,
): Promise<StepProgress> {
  const ended = await runStep(services, tenure, before, step);
  if (ended.state === 'unknown' || ended.state.is !== 'failed' || !ended.state.failure.isTransient) return ended;
  const { inFlight: _, failedAttempts = 0, ...rest } = ended.record;
  if (failedAttempts + 1 >= ATTEMPTS) return ended;
  const record = await saveRun(services, tenure, { ...rest, failedAttempts: failedAttempts + 1 });
  reportRepeated(services, tenure, record, ended.state.failure);
  const seconds = FIRST_REPEAT_SECONDS * 2 ** failedAttempts;
  if (!(await services.mayWait(seconds))) return { record, state: 'unknown' };
  await services.sleep(seconds);
  return attempt(services, tenure, record, step);
}

function reportRepeated(
  { report }: AnalyticsServices,
  { period }: Tenure,
  { run, failedAttempts = 0 }: AnalyticsRecord,
  { code, message }: StepFailure,
): void {
  report({ what: 'analytics-repeated', period, run, attempts: failedAttempts, reason: `${code}: ${message}` });
}

function reportHandedOn({ report }: AnalyticsServices, { period }: Tenure, record: AnalyticsRecord): void {
  const { run, steps, stepsDone, inFlight } = record;
  const progress = { what: 'analytics-handed-on', period, run, stepsDone, steps } as const;
  report(inFlight?.queryId === undefined ? progress : { ...progress, queryId: inFlight.queryId });
}

/**
 * `unknown`: whether the step was submitted cannot be said yet, and there is no time to wait for
 * that.
 */
interface StepProgress {
  readonly record: AnalyticsRecord;
  readonly state: StepState | 'unknown';
}

/** Takes one step as far as it gets now. */
async function runStep(
  services: AnalyticsServices,
  tenure: Tenure,
  before: AnalyticsRecord,
  step: Step,
): Promise<StepProgress> {
  const { script, now } = services;
  const run = scriptRun(tenure, before);
  let record = before;
  let state = await find(services, run, record, step);
  if (state === 'unknown') {
    const { submittedAt = now() } = record.inFlight ?? {};
    const inFlight = { number: step.number, submittedAt, searchingSince: searchBegan(services, record) };
    return { record: await saveRun(services, tenure, { ...record, inFlight }), state };
  }
  if (!state) {
    record = await saveRun(services, tenure, { ...record, inFlight: { number: step.number, submittedAt: now() } });
    state = await script.submit(run, step);
  }
  if (state.is === 'running' && record.inFlight?.queryId === undefined) {
    const { submittedAt = now() } = record.inFlight ?? {};
    const inFlight = { number: step.number, submittedAt, queryId: state.queryId };
    record = await saveRun(services, tenure, { ...record, inFlight });
  }
  return { record, state: await awaitEnd(services, run, step, state) };
}

/**
 * What became of the step in flight; undefined when there is none, or it was never submitted. An
 * earlier holder of the lease may have submitted it until this one raised the fence, which was just
 * now: so what cannot be found is looked for once more when the warehouse must know of it.
 * `unknown` when there is no time for that: then the search goes on later.
 */
async function find(
  services: AnalyticsServices,
  run: ScriptRun,
  record: AnalyticsRecord,
  step: Step,
): Promise<StepState | 'unknown' | undefined> {
  const { script, sleep, mayWait, now } = services;
  const { inFlight } = record;
  if (!inFlight) return undefined;
  const found = await script.look(run, step, inFlight.queryId);
  if (found || inFlight.queryId !== undefined) return found;
  const seconds = script.visibleWithinSeconds - (now() - searchBegan(services, record)) / 1000;
  if (seconds <= 0) return undefined;
  if (!(await mayWait(seconds))) return 'unknown';
  await sleep(seconds);
  return script.look(run, step, undefined);
}

/**
 * Since when the step in flight has been looked for. A moment in the future means that the clock
 * was set back: then the search begins now.
 */
function searchBegan({ now }: AnalyticsServices, { inFlight }: AnalyticsRecord): number {
  return Math.min(inFlight?.searchingSince ?? now(), now());
}

/** Asks at growing intervals until the step has ended, or nobody may wait any longer. */
async function awaitEnd(
  { script, sleep, mayWait }: AnalyticsServices,
  run: ScriptRun,
  step: Step,
  submitted: StepState,
): Promise<StepState> {
  let state = submitted;
  for (
    let seconds = FIRST_POLL_SECONDS;
    state.is === 'running';
    seconds = Math.min(2 * seconds, LONGEST_POLL_SECONDS)
  ) {
    if (!(await mayWait(seconds))) return state;
    await sleep(seconds);
    state = (await script.look(run, step, state.queryId)) ?? state;
  }
  return state;
}
