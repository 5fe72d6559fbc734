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
import { FencedOff, type Warehouse, WarehouseBroken } from '../warehouse/warehouse.ts';
import type { Stopwatch } from './stopwatch.ts';

/** What the finalizer works with. `now` answers milliseconds since 1970. */
export interface FinalizeServices {
  readonly ledger: Ledger;
  readonly warehouse: Warehouse;
  /** The warehouse's own. */
  readonly script: ScriptEngine;
  readonly store: ObjectStore;
  readonly copyQueue: Queue<CopyRequest>;
  readonly finalizeQueue: Queue<Tick>;
  readonly stagingBucket: string;
  readonly settings: FinalizeSettings;
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
  /** From then on what runs in the warehouse is left to the next tick: milliseconds since 1970. */
  readonly yieldAt: number;
  readonly report: Report;
  /** Tells other systems; nothing is lost once it has resolved. */
  readonly notify: Notify;
  /** The deployment's stage, named in messages. */
  readonly stage: string;
  /** Of the message that is worked on, where its tick names none. */
  readonly correlationId?: string;
  /** Names this process in the lease. */
  readonly holder: string;
}

export interface FinalizeSettings extends Debounce {
  readonly leaseSeconds: number;
  /** A failed partition is tried again after this long, doubled with each further failure, up to the maximum. */
  readonly retryBaseSeconds: number;
  readonly retryMaxSeconds: number;
  /** Staged files stay this long after the publish that superseded them: readers may be scanning them. */
  readonly supersededGraceSeconds: number;
}

/** One pass over a period, under one epoch. */
export interface Run {
  readonly period: Period;
  readonly epoch: number;
  /** Names the event that made the period due. */
  readonly correlationId?: string;
  readonly stopwatch: Stopwatch;
}

/** Whether an error says that a newer run has taken over. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof LeaseLost || error instanceof FencedOff;
}

/**
 * Whether an error ends the whole run, whatever partition it was met at: a newer run has taken over, or the warehouse
 * answers nothing any more. Whoever makes an error one partition's problem asks this first.
 */
export function endsRun(error: unknown): boolean {
  return isOvertaken(error) || error instanceof WarehouseBroken;
}

/** Who tells, now. */
export function messageContext({ stage, now }: FinalizeServices, { correlationId }: Run): MessageContext {
  return { stage, at: now(), correlationId };
}
