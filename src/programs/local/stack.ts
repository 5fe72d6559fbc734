import { randomUUID } from 'node:crypto';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type { DuckdbWarehouse } from '../../adapters/duckdb/warehouse.ts';
import { type Consumer, consume } from '../../adapters/memory/consume.ts';
import { type DeadLetter, MemoryQueue } from '../../adapters/memory/queue.ts';
import type { SqliteLedger } from '../../adapters/sqlite/ledger.ts';
import { setSystemTimer } from '../../base/timer.ts';
import type { Period } from '../../billing/period.ts';
import type { Place } from '../../billing/placement.ts';
import { handleCopyMessage } from '../../copy/handleCopyMessage.ts';
import type { CopyServices } from '../../copy/services.ts';
import { handleTick } from '../../finalize/handleTick.ts';
import type { FinalizeServices, FinalizeSettings, FinalizeTimings } from '../../finalize/services.ts';
import type { Debounce } from '../../ledger/decide.ts';
import type { CopyRequest } from '../../queue/copyMessage.ts';
import type { Queue } from '../../queue/queue.ts';
import type { Tick } from '../../queue/tick.ts';
import type { ObjectStore } from '../../store/objectStore.ts';
import { WarehouseBroken } from '../../warehouse/warehouse.ts';
import {
  type Attempts,
  linearBackoff,
  MAX_RECEIVES,
  patientBackoff,
  reportingGivenUp,
  retryingCopies,
} from './attempts.ts';
import { restoreLostCopies } from './lostCopies.ts';
import { openState, type WarehouseChoices } from './openState.ts';
import { settle } from './settle.ts';
import { stagingRoot } from './state.ts';

const STAGING_BUCKET = 'staging';
const COPIES_AT_ONCE = 16;
/**
 * No message is taken for lost while this process lives: its handlers end, however long they take.
 */
const VISIBILITY_SECONDS = 43_200;

/** What the embedded reactor is made for: its folder, and how it sees the sources. */
interface StackOptions extends Attempts, WarehouseChoices {
  /** The state's folder; it is made when it is not there. */
  readonly keep: string;
  /** The source buckets' store, given the folder of the staging bucket and its name. */
  readonly store: (stagingBucket: string, stagingFolder: string) => ObjectStore;
  readonly place: Place;
  readonly settings: FinalizeTimings;
  /** Milliseconds since 1970; the machine's own clock without it. */
  readonly now?: (() => number) | undefined;
}

/** The embedded reactor at work: the second composition root, beside functions/. */
export interface Stack {
  readonly staging: CopyServices;
  readonly ledger: SqliteLedger;
  readonly warehouse: DuckdbWarehouse;
  /**
   * The copy queue, for whoever feeds it: sending waits until what was sent has been worked on, so
   * memory stays flat.
   */
  readonly sourceQueue: Queue<CopyRequest>;
  /**
   * Resolves when nothing more will happen by itself: all is published, or waits for the source, or
   * has failed for good. Rejects with WarehouseBroken when the warehouse has to be opened again:
   * then this process can only end. Where `nothingElseComes`, what was sent is all there is: once
   * it has been copied, no quiet period is waited for.
   */
  readonly settled: (sent?: { readonly nothingElseComes: boolean }) => Promise<void>;
  readonly deadLetters: () => DeadLetter<unknown>[];
  readonly close: () => Promise<void>;
}

/** Opens the state, wires the workflows, and starts to work. Throws what openState throws. */
export async function openStack(options: StackOptions): Promise<Stack> {
  await using opened = new AsyncDisposableStack();
  const { ledger, warehouse, close } = await openState(options.keep, options);
  opened.defer(close);
  const copyQueue = newQueue<CopyRequest>(options.retrying ? Number.MAX_SAFE_INTEGER : MAX_RECEIVES);
  const finalizeQueue = newQueue<Tick>(MAX_RECEIVES);
  const workflows = servicesOf(options, { ledger, warehouse, copyQueue, finalizeQueue });
  let nothingElseComes = false;
  const debounce = () => (nothingElseComes && isEmpty(copyQueue) ? NO_DEBOUNCE : options.settings);
  const stop = new AbortController();
  const copies = consumeCopies(options, workflows.staging, copyQueue, stop.signal);
  const runs = consumeTicks(options, { ...workflows, debounce }, finalizeQueue, stop.signal);
  opened.defer(async () => {
    stop.abort();
    await Promise.all([copies.stopped, runs.consumer.stopped]);
  });
  const { staging } = workflows;
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
    settled: (sent = { nothingElseComes: false }) => {
      nothingElseComes = sent.nothingElseComes;
      const consumers = [copies, runs.consumer];
      return settle({ staging, copyQueue, finalizeQueue, consumers, whyBroken: runs.whyBroken, debounce, ...sent });
    },
    deadLetters: () => [...copyQueue.deadLetters(), ...finalizeQueue.deadLetters()],
    close: () => kept.disposeAsync(),
  };
}

/** What is whole need not wait for its quiet period. */
const NO_DEBOUNCE = { quietSeconds: 0 };

function isEmpty(queue: MemoryQueue<unknown>): boolean {
  const { ready, inFlight, delayed } = queue.pending();
  return ready + inFlight + delayed === 0;
}

/** What both workflows are made of. */
interface Parts {
  readonly ledger: SqliteLedger;
  readonly warehouse: DuckdbWarehouse;
  readonly copyQueue: MemoryQueue<CopyRequest>;
  readonly finalizeQueue: MemoryQueue<Tick>;
}

interface Workflows {
  readonly staging: CopyServices;
  readonly finalizing: FinalizeServices;
  readonly settings: FinalizeSettings;
}

function servicesOf(options: StackOptions, { ledger, warehouse, copyQueue, finalizeQueue }: Parts): Workflows {
  const { keep, place, settings, report } = options;
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
  return {
    staging: { ...shared, ...deployment, place, debounce: settings },
    finalizing: {
      ...shared,
      warehouse,
      script: warehouse.script,
      sleep: (seconds) => wait(seconds * 1000),
      setTimer: setSystemTimer,
    },
    settings: { ...settings, ...deployment, holder: randomUUID() },
  };
}

function consumeCopies(
  options: StackOptions,
  staging: CopyServices,
  queue: MemoryQueue<CopyRequest>,
  signal: AbortSignal,
): Consumer {
  const handler = retryingCopies(options, async (request) => {
    // Small files are worked on without a wait (directoryStore.ts): timers and signals get their
    // turn here.
    await setImmediate();
    await handleCopyMessage(staging, request, staging.place(request.bucket, request.key));
  });
  const backoffSeconds = options.retrying ? patientBackoff : linearBackoff;
  return consume(queue, handler, { concurrency: COPIES_AT_ONCE, signal, backoffSeconds });
}

/**
 * Works on ticks one by one. After WarehouseBroken none can succeed any more: `whyBroken` answers
 * it.
 */
function consumeTicks(
  options: StackOptions,
  { staging, finalizing, settings, debounce }: Workflows & { readonly debounce: () => Partial<Debounce> },
  queue: MemoryQueue<Tick>,
  signal: AbortSignal,
): { readonly consumer: Consumer; readonly whyBroken: () => WarehouseBroken | undefined } {
  let broken: WarehouseBroken | undefined;
  const handler = reportingGivenUp<Tick>(options.onGivenUp, async (body) => {
    if (broken) throw broken;
    await handleTick(finalizing, { ...settings, ...debounce() }, body).catch((error: unknown) => {
      if (error instanceof WarehouseBroken) broken = error;
      throw error;
    });
    if ('period' in body) await restoreUnregistered(staging, body.period);
  });
  const consumer = consume(queue, handler, { concurrency: 1, signal, backoffSeconds: linearBackoff });
  return { consumer, whyBroken: () => broken };
}

/**
 * A copy that was lost before it was loaded is made again by the time that the load is tried again.
 */
async function restoreUnregistered(staging: CopyServices, period: Period): Promise<void> {
  for (const { partition, problem } of await staging.ledger.partitions(period)) {
    if (problem?.what === 'registration-failed') await restoreLostCopies(staging, partition);
  }
}

function newQueue<Message>(maxReceives: number): MemoryQueue<Message> {
  return new MemoryQueue({
    visibilitySeconds: VISIBILITY_SECONDS,
    maxReceives,
    now: steadyNow,
    setTimer: setSystemTimer,
  });
}

/** Milliseconds since 1970 by a clock that nobody sets: a delay of a message is a duration. */
function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}
