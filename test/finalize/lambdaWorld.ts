import { type Partition, partitionName } from '../../src/billing/partition.ts';
import { type Payer, parsePayer } from '../../src/billing/payer.ts';
import { handleTick } from '../../src/finalize/handleTick.ts';
import type { FinalizeServices, FinalizeTimings } from '../../src/finalize/services.ts';
import type { Queue } from '../../src/queue/queue.ts';
import type { Tick } from '../../src/queue/tick.ts';
import { sweep } from '../../src/sweep/sweep.ts';
import { type Warehouse, WarehouseUnavailable } from '../../src/warehouse/warehouse.ts';
import { deliveryOf, PERIOD } from '../ledger/records.ts';
import { override } from '../simulation/observed.ts';
import { PROD, QUEUES } from '../virtualTime/deployed.ts';
import { EventSource, type Life, mortal, never, type Received } from '../virtualTime/eventSource.ts';
import { VirtualClock } from '../virtualTime/virtualClock.ts';
import { FinalizerWorld } from './finalizerWorld.ts';

/** As functions/finalize.ts has it. */
const HAND_ON_SECONDS = 90;
const SWEEP_SECONDS = 300;
const HOUR_MS = 3_600_000;

/** The finalizer's timings in prod. */
export const PROD_TIMINGS: FinalizeTimings = {
  ...PROD,
  statementsAtOnce: PROD.finalizeStatements,
  leaseSeconds: 960,
  retryBaseSeconds: 60,
  retryMaxSeconds: 3600,
};

/** How the warehouse of a world behaves. Seconds are those of virtual time. */
export interface Behaviour {
  readonly registerSeconds: (payer: Payer) => number;
  readonly auditSeconds: number;
  readonly publishSeconds: number;
  /** Whether no statement for this payer ever ends by itself. */
  readonly hangs: (payer: Payer) => boolean;
  /** What comes of every statement at a moment, in hours since the beginning. */
  readonly stateAt: (hours: number) => 'well' | 'refusing' | 'hanging';
  /** How long each step of the analytics takes. */
  readonly stepSeconds: number;
}

const BEHAVIOUR: Behaviour = {
  registerSeconds: () => 4,
  auditSeconds: 4,
  publishSeconds: 2,
  hangs: () => false,
  stateAt: () => 'well',
  stepSeconds: 0,
};

/** What a statement is about, where it is about one partition. */
interface Statement {
  readonly partition?: Partition;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The finalize function as AWS runs it, in virtual time: invocations that are killed after 900 s, a
 * queue that delivers a message again until it is acknowledged, and gives it up after five times, a
 * sweep every five minutes.
 */
export class LambdaWorld {
  readonly base = new FinalizerWorld(PROD_TIMINGS);
  readonly clock = new VirtualClock(this.base);
  readonly partitions: readonly Partition[];
  /** When each partition was published first, in seconds since the beginning. */
  readonly publishedAfter = new Map<string, number>();
  readonly #start = this.base.now;
  readonly #behaviour: Behaviour;
  readonly #function: EventSource<Tick>;
  #isSweeping = false;

  private constructor(partitions: readonly Partition[], behaviour: Behaviour) {
    this.partitions = partitions;
    this.#behaviour = behaviour;
    this.base.stepSeconds = behaviour.stepSeconds;
    this.#function = new EventSource(this.clock, QUEUES.finalize, ([message], life) => this.#invoke(message, life));
  }

  /** So many payers whose deliveries are all complete, and due at once. */
  static async withPayers(count: number, behaviour: Partial<Behaviour> = {}): Promise<LambdaWorld> {
    const partitions = Array.from({ length: count }, (_, index) => ({
      payer: parsePayer(String(100_000_000_000 + index)),
      period: PERIOD,
    }));
    const world = new LambdaWorld(partitions, { ...BEHAVIOUR, ...behaviour });
    for (const partition of partitions) await world.deliver(partition, 'first');
    return world;
  }

  async deliver(partition: Partition, etag: string): Promise<void> {
    const version = await this.base.stage({ partition, key: 'a', etag });
    const id = `${partition.payer}-${etag}`;
    await this.base.deliver(deliveryOf({ partition, id, lastModified: this.base.now, files: [version] }));
  }

  /** Lets so many hours pass, or less when `isOver`. */
  async play(hours: number, isOver?: () => boolean): Promise<void> {
    if (!this.#isSweeping) this.#sweepNow();
    await this.clock.play(this.#start + hours * HOUR_MS, isOver);
  }

  /** How many have passed since the beginning. */
  get hours(): number {
    return (this.base.now - this.#start) / HOUR_MS;
  }

  get invocations(): number {
    return this.#function.invocations;
  }

  get killed(): number {
    return this.#function.killed;
  }

  get deadLetters(): number {
    return this.#function.deadLetters.length;
  }

  get published(): number {
    return this.publishedAfter.size;
  }

  /** When the last of the partitions that are published was, in minutes. */
  get lastPublishedMinutes(): number {
    return Math.max(0, ...this.publishedAfter.values()) / 60;
  }

  close(): void {
    this.base.close();
  }

  #sweepNow(): void {
    this.#isSweeping = true;
    const { ledger } = this.base;
    void sweep({ ledger, finalizeQueue: this.#queue(), debounce: this.base.settings, now: () => this.base.now });
    this.clock.setTimer(() => this.#sweepNow(), SWEEP_SECONDS * 1000);
  }

  #queue(): Queue<Tick> {
    return { send: async (messages) => this.#function.send(messages) };
  }

  async #invoke(message: Received<Tick> | undefined, life: Life): Promise<string[]> {
    if (!message) return [];
    const yieldAt = this.base.now + (QUEUES.finalize.timeoutSeconds - HAND_ON_SECONDS) * 1000;
    await handleTick(this.#services(life), this.base.settings, message.body, { yieldAt });
    return [];
  }

  #services(life: Life): FinalizeServices {
    const { clock, base } = this;
    const finalizeQueue = this.#queue();
    const services = base.finalizing({ warehouse: this.#warehouse(), finalizeQueue });
    return {
      ...services,
      ledger: mortal(services.ledger, life),
      warehouse: mortal(services.warehouse, life),
      script: mortal(services.script, life),
      store: { ...services.store, delete: mortal(services.store, life).delete },
      finalizeQueue: mortal(finalizeQueue, life),
      sleep: (seconds) => clock.sleep(seconds).then(() => (life.isDead ? never() : undefined)),
      setTimer: (callback, delayMs) => clock.setTimer(() => !life.isDead && callback(), delayMs),
    };
  }

  #warehouse(): Warehouse {
    const { tables } = this.base;
    const { registerSeconds, auditSeconds, publishSeconds } = this.#behaviour;
    return override<Warehouse>(tables, {
      raiseFence: async (period, epoch, signal) => {
        await this.#takes(1, { signal });
        return tables.raiseFence(period, epoch);
      },
      published: async (period, payers, signal) => {
        await this.#takes(1, { signal });
        return tables.published(period, payers);
      },
      register: async (partition, files, signal) => {
        await this.#takes(registerSeconds(partition.payer), { partition, signal });
        return tables.register(partition, files);
      },
      audit: async (partition, files, signal) => {
        await this.#takes(auditSeconds, { partition, signal });
        return tables.audit(partition, files);
      },
      publish: async (period, epoch, publications, signal) => {
        await this.#takes(publishSeconds, { signal });
        await tables.publish(period, epoch, publications);
        for (const { partition } of publications) {
          const name = partitionName(partition);
          if (!this.publishedAfter.has(name)) this.publishedAfter.set(name, (this.base.now - this.#start) / 1000);
        }
      },
    });
  }

  /** A statement takes its time, or never ends, or is refused. */
  async #takes(seconds: number, of: Statement = {}) {
    const { hangs, stateAt } = this.#behaviour;
    const state = stateAt(this.hours);
    if (state === 'refusing') throw new WarehouseUnavailable('no way to Snowflake');
    const isHanging = state === 'hanging' || (of.partition !== undefined && hangs(of.partition.payer));
    if (!isHanging) return this.clock.sleep(seconds);
    await new Promise((_, reject) => of.signal?.addEventListener('abort', () => reject(of.signal?.reason)));
  }
}
