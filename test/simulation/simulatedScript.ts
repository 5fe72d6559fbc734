import { lastNumberOf, stepsOf } from '../../src/analytics/steps.ts';
import type { Payer } from '../../src/billing/payer.ts';
import type { Period } from '../../src/billing/period.ts';
import type { ScriptEngine, ScriptRun, Step, StepState } from '../../src/warehouse/script.ts';
import { FencedOff } from '../../src/warehouse/warehouse.ts';
import { rendered } from '../analytics/rendered.ts';

/** What the simulated script needs of the world around it. */
export interface ScriptWorld {
  readonly now: () => number;
  /** No two warehouses name a query alike. */
  readonly queryPrefix?: string;
  /** How long a step takes. */
  readonly stepSeconds: () => number;
  readonly fails: (payers: readonly Payer[]) => boolean;
  /** A finalizer's run is refused that an older epoch than this one's has. */
  readonly epochFence: (period: Period) => number;
  /** The script's last step takes effect for these payers. */
  readonly analysed: (period: Period, payers: readonly Payer[]) => void;
}

interface Query {
  readonly id: string;
  readonly name: string;
  /** By which it is found: another one each time that the step is submitted. */
  readonly tag: string;
  readonly run: ScriptRun;
  readonly step: Step;
  readonly submittedAt: number;
  readonly endsAt: number;
  state: StepState;
}

/** Of the two statements outside of a transaction each leaves a trace every time that it runs. */
const SCRIPT = ['create table a', 'begin', 'delete', 'insert', 'commit', 'call b()'];
const INVISIBLE_SECONDS = 30;

/**
 * Runs a script of three steps as queries over time, as Snowflake does: a query goes on without
 * whoever submitted it, and is in the history a little later. Its fields are open: the oracle looks
 * at them.
 */
export class SimulatedScript implements ScriptEngine {
  readonly visibleWithinSeconds = INVISIBLE_SECONDS;
  /** How often each step took effect, by run and step. */
  readonly effects = new Map<string, number>();
  /** The newest run that was let in, by period. */
  readonly fences = new Map<Period, number>();
  readonly #committed = new Set<string>();
  readonly #payers = new Map<Step, readonly Payer[]>();
  readonly #world: ScriptWorld;
  #queries: Query[] = [];
  /** The script of today. */
  statements: readonly string[] = SCRIPT;

  constructor(world: ScriptWorld) {
    this.#world = world;
  }

  steps(_period: Period, payers: readonly Payer[]): readonly Step[] {
    const texts = this.statements.map((text) => (text === 'insert' ? `insert for ${payers.join(', ')}` : text));
    const steps = stepsOf(rendered(texts));
    for (const step of steps) this.#payers.set(step, payers);
    return steps;
  }

  async submit(run: ScriptRun, step: Step): Promise<StepState> {
    this.passTime();
    this.#pass(run);
    const { now, stepSeconds } = this.#world;
    const id = `${this.#world.queryPrefix ?? ''}query-${this.#queries.length + 1}`;
    const endsAt = now() + stepSeconds() * 1000;
    const query: Query = {
      id,
      name: nameOf(run, step.number),
      tag: tagOf(run, step.number),
      run,
      step,
      submittedAt: now(),
      endsAt,
      state: { is: 'running', queryId: id },
    };
    this.#queries.push(query);
    this.passTime();
    return query.state;
  }

  async look(run: ScriptRun, step: Step, queryId: string | undefined): Promise<StepState | undefined> {
    this.passTime();
    return this.#find(run, step.number, queryId)?.state;
  }

  async cancel(run: ScriptRun, stepNumber: number, queryId: string | undefined): Promise<void> {
    this.passTime();
    const query = this.#find(run, stepNumber, queryId);
    if (query?.state.is === 'running') query.state = failed('000604', 'SQL execution canceled', query.id);
  }

  /** Queries that are still running, whoever submitted them. */
  get running(): readonly string[] {
    return this.#queries.filter(({ state }) => state.is === 'running').map(({ name }) => name);
  }

  /** What has ended by now takes effect, in the order in which it ended. */
  passTime(): void {
    const ended = this.#queries
      .filter(({ state, endsAt }) => state.is === 'running' && endsAt <= this.#world.now())
      .sort((a, b) => a.endsAt - b.endsAt);
    for (const query of ended) query.state = this.#end(query);
  }

  #end({ id, run, step, name }: Query): StepState {
    const payers = this.#payers.get(step) ?? [];
    if (this.#world.fails(payers)) return failed('100038', 'Numeric value is not recognized', id);
    const isTransaction = step.items.some(({ is }) => is === 'transaction');
    if (isTransaction && run.number < (this.fences.get(run.period) ?? 0)) {
      return failed('FENCED', `fenced off by run ${this.fences.get(run.period)}`, id);
    }
    if (isTransaction && this.#committed.has(name)) return { is: 'done', queryId: id };
    this.#committed.add(name);
    this.effects.set(name, (this.effects.get(name) ?? 0) + 1);
    const lastNumber = step.items.map(lastNumberOf).at(-1);
    if (lastNumber === this.statements.length) this.#world.analysed(run.period, payers);
    return { is: 'done', queryId: id };
  }

  #find(run: ScriptRun, stepNumber: number, queryId: string | undefined): Query | undefined {
    if (queryId !== undefined) return this.#queries.find(({ id }) => id === queryId);
    const visible = this.#queries.filter(
      ({ submittedAt }) => submittedAt + INVISIBLE_SECONDS * 1000 <= this.#world.now(),
    );
    return visible.find(({ tag }) => tag === tagOf(run, stepNumber));
  }

  #pass({ period, number, epoch }: ScriptRun): void {
    const newest = this.fences.get(period) ?? 0;
    if (number < newest) throw new FencedOff(`script run ${number} of ${period} is over: ${newest} runs now`, newest);
    const fence = this.#world.epochFence(period);
    if (epoch < fence) throw new FencedOff(`epoch ${epoch} of ${period} is over: ${fence} runs now`, fence);
    this.fences.set(period, number);
  }
}

function tagOf(run: ScriptRun, stepNumber: number): string {
  return `${nameOf(run, stepNumber)}:${run.attempt ?? 1}`;
}

function nameOf({ period, number }: ScriptRun, stepNumber: number): string {
  return `${period}:${number}:${stepNumber}`;
}

function failed(code: string, message: string, queryId: string): StepState {
  return { is: 'failed', failure: { code, message, queryId } };
}
