import type { SetTimer } from '../base/timer.ts';
import type { Period } from '../billing/period.ts';
import type { Debounce } from '../ledger/decide.ts';
import { LeaseLost, type Ledger } from '../ledger/ledger.ts';
import type { Notify } from '../ledger/message.ts';
import type { MessageContext } from '../outbox/compose.ts';
import type { CopyRequest } from '../queue/copyMessage.ts';
import type { Queue } from '../queue/queue.ts';
import type { Tick } from '../queue/tick.ts';
import type { ObjectStore } from '../store/objectStore.ts';
import type { Report } from '../telemetry/events.ts';
import type { ScriptEngine } from '../warehouse/script.ts';
import { FencedOff, type Warehouse, WarehouseBroken, WarehouseUnavailable } from '../warehouse/warehouse.ts';
import type { Stopwatch } from './stopwatch.ts';

/** What the finalizer works with. */
export interface FinalizeServices {
  readonly ledger: Ledger;
  readonly warehouse: Warehouse;
  /** The warehouse's own. */
  readonly script: ScriptEngine;
  readonly store: Pick<ObjectStore, 'list' | 'delete'>;
  readonly copyQueue: Queue<CopyRequest>;
  readonly finalizeQueue: Queue<Tick>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly setTimer: SetTimer;
  readonly report: Report;
  /** Notifies other systems; nothing is lost once it has resolved. */
  readonly notify: Notify;
}

/** The values that hold for every tick of this process. */
export interface FinalizeSettings extends FinalizeTimings {
  readonly stagingBucket: string;
  /** The deployment's stage, named in messages. */
  readonly stage: string;
  /** Names this process in the lease. */
  readonly holder: string;
  /**
   * Owners of findings get a digest of theirs, in which checks are called by these titles. Absent:
   * they get none.
   */
  readonly ownerDigests?: { readonly titles: ReadonlyMap<string, string> } | undefined;
}

export interface FinalizeTimings extends Debounce {
  readonly leaseSeconds: number;
  /**
   * A failed partition is tried again after this long, doubled with each further failure, up to the
   * maximum.
   */
  readonly retryBaseSeconds: number;
  readonly retryMaxSeconds: number;
  /**
   * Staged files stay this long after the publish that superseded them: readers may be scanning
   * them.
   */
  readonly supersededGraceSeconds: number;
  /** Partitions that are registered and audited at the same time. */
  readonly statementsAtOnce: number;
  /**
   * A partition's budget: when it is not registered and audited after this long, its statements are
   * cancelled, and it is tried again later. Absent: it takes as long as it takes.
   */
  readonly partitionSeconds?: number | undefined;
}

/** The invocation that handles one tick. */
export interface Invocation {
  /**
   * From then on what runs in the warehouse is left to the next tick, and no partition is begun
   * whose budget would end later: milliseconds since 1970. Absent: no end is set.
   */
  readonly yieldAt?: number | undefined;
  /** That of the message, where its tick names none. */
  readonly correlationId?: string | undefined;
}

/** One pass over a period, under one epoch. */
export interface Run extends Invocation {
  readonly period: Period;
  readonly epoch: number;
  readonly stopwatch: Stopwatch;
}

/** Whether what takes so long would end before the invocation leaves its work to the next one. */
export function hasTimeFor(
  seconds: number,
  { now }: Pick<FinalizeServices, 'now'>,
  { yieldAt = Number.POSITIVE_INFINITY }: Invocation,
): boolean {
  return now() + seconds * 1000 < yieldAt;
}

/** Whether an error says that a newer run has taken over. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof LeaseLost || error instanceof FencedOff;
}

/**
 * Whether an error ends the whole run, whatever partition it was met at: a newer run has taken
 * over, or the warehouse does not answer any more. Whoever makes an error one partition's problem
 * asks this first.
 */
export function endsRun(error: unknown): boolean {
  return isOvertaken(error) || error instanceof WarehouseBroken || error instanceof WarehouseUnavailable;
}

/** What every message of a run says of its sender, now. */
export function messageContext(
  { now }: Pick<FinalizeServices, 'now'>,
  { stage }: Pick<FinalizeSettings, 'stage'>,
  { correlationId }: Pick<Run, 'correlationId'>,
): MessageContext {
  return { stage, at: now(), correlationId };
}
