import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { type Partition, partitionName } from '../../src/billing/partition.ts';
import { type Payer, parsePayer } from '../../src/billing/payer.ts';
import { handleTick } from '../../src/finalize/handleTick.ts';
import type { FinalizeServices, FinalizeTimings } from '../../src/finalize/services.ts';
import type { QueueMessage } from '../../src/queue/queue.ts';
import type { Tick } from '../../src/queue/tick.ts';
import { sweep } from '../../src/sweep/sweep.ts';
import { type Warehouse, WarehouseUnavailable } from '../../src/warehouse/warehouse.ts';
import { deliveryOf, PERIOD } from '../ledger/records.ts';
import { override } from '../simulation/observed.ts';
import { FinalizerWorld } from './finalizerWorld.ts';
import { VirtualClock } from './virtualClock.ts';

// serverless.yml and resources/queues.yml.
const TIMEOUT_SECONDS = 900;
const HAND_ON_SECONDS = 90;
const VISIBILITY_SECONDS = 5400;
const MAX_RECEIVES = 5;
const SWEEP_SECONDS = 300;
const HOUR_MS = 3_600_000;

/** What prod decides of the finalizer. */
export const PROD = z
  .object({
    quietSeconds: z.number(),
    maxWaitSeconds: z.number(),
    supersededGraceSeconds: z.number(),
    finalizeConcurrency: z.number(),
    finalizeStatements: z.number(),
    partitionSeconds: z.number(),
  })
  .parse(prodParams());

function prodParams(): object {
  const { params } = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'silent' });
  return { ...params.default, ...params.prod };
}

const SETTINGS: FinalizeTimings = {
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

interface Message {
  readonly body: Tick;
  receives: number;
  isDone: boolean;
}

/** What a statement is about, where it is about one partition. */
interface Statement {
  readonly partition?: Partition;
  readonly signal?: AbortSignal | undefined;
}

/** One invocation. Once it is dead, nothing more of it ever happens. */
interface Life {
  isDead: boolean;
}

/**
 * The finalize function as AWS runs it, in virtual time: invocations that are killed after 900 s, a
 * queue that delivers a message again until it is acknowledged, and gives it up after five times, a
 * sweep every five minutes.
 */
export class LambdaWorld {
  readonly base = new FinalizerWorld(SETTINGS);
  readonly clock = new VirtualClock(this.base);
  readonly partitions: readonly Partition[];
  /** When each partition was published first, in seconds since the beginning. */
  readonly publishedAfter = new Map<string, number>();
  killed = 0;
  invocations = 0;
  deadLetters = 0;
  readonly #start = this.base.now;
  readonly #behaviour: Behaviour;
  readonly #waiting: Message[] = [];
  #running = 0;

  private constructor(partitions: readonly Partition[], behaviour: Behaviour) {
    this.partitions = partitions;
    this.#behaviour = behaviour;
    this.base.stepSeconds = behaviour.stepSeconds;
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
    if (this.invocations === 0) this.#sweepNow();
    await this.clock.play(this.#start + hours * HOUR_MS, isOver);
  }

  /** How many have passed since the beginning. */
  get hours(): number {
    return (this.base.now - this.#start) / HOUR_MS;
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
    const { ledger } = this.base;
    const finalizeQueue = { send: async (messages: readonly QueueMessage<Tick>[]) => this.#send(messages) };
    void sweep({ ledger, finalizeQueue, debounce: this.base.settings, now: () => this.base.now });
    this.clock.setTimer(() => this.#sweepNow(), SWEEP_SECONDS * 1000);
  }

  #send(messages: readonly QueueMessage<Tick>[]): void {
    for (const { body, delaySeconds = 0 } of messages) {
      const message = { body: JSON.parse(JSON.stringify(body)), receives: 0, isDone: false };
      this.#makeVisible(message, delaySeconds);
    }
  }

  #makeVisible(message: Message, delaySeconds: number): void {
    this.clock.setTimer(() => {
      if (message.isDone) return;
      this.#waiting.push(message);
      this.#receive();
    }, delaySeconds * 1000);
  }

  #receive(): void {
    while (this.#running < PROD.finalizeConcurrency) {
      const message = this.#waiting.shift();
      if (!message) return;
      message.receives += 1;
      if (message.receives > MAX_RECEIVES) {
        this.deadLetters += 1;
        continue;
      }
      this.#makeVisible(message, VISIBILITY_SECONDS);
      void this.#invoke(message);
    }
  }

  async #invoke(message: Message): Promise<void> {
    this.#running += 1;
    this.invocations += 1;
    const life: Life = { isDead: false };
    const ended = Promise.withResolvers<void>();
    const cancel = this.clock.setTimer(() => {
      life.isDead = true;
      this.killed += 1;
      ended.resolve();
    }, TIMEOUT_SECONDS * 1000);
    const yieldAt = this.base.now + (TIMEOUT_SECONDS - HAND_ON_SECONDS) * 1000;
    const work = handleTick(this.#services(life), this.base.settings, message.body, { yieldAt }).then(() => {
      if (!life.isDead) message.isDone = true;
    });
    await Promise.race([work.catch(() => undefined), ended.promise]);
    cancel();
    this.#running -= 1;
    this.#receive();
  }

  #services(life: Life): FinalizeServices {
    const { clock, base } = this;
    const finalizeQueue = { send: async (messages: readonly QueueMessage<Tick>[]) => this.#send(messages) };
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

/** An object of a process: once that is dead, its calls do nothing, and are never answered. */
function mortal<Target extends object>(target: Target, life: Life): Target {
  return new Proxy(target, {
    get(object, property) {
      const member: unknown = Reflect.get(object, property, object);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (life.isDead) return never();
        const answer: unknown = member.apply(object, args);
        if (!(answer instanceof Promise)) return answer;
        return answer.finally(() => (life.isDead ? never() : undefined));
      };
    },
  });
}

function never(): Promise<never> {
  return new Promise(() => {});
}
