import { randomUUID } from 'node:crypto';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type { DuckdbWarehouse } from '../../adapters/duckdb/warehouse.ts';
import { type Consumer, consume, type Handler } from '../../adapters/memory/consume.ts';
import { type DeadLetter, MemoryQueue } from '../../adapters/memory/queue.ts';
import type { SqliteLedger } from '../../adapters/sqlite/ledger.ts';
import type { Period } from '../../billing/period.ts';
import type { Place } from '../../billing/placement.ts';
import { handleCopyMessage } from '../../copy/handleCopyMessage.ts';
import type { CopyServices } from '../../copy/services.ts';
import { handleTick } from '../../finalize/handleTick.ts';
import type { FinalizeServices, FinalizeSettings, FinalizeTimings } from '../../finalize/services.ts';
import { hasChanges, isDirty, type PartitionRecord, wantsAnalytics } from '../../ledger/partitionRecord.ts';
import { type FailedStep, problemOf } from '../../ledger/problems.ts';
import type { CopyRequest } from '../../queue/copyMessage.ts';
import type { Queue } from '../../queue/queue.ts';
import type { Tick } from '../../queue/tick.ts';
import type { ObjectStore } from '../../store/objectStore.ts';
import { sweep } from '../../sweep/sweep.ts';
import type { Report } from '../../telemetry/events.ts';
import { WarehouseBroken } from '../../warehouse/warehouse.ts';
import { restoreLostCopies } from './lostCopies.ts';
import { openState } from './openState.ts';
import type { Retrying } from './retrying.ts';
import { stagingRoot } from './state.ts';

const STAGING_BUCKET = 'staging';
const COPIES_AT_ONCE = 16;
const MAX_RECEIVES = 5;
/** No message is taken for lost while this process lives: its handlers end, however long they take. */
const VISIBILITY_SECONDS = 43_200;
/** A failed partition is tried this often before the run ends without it. */
const MAX_ATTEMPTS = 3;
const LOOK_AGAIN_MS = 50;

/** What the embedded reactor is made for: its folder, and how it sees the sources. */
interface StackOptions {
  /** The state's folder; it is made when it is not there. */
  readonly keep: string;
  /** The source buckets' store, given the folder of the staging bucket and its name. */
  readonly store: (stagingBucket: string, stagingFolder: string) => ObjectStore;
  readonly place: Place;
  readonly settings: FinalizeTimings;
  readonly report: Report;
  /** Milliseconds since 1970; the machine's own clock without it. */
  readonly now?: (() => number) | undefined;
  /** See DuckdbWarehouseOptions. */
  readonly memoryLimitBytes?: number | undefined;
  /** Where this process stays, and never gives up what it cannot take in: who hears of what it goes on trying. */
  readonly retrying?: Retrying | undefined;
  /** Takes what a message failed with for the last time: it becomes a dead letter. */
  readonly onGivenUp: (error: unknown) => void;
}

/** The embedded reactor at work: the second composition root, beside functions/. */
export interface Stack {
  readonly staging: CopyServices;
  readonly ledger: SqliteLedger;
  readonly warehouse: DuckdbWarehouse;
  /** The copy queue, for whoever feeds it: sending waits until what was sent has been worked on, so memory stays flat. */
  readonly sourceQueue: Queue<CopyRequest>;
  /**
   * Resolves when nothing more will happen by itself: all is published, or waits for the source, or has failed for good.
   * Rejects with WarehouseBroken when the warehouse has to be opened again: then this process can only end.
   */
  readonly settled: () => Promise<void>;
  readonly deadLetters: () => DeadLetter<unknown>[];
  readonly close: () => Promise<void>;
}

/** Opens the state, wires the workflows, and starts to work. Throws what openState throws. */
export async function openStack(options: StackOptions): Promise<Stack> {
  const { keep, place, settings, report } = options;
  await using opened = new AsyncDisposableStack();
  const { ledger, warehouse, close } = await openState(keep, options.memoryLimitBytes);
  opened.defer(close);
  const isPatient = options.retrying !== undefined;
  const copyQueue = newQueue<CopyRequest>(isPatient ? Number.MAX_SAFE_INTEGER : MAX_RECEIVES);
  const finalizeQueue = newQueue<Tick>(MAX_RECEIVES);
  const shared = {
    store: options.store(STAGING_BUCKET, stagingRoot(keep)),
    ledger,
    copyQueue,
    finalizeQueue,
    now: options.now ?? Date.now,
    report,
    // Nobody else listens.
    notify: async () => {},
  };
  const deployment = { stage: 'local', stagingBucket: STAGING_BUCKET };
  const staging: CopyServices = { ...shared, ...deployment, place, debounce: settings };
  const finalizing: FinalizeServices = {
    ...shared,
    warehouse,
    script: warehouse.script,
    sleep: (seconds) => wait(seconds * 1000),
  };
  const finalizeSettings: FinalizeSettings = { ...settings, ...deployment, holder: randomUUID() };
  const stop = new AbortController();
  let broken: WarehouseBroken | undefined;
  const copies = consume(
    copyQueue,
    copying(options, async (request) => {
      // Small files are worked on without a wait (directoryStore.ts): timers and signals get their turn here.
      await setImmediate();
      await handleCopyMessage(staging, request, place(request.bucket, request.key));
    }),
    { concurrency: COPIES_AT_ONCE, signal: stop.signal, backoffSeconds: isPatient ? patientBackoff : linearBackoff },
  );
  const finalize = reportingGivenUp<Tick>(options.onGivenUp, async (body) => {
    if (broken) throw broken;
    await handleTick(finalizing, finalizeSettings, body).catch((error: unknown) => {
      if (error instanceof WarehouseBroken) broken = error;
      throw error;
    });
    if ('period' in body) await restoreUnregistered(staging, body.period);
  });
  const runs = consume(finalizeQueue, finalize, {
    concurrency: 1,
    signal: stop.signal,
    backoffSeconds: linearBackoff,
  });
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

function reportingGivenUp<Message>(onGivenUp: StackOptions['onGivenUp'], handler: Handler<Message>): Handler<Message> {
  return async (body, context) => {
    try {
      await handler(body, context);
    } catch (error) {
      if (context.receiveCount >= MAX_RECEIVES) onGivenUp(error);
      throw error;
    }
  };
}

/** A copy that was lost before it was loaded is made again by the time that the load is tried again. */
async function restoreUnregistered(staging: CopyServices, period: Period): Promise<void> {
  for (const { partition, problem } of await staging.ledger.partitions(period)) {
    if (problem?.what === 'registration-failed') await restoreLostCopies(staging, partition);
  }
}

/** Goes on trying what cannot be taken in, and says so, where somebody waits; else gives it up at last. */
function copying({ retrying, report, onGivenUp }: StackOptions, handler: Handler<CopyRequest>): Handler<CopyRequest> {
  if (!retrying) return reportingGivenUp(onGivenUp, handler);
  return async (request, context) => {
    const { key } = request;
    try {
      await handler(request, context);
    } catch (error) {
      const attempts = context.receiveCount;
      const reason = error instanceof Error ? error.message : String(error);
      report({ what: 'object-retried', key, reason, attempts });
      await retrying.failed(key, reason, attempts);
      throw error;
    }
    await retrying.succeeded(key);
  };
}

/** 1, 2, 3, … seconds: for a process that ends after some attempts. */
function linearBackoff(receiveCount: number): number {
  return receiveCount;
}

const LONGEST_PAUSE_SECONDS = 300;

/** 1, 2, 4, … seconds, up to five minutes: for a process that stays. */
export function patientBackoff(receiveCount: number): number {
  return Math.min(LONGEST_PAUSE_SECONDS, 2 ** Math.min(receiveCount - 1, 20));
}

function newQueue<Message>(maxReceives: number): MemoryQueue<Message> {
  const setTimer = (callback: () => void, delayMs: number) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  };
  return new MemoryQueue({ visibilitySeconds: VISIBILITY_SECONDS, maxReceives, now: steadyNow, setTimer });
}

/** Milliseconds since 1970 by a clock that nobody sets: a delay of a message is a duration. */
function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

/** What is waited for. */
interface Settling {
  readonly staging: CopyServices;
  readonly copyQueue: MemoryQueue<CopyRequest>;
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
      (record) => !hopeless.has(record.partition.period) && isHopeful(record),
    );
    // Whoever stays goes on trying these; nobody waits for them.
    const awaited = copies.delayed - copyQueue.delayedAfter(MAX_RECEIVES);
    if (awaited === 0 && hopeful.length === 0) return;
    if (awaited === 0 && ticks.delayed === 0) await sweep(staging);
    await wait(LOOK_AGAIN_MS);
  }
}

/** Whether something is left to do that has not failed often enough. */
function isHopeful(record: PartitionRecord): boolean {
  const mayBeTried = (step: FailedStep) => (problemOf(record, step)?.attempts ?? 0) < MAX_ATTEMPTS;
  return (hasChanges(record) && mayBeTried('publish')) || (wantsAnalytics(record) && mayBeTried('analyse'));
}

async function dirtyPartitions({ ledger }: CopyServices): Promise<PartitionRecord[]> {
  const records: PartitionRecord[] = [];
  for (const period of await ledger.periods()) records.push(...(await ledger.partitions(period)).filter(isDirty));
  return records;
}
