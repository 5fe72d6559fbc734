import { placeBySources } from '../../src/billing/placement.ts';
import { handleCopyMessage } from '../../src/copy/handleCopyMessage.ts';
import { handleTick } from '../../src/finalize/handleTick.ts';
import type { FinalizeTimings } from '../../src/finalize/services.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Message } from '../../src/ledger/message.ts';
import { isDirty, type PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { compareWarehouse } from '../../src/programs/local/compareWarehouse.ts';
import { parseCopyMessage } from '../../src/queue/copyMessage.ts';
import { parseTick, type Tick } from '../../src/queue/tick.ts';
import { discoverSource } from '../../src/reconcile/discover.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import { sweep } from '../../src/sweep/sweep.ts';
import { type Warehouse, WarehouseBroken } from '../../src/warehouse/warehouse.ts';
import { Outages, scheduleMishaps } from './mishaps.ts';
import { following, observedLedger, observedWarehouse, override } from './observed.ts';
import { isStuckIn, Oracle } from './oracle.ts';
import {
  type Arrival,
  isImpossible,
  type PartitionPlan,
  partitionOf,
  reportsOf,
  type Scenario,
  sourceOf,
  straysOf,
} from './scenario.ts';
import { asEffects, type Process, randomFrom, Scheduler } from './scheduler.ts';
import { SimulatedLedger } from './simulatedLedger.ts';
import { type Consumer, SimulatedQueue } from './simulatedQueue.ts';
import { SimulatedBuckets, simulatedStore } from './simulatedStore.ts';
import { SimulatedWarehouse } from './simulatedWarehouse.ts';
import { startUp } from './startUp.ts';

const STAGING = 'staging';
const DEPLOYMENT = { stage: 'simulated', stagingBucket: STAGING };
const MAX_STEPS = 20_000;
/** Well before its lease is over. */
const HAND_ON_AFTER_SECONDS = 20;
/** Whoever has started the reactor looks after so long whether it has come up. */
const UP_WITHIN_SECONDS = 200;
const NO_FAULTS = { crash: 0, error: 0, delay: 0, duplicate: 0, lose: 0, skipRows: 0, analyticsFail: 0 };

/** Breaks one part of the world on purpose, to see that the oracle notices. Each gets the part and answers what takes its place. */
export interface Mutation {
  readonly ledger?: (ledger: Ledger) => Ledger;
  readonly warehouse?: (warehouse: Warehouse) => Warehouse;
  readonly copy?: (copy: Consumer) => Consumer;
  readonly store?: (store: ObjectStore) => ObjectStore;
  readonly finalize?: (finalize: Consumer) => Consumer;
  /** Takes the place of what a start compares (local/compareWarehouse.ts). */
  readonly compare?: typeof compareWarehouse;
  readonly settings?: Partial<FinalizeTimings>;
}

export interface Options {
  readonly mutation?: Mutation;
  /** Hold the world to invariant 6 as well: for scenarios without faults. */
  readonly progressSeconds?: number;
  /** Hold it to invariant 6 in that no more runs than these are begun in vain after the ledger was restored. */
  readonly fencedOffAtMost?: number;
}

export const settings: FinalizeTimings = {
  quietSeconds: 30,
  maxWaitSeconds: 300,
  leaseSeconds: 60,
  retryBaseSeconds: 10,
  retryMaxSeconds: 100,
  supersededGraceSeconds: 100,
};

/**
 * Plays a scenario with the real copy, manifest, finalize and reconcile workflows: first with its faults until nothing
 * moves any more, then without, after one reconcile and two sweeps. Throws with the trace when an invariant is broken.
 */
export async function simulate(scenario: Scenario, options: Options = {}): Promise<void> {
  const scheduler = new Scheduler(randomFrom(scenario.seed), scenario.faults);
  const world = new World(scenario, scheduler, options);
  try {
    world.scheduleArrivals();
    world.scheduleMishaps();
    await world.run();
    const lossless = scenario.faults.lose === 0;
    if (lossless) await world.oracle.atRest();
    world.calm();
    world.reconcile();
    await world.run();
    // A tick that was noted and lost keeps the first sweep's from being sent on; there is a sweep every few minutes.
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
      const [services, message] = [this.#staging(process), parseCopyMessage(body)];
      await handleCopyMessage(services, message, services.place(message.bucket, message.key));
    };
    this.#copyQueue = new SimulatedQueue('copy', scheduler, {
      consumer: (mutation.copy ?? same)(copy),
      onAcknowledge: (body) => void this.oracle.acknowledged(body),
      onFailure: (error) => this.#endIfBroken(error),
      mayLose: false,
    });
    const finalize: Consumer = (process, body) => this.#finalize(process, body);
    this.#finalizeQueue = new SimulatedQueue('finalize', scheduler, {
      consumer: (mutation.finalize ?? same)(finalize),
      onAcknowledge: () => {},
      onFailure: (error) => this.#endIfBroken(error),
      mayLose: true,
    });
  }

  /** Objects appear one after the other; each raises an event, which may be lost, and which takes its time. */
  scheduleArrivals(): void {
    this.#scenario.plans.forEach((plan, index) => {
      const { bucket } = sourceOf(index, plan);
      for (const { deliveries } of reportsOf(index, plan)) {
        let at = this.#scheduler.now;
        for (const { arrivals, pauseSeconds } of deliveries) {
          at = this.#scheduleEach(bucket, arrivals, at) + pauseSeconds * 1000;
          this.#scheduler.at(at, 'somebody refreshes the external table by hand', () => this.#refreshByHand());
        }
      }
      this.#scheduleEach(bucket, straysOf(index, plan), this.#scheduler.now);
    });
  }

  /** Answers when the last one appears. */
  #scheduleEach(bucket: string, arrivals: readonly Arrival[], from: number): number {
    let at = from;
    for (const { afterSeconds, key, content } of arrivals) {
      at += afterSeconds * 1000;
      this.#scheduler.at(at, `${bucket} gets ${key} (${content.etag})`, () => {
        this.#scheduler.disturb();
        this.#buckets.put({ bucket, key }, content, this.#scheduler.now);
        this.#announce(bucket, key);
      });
    }
    return at;
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
    const staging = this.#staging(process);
    const work = async () => {
      for (const source of this.#sources()) await discoverSource(staging, source);
      await sweep(staging);
    };
    work().catch((error: Error) => this.oracle.violations.push(`reconcile failed: ${error.message}`));
  }

  sweep(): void {
    sweep(this.#staging(this.#scheduler.begin('sweep'))).catch((error: Error) =>
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
    const unknown = new Set(plans.flatMap(({ stuck }, index) => (stuck === 'unknown' ? partitionOf(index).payer : [])));
    const staged = (key: string) => this.#buckets.get({ bucket: STAGING, key });
    this.#warehouses += 1;
    return new SimulatedWarehouse({
      queryPrefix: `warehouse-${this.#warehouses}/`,
      rowsIn: (key) => staged(key)?.rows,
      isImpossible: (key) => isImpossible(staged(key) ?? { etag: 'gone' }),
      isUntold: (payer) => !this.#calm && unknown.has(payer),
      skipsRows: fault(faults.skipRows),
      now: () => scheduler.now,
      stepSeconds: () => scheduler.random() ** 2 * longestStepSeconds,
      analyticsFail: fault(faults.analyticsFail),
    });
  }

  #endIfBroken(error: Error): void {
    if (error instanceof WarehouseBroken) this.#start();
  }

  /** Everything that works ends, and the reactor is started again. What was in the queues may be lost. */
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
      staging: this.#staging(process),
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
   * Whether nothing happens any more but that what is stuck is tried again: for good, or until an event is found that
   * was lost.
   */
  async #isOver(): Promise<boolean> {
    if (this.#scheduler.expected().some((label) => !label.startsWith('finalize delivers'))) return false;
    const { script } = this.#tables;
    script.passTime();
    if (script.running.length > 0) return false;
    const records = await Promise.all(
      this.#scenario.plans.map((_, index) => this.#sqlite.open.partition(partitionOf(index))),
    );
    const isStuck = (record: PartitionRecord) =>
      isStuckIn('impossible', record) || (!this.#calm && isStuckIn('unknown', record));
    const dirty = records.filter((record) => record !== undefined).filter(isDirty);
    return dirty.length > 0 && dirty.every(isStuck);
  }

  #isStuck({ stuck }: PartitionPlan): boolean {
    return stuck === 'impossible' || (stuck === 'unknown' && !this.#calm);
  }

  #announce(bucket: string, key: string): void {
    const { faults, trace, random } = this.#scheduler;
    if (this.#scheduler.chance(faults.lose)) {
      trace.push('  and its event is lost');
      return;
    }
    const { etag, sequencer } = this.#buckets.get({ bucket, key }) ?? {};
    if (etag === undefined || sequencer === undefined) throw new Error(`${bucket}/${key} was not put`);
    const body = {
      'detail-type': 'Object Created',
      source: 'aws.s3',
      time: new Date(this.#scheduler.now).toISOString(),
      detail: { bucket: { name: bucket }, object: { key, etag, sequencer }, reason: 'PutObject' },
    };
    this.#copyQueue.accept({ body, delaySeconds: random() < 0.2 ? random() * 100 : 0 });
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

  #shared(process: Process) {
    const ledger = asEffects(this.#scheduler, process, 'ledger', this.#ledger);
    return {
      store: this.#observedStore(process),
      ledger,
      notify: (messages: readonly Message[]) => ledger.putIntoOutbox(messages),
      copyQueue: this.#copyQueue.sender(process),
      finalizeQueue: this.#finalizeQueue.sender(process),
      now: () => this.#scheduler.clock,
      report: () => {},
    };
  }

  #staging(process: Process) {
    return {
      ...this.#shared(process),
      ...DEPLOYMENT,
      place: placeBySources(this.#sources()),
      debounce: this.#settings,
    };
  }

  #finalize(process: Process, body: unknown): Promise<void> {
    const settings = { ...this.#settings, ...DEPLOYMENT, holder: process.name };
    const yieldAt = this.#scheduler.clock + HAND_ON_AFTER_SECONDS * 1000;
    return handleTick(this.#finalizing(process), settings, parseTick(body), { yieldAt });
  }

  #finalizing(process: Process) {
    const { script: engine } = this.#warehouse;
    const effects = asEffects(this.#scheduler, process, 'script', engine);
    return {
      ...this.#shared(process),
      warehouse: asEffects(this.#scheduler, process, 'warehouse', this.#warehouse),
      // Reading the script is no effect.
      script: override(effects, { steps: (period, payers) => engine.steps(period, payers) }),
      sleep: (seconds: number) => this.#sleep(process, seconds),
    };
  }

  #sleep(process: Process, seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.at(this.#scheduler.now + seconds * 1000, `${process.name} has waited`, resolve);
    });
  }

  #observedStore(process: Process): ObjectStore {
    const { store: mutate = same } = this.#options.mutation ?? {};
    const store = mutate(simulatedStore(this.#scheduler, process, this.#buckets));
    return {
      ...store,
      delete: async (location) => {
        await store.delete(location);
        await this.oracle.deleted(location.key);
      },
    };
  }
}

function same<Part>(part: Part): Part {
  return part;
}
