import { handleCopyMessage } from '../../src/copy/handleCopyMessage.ts';
import { handleTick } from '../../src/finalize/handleTick.ts';
import type { FinalizeTimings } from '../../src/finalize/services.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { compareWarehouse } from '../../src/programs/local/compareWarehouse.ts';
import { parseCopyMessage } from '../../src/queue/copyMessage.ts';
import { parseTick, type Tick } from '../../src/queue/tick.ts';
import { discoverSource } from '../../src/reconcile/discover.ts';
import { sweep } from '../../src/sweep/sweep.ts';
import { type Warehouse, WarehouseBroken } from '../../src/warehouse/warehouse.ts';
import { scheduleArrivals } from './arrivals.ts';
import { Outages, scheduleMishaps } from './mishaps.ts';
import type { Options } from './mutation.ts';
import { following, observedLedger, observedWarehouse, override } from './observed.ts';
import { Oracle } from './oracle.ts';
import { isImpossible, type PartitionPlan, partitionOf, type Scenario, sourceOf } from './scenario.ts';
import { asEffects, type Process, randomFrom, Scheduler } from './scheduler.ts';
import { servicesOf } from './services.ts';
import { NO_FAULTS, settings } from './settings.ts';
import { SimulatedLedger } from './simulatedLedger.ts';
import { type Consumer, SimulatedQueue } from './simulatedQueue.ts';
import { SimulatedBuckets } from './simulatedStore.ts';
import { SimulatedWarehouse } from './simulatedWarehouse.ts';
import { slownessOf } from './slowWarehouse.ts';
import { startUp } from './startUp.ts';
import { isPlannedAs, isStuckIn, isUnfinished } from './watched.ts';

const STAGING = 'staging';
const MAX_STEPS = 20_000;
/** Whoever has started the reactor looks after so long whether it has come up. */
const UP_WITHIN_SECONDS = 200;

/**
 * Plays a scenario with the real copy, manifest, finalize and reconcile workflows: first with its
 * faults until nothing moves any more, then without, after one reconcile and two sweeps. Throws
 * with the trace when an invariant is broken.
 */
export async function simulate(scenario: Scenario, options: Options = {}): Promise<void> {
  const scheduler = new Scheduler(randomFrom(scenario.seed), scenario.faults);
  const world = new World(scenario, scheduler, options);
  try {
    world.scheduleArrivals();
    world.scheduleMishaps();
    await world.run();
    if (scenario.faults.lose === 0) await world.oracle.atRest();
    world.calm();
    world.reconcile();
    await world.run();
    // A tick that was noted and lost keeps the first sweep's from being sent on; there is a sweep
    // every few minutes.
    world.sweep();
    await world.run();
    await world.oracle.atRest();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\n\ntrace:\n${scheduler.trace.join('\n')}`);
  } finally {
    world.close();
  }
}

class World {
  readonly oracle: Oracle;
  readonly #scenario: Scenario;
  readonly #scheduler: Scheduler;
  readonly #options: Options;
  readonly #settings: FinalizeTimings;
  readonly #buckets = new SimulatedBuckets();
  readonly #sqlite = new SimulatedLedger();
  readonly #outages = new Outages();
  readonly #ledger: Ledger;
  #tables: SimulatedWarehouse;
  readonly #warehouse: Warehouse;
  readonly #copyQueue: SimulatedQueue<object>;
  readonly #finalizeQueue: SimulatedQueue<Tick>;
  #calm = false;
  #starts = 0;
  #warehouses = 0;

  constructor(scenario: Scenario, scheduler: Scheduler, options: Options) {
    this.#scenario = scenario;
    this.#scheduler = scheduler;
    this.#options = options;
    const { mutation = {} } = options;
    this.#settings = { ...settings, supersededGraceSeconds: scenario.graceSeconds, ...mutation.settings };
    this.#tables = this.#emptyWarehouse();
    scheduler.refusal = (label) => this.#outages.refusal(label);
    const ledger = following<Ledger>(() => this.#sqlite.open);
    const tables = following(() => this.#tables);
    this.oracle = new Oracle(scenario.plans, {
      ledger,
      warehouse: tables,
      buckets: this.#buckets,
      now: () => scheduler.clock,
      maxWaitSeconds: this.#settings.maxWaitSeconds,
      isStuck: (plan) => this.#isStuck(plan),
      fencedOffAtMost: options.fencedOffAtMost ?? Number.POSITIVE_INFINITY,
    });
    this.#ledger = observedLedger((mutation.ledger ?? same)(ledger), this.oracle);
    const script = following(() => this.#tables.script);
    const warehouse = override<Warehouse>(tables, { script });
    this.#warehouse = observedWarehouse((mutation.warehouse ?? same)(warehouse), this.oracle);
    const copy: Consumer = async (process, body) => {
      const [services, message] = [this.#services(process).staging(), parseCopyMessage(body)];
      await handleCopyMessage(services, message, services.place(message.bucket, message.key));
    };
    this.#copyQueue = new SimulatedQueue('copy', scheduler, {
      consumer: (mutation.copy ?? same)(copy),
      onAcknowledge: (body) => void this.oracle.acknowledged(body),
      onFailure: (error) => this.#endIfBroken(error),
      mayLose: false,
    });
    const finalize: Consumer = (process, body) => {
      const { finalizing, settings: timings, invocation } = this.#services(process);
      return handleTick(finalizing(), timings(), parseTick(body), invocation());
    };
    this.#finalizeQueue = new SimulatedQueue('finalize', scheduler, {
      consumer: (mutation.finalize ?? same)(finalize),
      onAcknowledge: () => {},
      onFailure: (error) => this.#endIfBroken(error),
      mayLose: true,
    });
  }

  scheduleArrivals(): void {
    scheduleArrivals(this.#scenario.plans, {
      scheduler: this.#scheduler,
      buckets: this.#buckets,
      send: (body, delaySeconds) => this.#copyQueue.accept({ body, delaySeconds }),
      refreshByHand: () => this.#refreshByHand(),
    });
  }

  scheduleMishaps(): void {
    scheduleMishaps(this.#scenario.mishaps ?? [], {
      scheduler: this.#scheduler,
      outages: this.#outages,
      ledger: this.#sqlite,
      oracle: this.oracle,
      loseWarehouse: () => {
        this.#tables = this.#emptyWarehouse();
      },
      start: () => this.#start(),
    });
  }

  async run(): Promise<void> {
    const { progressSeconds } = this.#options;
    const watch = async () => {
      if (progressSeconds !== undefined) await this.oracle.progress(progressSeconds);
      await this.oracle.step();
    };
    await this.#scheduler.run(MAX_STEPS, watch, () => this.#isOver());
    this.oracle.rested((this.#scheduler.now - this.#scheduler.disturbedAt) / 1000);
  }

  /** From now on, nothing goes wrong any more. */
  calm(): void {
    this.#calm = true;
    this.#scheduler.faults = NO_FAULTS;
    this.#scheduler.disturb();
    if (this.#outages.isBroken) this.#start();
  }

  /** One reconcile over every source, and one sweep. */
  reconcile(): void {
    const process = this.#scheduler.begin('reconcile');
    const staging = this.#services(process).staging();
    const work = async () => {
      for (const source of this.#sources()) await discoverSource(staging, source);
      await sweep(staging);
    };
    work().catch((error: Error) => this.oracle.violations.push(`reconcile failed: ${error.message}`));
  }

  sweep(): void {
    sweep(this.#services(this.#scheduler.begin('sweep')).staging()).catch((error: Error) =>
      this.oracle.violations.push(`sweep failed: ${error.message}`),
    );
  }

  close(): void {
    this.#sqlite.close();
  }

  #emptyWarehouse(): SimulatedWarehouse {
    const { plans, faults, longestStepSeconds } = this.#scenario;
    const scheduler = this.#scheduler;
    const fault = (probability: number) => () => {
      const fails = !this.#calm && scheduler.chance(probability);
      if (fails) scheduler.disturb();
      return fails;
    };
    const staged = (key: string) => this.#buckets.get({ bucket: STAGING, key });
    this.#warehouses += 1;
    return new SimulatedWarehouse({
      queryPrefix: `warehouse-${this.#warehouses}/`,
      rowsIn: (key) => staged(key)?.rows,
      isImpossible: (key) => isImpossible(staged(key) ?? { etag: 'gone' }),
      hasNoTotals: (payer) => !this.#calm && isPlannedAs('unknown', plans, payer),
      skipsRows: fault(faults.skipRows),
      now: () => scheduler.now,
      stepSeconds: () => scheduler.random() ** 2 * longestStepSeconds,
      analyticsFail: fault(faults.analyticsFail),
      checksFail: fault(faults.analyticsFail),
    });
  }

  #endIfBroken(error: Error): void {
    if (error instanceof WarehouseBroken) this.#start();
  }

  /**
   * Everything that works ends, and the reactor is started again. What was in the queues may be
   * lost.
   */
  #start(): void {
    const scheduler = this.#scheduler;
    scheduler.killAll();
    if (scheduler.chance(0.5)) for (const queue of [this.#copyQueue, this.#finalizeQueue]) queue.empty();
    this.#outages.isBroken = false;
    this.#sqlite.openAgain();
    this.#starts += 1;
    const number = this.#starts;
    let isUp = false;
    const process = scheduler.begin(`start-${number}`);
    startUp({
      staging: this.#services(process).staging(),
      warehouse: asEffects(scheduler, process, 'warehouse', this.#warehouse),
      sources: this.#sources(),
      compare: this.#options.mutation?.compare ?? compareWarehouse,
    }).then(
      () => {
        isUp = true;
      },
      (error: Error) => scheduler.trace.push(`start-${number} fails: ${error.message}`),
    );
    scheduler.at(scheduler.now + UP_WITHIN_SECONDS * 1000, 'somebody looks whether it is up', () => {
      if (!isUp && number === this.#starts) this.#start();
    });
  }

  /**
   * Whether nothing happens any more but that what is stuck is tried again: for good, or until an
   * event is found that was lost.
   */
  async #isOver(): Promise<boolean> {
    if (this.#scheduler.expected().some((label) => !label.startsWith('finalize delivers'))) return false;
    const { script } = this.#tables;
    script.passTime();
    if (script.running.length > 0) return false;
    const { plans } = this.#scenario;
    const records = await Promise.all(plans.map((_, index) => this.#sqlite.open.partition(partitionOf(index))));
    // Any statement may have hung once; only those of such a partition will again.
    const isHanging = (record: PartitionRecord) =>
      isPlannedAs('hangs', plans, record.partition.payer) && isStuckIn('hangs', record);
    const isStuck = (record: PartitionRecord) =>
      isStuckIn('impossible', record) || (!this.#calm && (isStuckIn('unknown', record) || isHanging(record)));
    const unfinished = records.filter((record) => record !== undefined).filter(isUnfinished);
    return unfinished.length > 0 && unfinished.every(isStuck);
  }

  #isStuck({ stuck }: PartitionPlan): boolean {
    return stuck === 'impossible' || (stuck !== undefined && !this.#calm);
  }

  #refreshByHand(): void {
    for (const key of this.#buckets.keys(STAGING, '')) {
      if (this.#tables.registered.has(key)) continue;
      this.#tables.registered.set(key, this.#buckets.get({ bucket: STAGING, key })?.rows ?? 0);
    }
  }

  #sources() {
    return this.#scenario.plans.map((plan, index) => sourceOf(index, plan));
  }

  #services(process: Process) {
    return servicesOf(process, {
      scheduler: this.#scheduler,
      ledger: this.#ledger,
      warehouse: this.#warehouse,
      slowness: slownessOf(this.#scenario, () => this.#calm),
      mutateTimer: this.#options.mutation?.timer ?? same,
      buckets: this.#buckets,
      mutateStore: this.#options.mutation?.store ?? same,
      onDeleted: (key) => this.oracle.deleted(key),
      copyQueue: this.#copyQueue,
      finalizeQueue: this.#finalizeQueue,
      sources: this.#sources(),
      settings: this.#settings,
      stagingBucket: STAGING,
    });
  }
}

function same<Part>(part: Part): Part {
  return part;
}
