import type { Moment } from '../base/moment.ts';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import type { PayerSource } from '../billing/source.ts';
import type { ConfigurationOrigin } from './activity.ts';

/**
 * One reconcile: what was asked for, and of what configuration. It never changes once it is stored.
 */
export interface ReconcileRun {
  /** /^[\w-]{1,64}$/ */
  readonly id: string;
  readonly startedAt: Moment;
  /** Each of them is worked on by itself. */
  readonly payers: readonly Payer[];
  readonly periods: readonly Period[];
  readonly dryRun: boolean;
  readonly full: boolean;
  readonly sources: readonly PayerSource[];
  readonly configuration: {
    readonly from: ConfigurationOrigin;
    readonly payers: number;
    readonly wrongRows: readonly { readonly row: number; readonly reason: string }[];
    readonly readAt?: Moment | undefined;
    readonly why?: string | undefined;
  };
}

/** How far a reconcile is. */
export interface ReconcileProgress {
  readonly payers: number;
  /** Payers whose part is stored. */
  readonly done: number;
  readonly ended?: ReconcileEnd | undefined;
}

/** What came of a reconcile when all of its payers were done. */
export interface ReconcileEnd {
  readonly at: Moment;
  readonly ticks: number;
}

/**
 * A payer's work that is on its way over several messages, the first of which is hop 1.
 */
export interface ReconcileHop {
  readonly run: string;
  readonly payer: Payer;
  readonly hop: number;
}

/** For how long a run can be read at least. It is a report, and decides nothing. */
export const RUN_DAYS = 7;

/**
 * Reconciles that are under way, and have lately been. Parts and cursors are JSON documents of
 * whoever writes them.
 */
export interface ReconcileRunsOfLedger {
  /**
   * Stores a run before its first payer is worked on; one whose id is there already stays as it is.
   */
  openReconcile(run: ReconcileRun): Promise<void>;
  reconcileRun(id: string): Promise<ReconcileRun | undefined>;
  reconcileProgress(id: string): Promise<ReconcileProgress | undefined>;
  /**
   * Stores what came of a payer, and counts the payer as done, in one step: once, however often it
   * is stored; the first part stays. Throws when the run is not known.
   */
  recordReconciled(run: ReconcileRun, payer: Payer, part: object): Promise<ReconcileProgress>;
  isReconciled(id: string, payer: Payer): Promise<boolean>;
  /** The parts of the payers that are done, in any order. */
  reconciledParts<Part>(id: string): Promise<Part[]>;
  /** Notes that all is done; the first end stays. */
  endReconcile(run: ReconcileRun, end: ReconcileEnd): Promise<void>;
  /** Stores where a payer's work goes on in the next hop. */
  saveReconcileCursor(run: ReconcileRun, hop: ReconcileHop, cursor: object): Promise<void>;
  reconcileCursor<Cursor>(hop: ReconcileHop): Promise<Cursor | undefined>;
}
