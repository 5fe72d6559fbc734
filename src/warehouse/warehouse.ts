import type { ColumnType } from '../billing/columnType.ts';
import type { Partition } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import type { CurrencyCost, FileCost } from './currencyCosts.ts';
import type { OwnerDigests } from './ownerDigest.ts';
import type { ScriptEngine } from './script.ts';

/**
 * The warehouse as the finalizer sees it: write, audit, publish.
 *
 *   register   the external table learns a partition's files; readers see nothing of it
 *   audit      the warehouse counts what it can really read of them
 *   publish    one transaction makes exactly the given files visible through the views
 *   unregister the external table forgets those that were visible before
 *   script     the analytics script replaces the findings of (period, payers)
 *
 * Everything that readers can notice is fenced: `raiseFence` lets a run in and every older one out,
 * and each later change states its epoch. Every method may be called again after a crash, with the
 * same outcome, and for different partitions at the same time.
 *
 * Whoever aborts a signal does not wait for the answer any more: where the warehouse can, it
 * cancels the statement. What became of it is open.
 */
export interface Warehouse {
  /**
   * From now on, changes to `period` by a run with an epoch below `epoch` throw FencedOff. Throws
   * it itself when a newer run was here, or when the analytics script has run under this very
   * epoch: a ledger that was lost, or restored, hands out epochs that were used before, and what
   * was committed under one would pass for this run's.
   */
  raiseFence(period: Period, epoch: number, signal?: AbortSignal): Promise<void>;
  /** What readers see now, per payer. One that was never published is absent. */
  published(period: Period, payers: readonly Payer[], signal?: AbortSignal): Promise<Map<Payer, PublishedSet>>;
  /**
   * Makes files known to the external table, with their columns. One file's failure is a status,
   * not an exception.
   */
  register(partition: Partition, files: readonly StagedFile[], signal?: AbortSignal): Promise<FileStatus[]>;
  /**
   * Counts the rows that the warehouse reads in each of these files, and adds up what they cost, in
   * one scan of the partition. A file it does not know has zero rows.
   */
  audit(partition: Partition, files: readonly StagedFile[], signal?: AbortSignal): Promise<FileAudit[]>;
  /**
   * One transaction: checks the fence, then replaces these partitions' rows in `cur_current_files`.
   * It may be several, each of whole partitions, where rows are loaded. Throws FencedOff.
   */
  publish(period: Period, epoch: number, publications: readonly Publication[], signal?: AbortSignal): Promise<void>;
  /**
   * What readers see of these payers' month, as sums: of what publications and findings say, and
   * which checks say nothing. Line
   * items are read of those payers alone whose publication says no costs; throws where the rows
   * that can be read are not those that were published. Every payer that was asked for is in the
   * answer.
   */
  totals(period: Period, payers: readonly Payer[]): Promise<Map<Payer, PartitionTotals>>;
  /**
   * What each owner's resources waste in these payers' month, in one statement. Every payer that
   * was asked for is in the answer.
   */
  ownerDigests(period: Period, payers: readonly Payer[]): Promise<Map<Payer, OwnerDigests>>;
  /**
   * How the analytics script runs here; its runs are fenced by themselves, for they outlast the run
   * that began them.
   */
  readonly script: ScriptEngine;
  /**
   * Forgets superseded files of a month: nothing scans them any more, and their staged copies may
   * be deleted. A file that it does not know is forgotten. Answers why some were not, by staged
   * key: one that is published never is. Throws FencedOff.
   */
  unregister(
    period: Period,
    epoch: number,
    superseded: readonly SupersededFiles[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, string>>;
}

/** Files of a payer's month that readers do not see any more. */
export interface SupersededFiles {
  readonly payer: Payer;
  readonly stagedKeys: readonly string[];
}

/** An immutable copy of one version, and what its footer promises. */
export interface StagedFile {
  readonly stagedKey: string;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly columns: readonly ColumnType[];
  /** What it was copied from, for people. */
  readonly sourceKey?: string;
}

/** How the external table took one file: of Snowflake's statuses only these two matter. */
export type FileStatus =
  | { readonly stagedKey: string; readonly status: 'registered' }
  | { readonly stagedKey: string; readonly status: 'failed'; readonly reason: string };

export interface FileAudit {
  readonly stagedKey: string;
  readonly rows: number;
  /** Rows whose billing period start is known and lies in another month than the partition's. */
  readonly rowsOfOtherPeriods: number;
  /** Rows that have a `line_item_unblended_cost` at all. */
  readonly rowsWithCost: number;
  /**
   * Rows whose cost is NaN, infinite, no number, or not below the bound of what sums can hold
   * (`COST_BOUND`), either way.
   */
  readonly rowsOfImpossibleCost: number;
  /** What its line items cost, unblended, but for those: one entry per currency. */
  readonly costs: readonly FileCost[];
  /** Why none of it can be read, where the warehouse says so. */
  readonly reason?: string | undefined;
}

export interface Publication {
  readonly partition: Partition;
  readonly files: readonly StagedFile[];
  /** The delivery that these files make up; absent without manifests. */
  readonly deliveryId?: string | undefined;
  /**
   * The newest source LastModified among the files: as of when the bill is. Milliseconds since
   * 1970.
   */
  readonly asOf: number;
  /**
   * What the audit of these files found that they cost; kept with the publication. Absent: `totals`
   * reads it from the line items.
   */
  readonly costs?: readonly CurrencyCost[] | undefined;
}

/** A currency is null where no row says one. */
export interface PartitionTotals {
  /**
   * What the line items cost, unblended: one entry per currency, none without rows. Null when no
   * row has a cost.
   */
  readonly costs: readonly CurrencyCost[];
  /** What the analytics have found: one entry per check that found something, and currency. */
  readonly findings: readonly CheckTotal[];
  /** The checks that failed when the script ran last; what they had found before is kept. */
  readonly failedChecks: readonly SilentCheck[];
  /** The checks without an answer, because the report lacks what they read. */
  readonly unknownChecks: readonly SilentCheck[];
}

/** A check that says nothing of a payer's month, and why. */
export interface SilentCheck {
  readonly check: string;
  readonly reason: string;
}

interface CheckTotal {
  readonly check: string;
  readonly currency: string | null;
  readonly count: number;
  readonly estimatedSaving: number;
}

export interface PublishedSet {
  /** Sorted by code unit. */
  readonly stagedKeys: readonly string[];
  /** The epoch of the run that published it. */
  readonly epoch: number;
}

/** A newer run has taken over. Consequence: this one ends at once and makes no further change. */
export class FencedOff extends Error {
  override readonly name = 'FencedOff';
  /**
   * The epoch that fences this run off: a ledger that has handed out none as high is behind its
   * warehouse.
   */
  readonly newest: number;

  constructor(message: string, newest: number) {
    super(message);
    this.newest = newest;
  }
}

/**
 * The warehouse cannot be reached now, or does not answer. Consequence: the run ends, and begins
 * again after a while. The partition that happened to be worked on is never to blame.
 */
export class WarehouseUnavailable extends Error {
  override readonly name = 'WarehouseUnavailable';
}

/**
 * The warehouse answers nothing until it is opened again: its storage has failed. Consequence:
 * whoever works with it stops, and says why. The partition that happened to be worked on is never
 * to blame.
 */
export class WarehouseBroken extends Error {
  override readonly name = 'WarehouseBroken';
}
