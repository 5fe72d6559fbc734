import type { PayerSource, Source } from '../billing/source.ts';
import type { Debounce } from '../ledger/decide.ts';
import type { Notify } from '../ledger/message.ts';
import type { MessageContext } from '../outbox/compose.ts';
import type { Queue } from '../queue/queue.ts';
import type { ReconcileMessage } from '../queue/reconcileMessage.ts';
import type { Tick } from '../queue/tick.ts';
import type { Location } from '../store/objectStore.ts';
import type { Report } from '../telemetry/events.ts';
import type { DiscoveryServices } from './discover.ts';

/** What reconcile works with. `now` answers milliseconds since 1970. */
export interface ReconcileServices extends Omit<DiscoveryServices, 'place'> {
  /** Has a message for each payer, where there are too many for one invocation. */
  readonly reconcileQueue: Queue<ReconcileMessage>;
  readonly finalizeQueue: Queue<Tick>;
  readonly debounce: Debounce;
  /**
   * Superseded copies that have been hidden for this long are cleared away by a run, which this
   * wakes.
   */
  readonly supersededGraceSeconds: number;
  /** Up to so many payers are worked on by the invocation that was asked, without messages. */
  readonly inlinePayers: number;
  /** Of these, how many are read at the same time. */
  readonly concurrency: number;
  /** Marks a copy for the staging bucket's lifecycle rule. */
  readonly tagUnowned: (location: Location) => Promise<void>;
  /** A payer whose newest complete delivery is older than this is stale. */
  readonly staleAfterHours: number;
  /** Named in messages. */
  readonly stage: string;
  readonly notify: Notify;
  /** Is given the sources of a run before anybody reads them. */
  readonly learn?: ((sources: readonly PayerSource[]) => void) | undefined;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly report: Report;
}

/** The same, for the sources of one run. */
export interface RunServices extends ReconcileServices, DiscoveryServices {
  readonly sources: readonly Source[];
}

/** What every message says of its sender, now. */
export function messageContext({
  stage,
  correlationId,
  now,
}: Pick<ReconcileServices, 'stage' | 'correlationId' | 'now'>): MessageContext {
  return { stage, correlationId, at: now() };
}
