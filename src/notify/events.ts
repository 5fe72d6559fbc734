import type { Partition } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';

/**
 * What happens in the reactor, for logs, metrics and people. Reporting is fire and forget: it never fails a workflow.
 * The comment says which of the four ends a trouble takes: retry, drop with a metric, quarantine, or stop with an alarm.
 */
export type ReactorEvent =
  | {
      readonly what: 'file-staged';
      readonly partition: Partition;
      readonly key: string;
      readonly rows: number;
      readonly sizeBytes: number;
    }
  /** The same content was announced again: acknowledged, nothing to do. */
  | { readonly what: 'file-known'; readonly partition: Partition; readonly key: string }
  /** A zero-byte object: how AWS clears a surplus chunk. It counts as a file without rows. */
  | { readonly what: 'file-empty'; readonly partition: Partition; readonly key: string }
  /** Quarantine: the content cannot be read, whoever tries. */
  | { readonly what: 'file-quarantined'; readonly partition: Partition; readonly key: string; readonly reason: string }
  /** Drop: overwritten or deleted before it was read; a newer event follows, or reconcile finds it. */
  | { readonly what: 'file-superseded' | 'file-gone'; readonly bucket: string; readonly key: string }
  /** Drop: an object that is no report. */
  | { readonly what: 'object-ignored'; readonly bucket: string; readonly key: string; readonly reason: string }
  /** Drop: no payer is configured for it; reconcile finds the object once one is. */
  | { readonly what: 'source-unknown'; readonly bucket: string; readonly key: string }
  | {
      readonly what: 'delivery-known';
      readonly partition: Partition;
      readonly executionId: string;
      readonly files: number;
      readonly missing: number;
    }
  /** A manifest names files that are newer than itself: it is looked at again after the quiet period. */
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
  /** The current set cannot be formed: the old one stays visible until the source delivers again. */
  | { readonly what: 'partition-held'; readonly partition: Partition; readonly reason: string }
  | {
      readonly what: 'partition-published';
      readonly partition: Partition;
      readonly files: number;
      readonly rows: number;
      readonly deliveryId?: string;
    }
  /** Retry, with an alarm: the old set stays visible. */
  | {
      readonly what: 'registration-failed' | 'verification-failed' | 'analytics-failed';
      readonly partition: Partition;
      readonly reason: string;
      readonly attempts: number;
    }
  | { readonly what: 'analytics-done'; readonly period: Period; readonly partitions: number }
  | { readonly what: 'files-removed'; readonly partition: Partition; readonly files: number }
  /** Drop: superseded files stay behind without an owner. Nothing that readers see depends on them. */
  | {
      readonly what: 'removal-failed';
      readonly partition: Partition;
      readonly files: number;
      readonly reason: string;
    }
  /** Retry, with an alarm when it stays so: a payer's bucket cannot be listed. Other payers go on. */
  | {
      readonly what: 'source-unreadable';
      readonly payer: Payer;
      readonly bucket: string;
      readonly prefix: string;
      readonly reason: string;
    }
  /** A staged copy that somebody had deleted was made again. */
  | { readonly what: 'copy-restored'; readonly partition: Partition; readonly key: string }
  /** Drop: copies that no version owns were marked for the staging bucket's lifecycle rule. */
  | { readonly what: 'copies-unowned'; readonly partition: Partition; readonly files: number }
  /** Which configuration counts, and how many payers it has. */
  | { readonly what: 'configuration-loaded'; readonly from: ConfigurationOrigin; readonly payers: number }
  /** Retry, at the next reading: the configuration cannot be read, and an earlier one counts, or the payers file. */
  | {
      readonly what: 'configuration-fallback';
      readonly from: Exclude<ConfigurationOrigin, 'table'>;
      readonly reason: string;
    }
  /** Drop: a row of the payers table says nothing that can be used. The other rows count. */
  | { readonly what: 'payer-row-wrong'; readonly row: number; readonly reason: string }
  /** Ends this run: a newer one has taken the period over. */
  | { readonly what: 'lease-lost'; readonly period: Period; readonly epoch: number };

/** Where a configuration is from: the payers table, the last good copy of it, or the payers file. */
export type ConfigurationOrigin = 'table' | 'cache' | 'fallback';

/** Takes an event; must not throw. */
export type Report = (event: ReactorEvent) => void;
