import type { Partition } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import type { ConfigurationOrigin } from '../ledger/activity.ts';
import type { Counted } from '../ledger/hourlyCounts.ts';

/**
 * What happens in the reactor, for logs, metrics and people. Reporting is fire and forget: it never
 * fails a workflow. The comment says which of the four ends a trouble takes: retry, drop with a
 * metric, quarantine, or stop with an alarm.
 */
export type ReactorEvent =
  | {
      readonly what: 'file-staged';
      readonly partition: Partition;
      readonly key: string;
      readonly rows: number;
      readonly sizeBytes: number;
      /** From S3's event to the staged copy; absent when nobody knows when it happened. */
      readonly lagSeconds?: number;
    }
  /** The same content was announced again: acknowledged, nothing to do. */
  | { readonly what: 'file-known'; readonly partition: Partition; readonly key: string }
  /** A file without rows, or without bytes: how AWS clears a surplus chunk. */
  | { readonly what: 'file-empty'; readonly partition: Partition; readonly key: string }
  /** Quarantine: the content cannot be read, whoever tries. */
  | { readonly what: 'file-quarantined'; readonly partition: Partition; readonly key: string; readonly reason: string }
  /** Drop: a readable file or manifest that is no part of a bill. The ledger has the reason. */
  | { readonly what: 'file-set-aside'; readonly partition: Partition; readonly key: string; readonly reason: string }
  /** The source does not count a staged file any more: the next run publishes without it. */
  | { readonly what: 'file-withdrawn'; readonly partition: Partition; readonly key: string; readonly reason: string }
  /**
   * Drop: overwritten or deleted before it was read; a newer event follows, or reconcile finds it.
   */
  | { readonly what: 'file-superseded' | 'file-gone'; readonly bucket: string; readonly key: string }
  /**
   * Retry, with growing pauses, for as long as the process lives: an object of a watched folder
   * that cannot be taken in.
   */
  | { readonly what: 'object-retried'; readonly key: string; readonly reason: string; readonly attempts: number }
  /** Drop: an object that is no report. */
  | { readonly what: 'object-ignored'; readonly bucket: string; readonly key: string; readonly reason: string }
  /** Drop: no payer is configured for it; reconcile finds the object once one is. */
  | { readonly what: 'source-unknown'; readonly bucket: string; readonly key: string }
  /**
   * Drop: the event comes from another account than the one that the payer's bucket must belong to.
   * Reconcile says that it cannot read the payer's own, if that is gone.
   */
  | { readonly what: 'event-foreign'; readonly bucket: string; readonly key: string; readonly account: string }
  /** Stop with an alarm: what more comes of this payer in this hour is dropped. */
  | {
      readonly what: 'payer-over-limit';
      readonly payer: Payer;
      readonly counted: Counted;
      readonly limit: number;
    }
  /** Drop: its payer has sent too much in this hour; reconcile finds the object later. */
  | { readonly what: 'object-held-back'; readonly bucket: string; readonly key: string }
  | {
      readonly what: 'delivery-known';
      readonly partition: Partition;
      readonly executionId: string;
      readonly files: number;
      readonly missing: number;
    }
  /**
   * A manifest names files that may be of another delivery: it is looked at again once nothing has
   * been written for a while.
   */
  | {
      readonly what: 'delivery-unsure';
      readonly partition: Partition;
      readonly executionId: string;
      readonly keys: readonly string[];
    }
  /** Quarantine: the manifest contradicts itself, its place or its bucket. */
  | {
      readonly what: 'manifest-quarantined';
      readonly partition: Partition;
      readonly key: string;
      readonly reason: string;
    }
  | { readonly what: 'run-started'; readonly period: Period; readonly epoch: number; readonly partitions: number }
  /**
   * How long a run took for one of its steps: over all its partitions together, also those that it
   * worked on at once.
   */
  | { readonly what: 'step-timed'; readonly period: Period; readonly step: RunStep; readonly seconds: number }
  /** The warehouse reads every row that the partition's files promise. */
  | { readonly what: 'rows-verified'; readonly partition: Partition; readonly rows: number }
  /**
   * The current set cannot be formed: the old one stays visible until the source delivers again.
   */
  | { readonly what: 'partition-held'; readonly partition: Partition; readonly reason: string }
  /**
   * Retry, by the next run: its time was used up, and it gets more after those that have not had
   * their turn. Whoever uses up the whole budget has failed.
   */
  | {
      readonly what: 'partition-postponed';
      readonly partition: Partition;
      readonly nextSeconds: number;
    }
  | {
      readonly what: 'partition-published';
      readonly partition: Partition;
      readonly files: number;
      readonly rows: number;
      readonly deliveryId?: string | undefined;
    }
  /** Retry, with an alarm: the old set stays visible. */
  | {
      readonly what: 'registration-failed' | 'verification-failed' | 'analytics-failed';
      readonly partition: Partition;
      readonly reason: string;
      readonly attempts: number;
    }
  /**
   * A run of the script begins over these partitions. `run` is the epoch that began it, also where
   * a later one ends it.
   */
  | {
      readonly what: 'analytics-started';
      readonly period: Period;
      readonly run: number;
      readonly partitions: number;
      readonly steps: number;
    }
  /**
   * Retry, by the next tick: the statement runs on in the warehouse, and nobody waits for it
   * meanwhile.
   */
  | {
      readonly what: 'analytics-handed-on';
      readonly period: Period;
      readonly run: number;
      readonly stepsDone: number;
      readonly steps: number;
      readonly queryId?: string;
    }
  /** Drop: a run that nothing depends on any longer; a new one follows at once. */
  | { readonly what: 'analytics-cancelled'; readonly period: Period; readonly run: number; readonly reason: string }
  /** `seconds` since the run began, over all its invocations. */
  | {
      readonly what: 'analytics-done';
      readonly period: Period;
      readonly run: number;
      readonly partitions: number;
      readonly seconds: number;
    }
  /** All is done: published, and analysed since. Savings are per month. */
  | {
      readonly what: 'partition-finalized';
      readonly partition: Partition;
      readonly files: number;
      readonly rows: number;
      readonly findings: number;
      /**
       * What the findings would save, per currency; none when nothing was found. Null where no row
       * says a currency.
       */
      readonly savings: readonly { readonly currency: string | null; readonly estimatedSaving: number }[];
      /**
       * Since the month's `deliveredAt` (ledger/deliveredAt.ts); undefined where something newer
       * has been delivered.
       */
      readonly deliveryLagSeconds?: number | undefined;
    }
  | { readonly what: 'files-removed'; readonly partition: Partition; readonly files: number }
  /**
   * Superseded files could not be forgotten by the warehouse, or, with no file, a payer's copies
   * not be listed: retry, by the next clearing. Or the store has not deleted copies that the
   * warehouse has forgotten: drop, they stay behind without an owner. Nothing that readers see
   * depends on them.
   */
  | {
      readonly what: 'removal-failed';
      readonly partition: Partition;
      readonly files: number;
      readonly reason: string;
    }
  /**
   * Retry, with an alarm when it stays so: a payer's bucket cannot be listed. Other payers go on.
   */
  | {
      readonly what: 'source-unreadable';
      readonly payer: Payer;
      readonly bucket: string;
      readonly prefix: string;
      readonly reason: string;
    }
  /** Drop and retry: a staged copy is not as large as its source: it is removed, and made again. */
  | {
      readonly what: 'copy-damaged';
      readonly partition: Partition;
      readonly key: string;
      readonly sizeBytes: number;
      readonly expectedBytes: number;
    }
  /** A staged copy that somebody had deleted was made again. */
  | { readonly what: 'copy-restored'; readonly partition: Partition; readonly key: string }
  /** Drop: copies that no version owns were marked for the staging bucket's lifecycle rule. */
  | { readonly what: 'copies-unowned'; readonly partition: Partition; readonly files: number }
  /** Which configuration counts, and how many payers it has. */
  | { readonly what: 'configuration-loaded'; readonly from: ConfigurationOrigin; readonly payers: number }
  /**
   * Retry, at the next reading: the configuration cannot be read, and an earlier one counts, or the
   * payers file.
   */
  | {
      readonly what: 'configuration-fallback';
      readonly from: Exclude<ConfigurationOrigin, 'table'>;
      readonly reason: string;
    }
  /**
   * Nothing failed: nobody is enabled in the payers table, so an earlier configuration counts, or
   * the payers file.
   */
  | {
      readonly what: 'configuration-empty';
      readonly from: Exclude<ConfigurationOrigin, 'table'>;
      readonly reason: string;
    }
  /** Drop: a row of the payers table says nothing that can be used. The other rows count. */
  | { readonly what: 'payer-row-wrong'; readonly row: number; readonly reason: string }
  /**
   * Retry, under a higher epoch: the ledger was restored to an earlier state than its warehouse has
   * seen.
   */
  | { readonly what: 'ledger-behind'; readonly period: Period; readonly epoch: number; readonly warehouseEpoch: number }
  /**
   * Retry: the warehouse does not show what the ledger says was published. What it lacks is loaded
   * and published again; where it shows the same files of another run, they are only analysed
   * again.
   */
  | { readonly what: 'warehouse-behind'; readonly partition: Partition; readonly redo: 'load' | 'analytics' }
  /** Retry, by a later tick: the warehouse does not answer, and no partition is blamed for it. */
  | { readonly what: 'warehouse-unavailable'; readonly period: Period; readonly reason: string }
  /** Ends this run: a newer one has taken the period over. */
  | { readonly what: 'lease-lost'; readonly period: Period; readonly epoch: number }
  /**
   * How everything stands, as the sweep finds it. Quarantined files are those that count now: one
   * that was delivered again since is none. Hours are 0 where nothing is dirty: dirty is also what
   * analytics have not run over, not visible only what is staged and not published.
   */
  | {
      readonly what: 'surveyed';
      readonly dirtyPartitions: number;
      readonly oldestDirtyHours: number;
      readonly notVisibleHours: number;
      readonly outboxDepth: number;
      readonly quarantinedFiles: number;
    }
  /**
   * Hours since the payer's newest complete delivery, as the sweep finds them. Stop with an alarm,
   * when it is stale.
   */
  | {
      readonly what: 'payer-fresh';
      readonly payer: Payer;
      readonly hours: number;
      readonly isStale: boolean;
      /** Whether it is among the stalest, which have a metric of their own. */
      readonly isMeasured: boolean;
    }
  /**
   * The same of all configured payers together: how long the stalest one has been without a
   * complete delivery.
   */
  | {
      readonly what: 'freshness-surveyed';
      readonly payers: number;
      readonly stalestHours: number;
      readonly stalePayers: number;
    }
  /** The broker has confirmed them. */
  | { readonly what: 'messages-sent'; readonly count: number }
  /**
   * Retry, with an alarm when it stays so: the broker did not take them, and they lie in the
   * outbox. There may be more where the pass ended before it had read all.
   */
  | {
      readonly what: 'messages-kept';
      readonly count: number;
      readonly isAtLeast: boolean;
      readonly reason: string;
    }
  /** Retry, for up to a day: no queue is bound for the message. */
  | { readonly what: 'message-unroutable'; readonly id: string; readonly routingKey: string }
  /** Drop: nobody wanted the message for a day, or the broker will never take it. */
  | { readonly what: 'message-dropped'; readonly id: string; readonly routingKey: string; readonly reason: string };

/** What a run does, in this order: `read` is forming the current sets. */
export type RunStep = 'read' | 'register' | 'audit' | 'publish' | 'analyse' | 'clear';

/** Takes an event; must not throw. */
export type Report = (event: ReactorEvent) => void;
