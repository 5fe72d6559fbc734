import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { analyticsStatements, loadScript } from '../analytics/script.ts';
import type { Place } from '../billing/placement.ts';
import type { FinalizeSettings, Finalizing } from '../finalizing/finalizing.ts';
import { handleTick } from '../finalizing/handleTick.ts';
import type { Tick } from '../finalizing/tick.ts';
import { isDirty, type PartitionRecord } from '../ledger/partitionRecord.ts';
import { SqliteLedger } from '../ledger/sqliteLedger.ts';
import type { Report } from '../notify/events.ts';
import { sweep } from '../reconcile/sweep.ts';
import { handleObjectCreated } from '../staging/handleObjectCreated.ts';
import type { ObjectStore } from '../staging/objectStore.ts';
import type { Queue } from '../staging/queue.ts';
import type { Staging } from '../staging/staging.ts';
import { type DuckdbWarehouse, openDuckdbWarehouse } from '../warehouse/duckdb/warehouse.ts';

import { WarehouseBroken } from '../warehouse/warehouse.ts';
import { type Consumer, consume, type Handler } from './consume.ts';

import { type DeadLetter, MemoryQueue } from './memoryQueue.ts';
import { ledgerPath, stagingRoot, warehousePath } from './state.ts';
import { lockState } from './stateLock.ts';

const STAGING_BUCKET = 'staging';
const SCRIPT = fileURLToPath(new URL('../../sql/analytics_wastage_queries.sql', import.meta.url));
const COPIES_AT_ONCE = 16;
const MAX_RECEIVES = 5;
/** No message is taken for lost while this process lives: its handlers end, however long they take. */
const VISIBILITY_SECONDS = 43_200;
/** A failed partition is tried this often before the run ends without it. */
const MAX_ATTEMPTS = 3;
const LOOK_AGAIN_MS = 50;

/** What the embedded reactor is made for: its folder, and how it sees the sources. */
export interface StackOptions {
  /** The state's folder; it is made when it is not there. */
  readonly keep: string;
  /** The source buckets' store, given the folder of the staging bucket and its name. */
  readonly store: (stagingBucket: string, stagingFolder: string) => ObjectStore;
  readonly place: Place;
  readonly settings: FinalizeSettings;
  readonly report: Report;
  /** Takes what a message failed with for the last time: it becomes a dead letter. */
  readonly onGivenUp: (error: unknown) => void;
}

/** The embedded reactor at work: the second composition root, beside functions/. */
export interface Stack {
  readonly staging: Staging;
  readonly ledger: SqliteLedger;
  readonly warehouse: DuckdbWarehouse;
  /** The copy queue, for whoever feeds it: sending waits until what was sent has been worked on, so memory stays flat. */
  readonly sourceQueue: Queue<object>;
  /**
   * Resolves when nothing more will happen by itself: all is published, or waits for the source, or has failed for good.
   * Rejects with WarehouseBroken when the warehouse has to be opened again: then this process can only end.
   */
  readonly settled: () => Promise<void>;
  readonly deadLetters: () => DeadLetter<unknown>[];
  readonly close: () => Promise<void>;
}

/** Opens the state, wires the workflows, and starts to work. Throws StateInUse when another process has the state. */
export async function openStack(options: StackOptions): Promise<Stack> {
  const { keep, place, settings, report } = options;
  const staged = stagingRoot(keep);
  await mkdir(staged, { recursive: true });
  await using opened = new AsyncDisposableStack();
  opened.defer(lockState(keep));
  const script = await loadScript(SCRIPT);
  const ledger = new SqliteLedger(ledgerPath(keep));
  opened.defer(() => ledger.close());
  // Nobody else works on this state (the lock says so): what a killed process held is free.
  ledger.takeOver();
  const warehouse = await openDuckdbWarehouse({
    path: warehousePath(keep),
    stagingRoot: staged,
    analyticsStatements: (period, payers) => analyticsStatements(script, period, payers),
  });
  opened.defer(() => warehouse.close());
  const copyQueue = newQueue<object>();
  const finalizeQueue = newQueue<Tick>();
  const shared = {
    store: options.store(STAGING_BUCKET, staged),
    ledger,
    copyQueue,
    finalizeQueue,
    stagingBucket: STAGING_BUCKET,
    now: Date.now,
    report,
    // Nobody else listens.
    tell: async () => {},
    stage: 'local',
  };
  const staging: Staging = { ...shared, place, debounce: settings };
  const finalizing: Finalizing = {
    ...shared,
    warehouse,
    script: warehouse.script,
    settings,
    sleep: (seconds) => wait(seconds * 1000),
    // Nothing ends this process by itself.
    handOnAt: Number.POSITIVE_INFINITY,
    holder: randomUUID(),
  };
  const stop = new AbortController();
  let broken: WarehouseBroken | undefined;
  const copies = consume(
    copyQueue,
    tellingGivenUp(options.onGivenUp, async (body) => {
      // Small files are worked on without a wait (directoryStore.ts): timers and signals get their turn here.
      await setImmediate();
      await handleObjectCreated(staging, body);
    }),
    consuming(COPIES_AT_ONCE, stop.signal),
  );
  const finalize = tellingGivenUp<Tick>(options.onGivenUp, async (body) => {
    if (broken) throw broken;
    await handleTick(finalizing, body).catch((error: unknown) => {
      if (error instanceof WarehouseBroken) broken = error;
      throw error;
    });
  });
  const runs = consume(finalizeQueue, finalize, consuming(1, stop.signal));
  opened.defer(async () => {
    stop.abort();
    await Promise.all([copies.stopped, runs.stopped]);
  });
  const kept = opened.move();
  return {
    staging,
    ledger,
    warehouse,
    sourceQueue: {
      send: async (messages) => {
        await copyQueue.send(messages);
        await copies.idle();
      },
    },
    settled: () => settle({ staging, copyQueue, finalizeQueue, consumers: [copies, runs], whyBroken: () => broken }),
    deadLetters: () => [...copyQueue.deadLetters(), ...finalizeQueue.deadLetters()],
    close: () => kept.disposeAsync(),
  };
}

function tellingGivenUp<Message>(onGivenUp: StackOptions['onGivenUp'], handler: Handler<Message>): Handler<Message> {
  return async (body, context) => {
    try {
      await handler(body, context);
    } catch (error) {
      if (context.receiveCount >= MAX_RECEIVES) onGivenUp(error);
      throw error;
    }
  };
}

function newQueue<Message>(): MemoryQueue<Message> {
  const setTimer = (callback: () => void, delayMs: number) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  };
  return new MemoryQueue({ visibilitySeconds: VISIBILITY_SECONDS, maxReceives: MAX_RECEIVES, now: Date.now, setTimer });
}

function consuming(concurrency: number, signal: AbortSignal) {
  return { concurrency, signal, backoffSeconds: (receiveCount: number) => receiveCount };
}

/** What is waited for. */
interface Settling {
  readonly staging: Staging;
  readonly copyQueue: MemoryQueue<object>;
  readonly finalizeQueue: MemoryQueue<Tick>;
  readonly consumers: readonly Consumer[];
  readonly whyBroken: () => WarehouseBroken | undefined;
}

/**
 * Waits until the queues are empty and no partition is dirty, but for those that have failed often enough, and those of
 * a period whose tick was given up meanwhile: its run fails every time, and nobody says which partition's fault it is.
 * A tick that got lost is no reason to wait forever: the sweep sends it again.
 */
async function settle({ staging, copyQueue, finalizeQueue, consumers, whyBroken }: Settling): Promise<void> {
  const givenUpBefore = finalizeQueue.deadLetters().length;
  for (;;) {
    for (const consumer of consumers) await consumer.idle();
    const broken = whyBroken();
    if (broken) throw broken;
    const [copies, ticks] = [copyQueue.pending(), finalizeQueue.pending()];
    if (copies.ready + copies.inFlight + ticks.ready + ticks.inFlight > 0) continue;
    const givenUp = finalizeQueue.deadLetters().slice(givenUpBefore);
    const hopeless = new Set(givenUp.flatMap(({ body }) => ('period' in body ? body.period : [])));
    const hopeful = (await dirtyPartitions(staging)).filter(
      ({ partition, problem }) => !hopeless.has(partition.period) && (problem?.attempts ?? 0) < MAX_ATTEMPTS,
    );
    if (copies.delayed === 0 && hopeful.length === 0) return;
    if (copies.delayed === 0 && ticks.delayed === 0) await sweep(staging);
    await wait(LOOK_AGAIN_MS);
  }
}

async function dirtyPartitions({ ledger }: Staging): Promise<PartitionRecord[]> {
  const records: PartitionRecord[] = [];
  for (const period of await ledger.periods()) records.push(...(await ledger.partitions(period)).filter(isDirty));
  return records;
}
