import { setImmediate } from 'node:timers/promises';
import type { Payer } from '../../src/billing/payer.ts';
import type { ScriptEngine, ScriptRun, Step, StepState } from '../../src/warehouse/script.ts';

/**
 * Runs the whole script. The state of the last step, or of the first that failed: those after it
 * are not run.
 */
export async function runScript(
  script: ScriptEngine,
  run: ScriptRun,
  payers: readonly Payer[],
): Promise<StepState | undefined> {
  let state: StepState | undefined;
  for (const step of script.steps(run.period, payers)) {
    state = await runStep(script, run, step);
    if (state.is === 'failed') return state;
  }
  return state;
}

/** Submits a step and looks until it has ended. */
export async function runStep(script: ScriptEngine, run: ScriptRun, step: Step): Promise<StepState> {
  return awaitStep(script, run, step, await script.submit(run, step));
}

/** Looks until a step has ended. */
export async function awaitStep(
  script: ScriptEngine,
  run: ScriptRun,
  step: Step,
  submitted: StepState,
): Promise<StepState> {
  let state = submitted;
  while (state.is === 'running') {
    await setImmediate();
    state = (await script.look(run, step, state.queryId)) ?? state;
  }
  return state;
}

/** The steps of a script of which the test knows how many there are. */
export function firstStep(steps: readonly Step[]): Step {
  const [step] = steps;
  if (!step) throw new Error('the script has no step');
  return step;
}
