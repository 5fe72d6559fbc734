import type { ColumnType } from '../../src/billing/columnType.ts';
import type { Partition } from '../../src/billing/partition.ts';
import { type Payer, parsePayer } from '../../src/billing/payer.ts';
import { type Period, parsePeriod } from '../../src/billing/period.ts';
import type { ScriptRun } from '../../src/warehouse/script.ts';
import type { Publication, StagedFile, Warehouse } from '../../src/warehouse/warehouse.ts';
import type { ScriptLine } from '../analytics/rendered.ts';

export type Cell = string | number | boolean | null | Readonly<Record<string, string | number>>;
export type Row = Readonly<Record<string, Cell>>;

/** A fresh warehouse, and the hands that write what it reads. */
export interface WarehouseHarness {
  readonly warehouse: Warehouse;
  /** Whether it reads what was registered alone, and not whatever lies in the stage. */
  readonly registers: boolean;
  /**
   * Writes a staged Parquet file with these columns, in this order; a row without a column's name
   * has no value there.
   */
  stage(file: {
    partition: Partition;
    name: string;
    rows: readonly Row[];
    columns?: readonly ColumnType[];
  }): Promise<StagedFile>;
  /** Makes a staged file unreadable. */
  corrupt(file: StagedFile): Promise<void>;
  /** Removes a staged file. */
  remove(file: StagedFile): Promise<void>;
  /**
   * The `identity_line_item_id` of every row that the contract view shows of a partition, sorted.
   */
  visibleRows(partition: Partition): Promise<string[]>;
  /** These columns of every row that the contract view shows, by `identity_line_item_id`. */
  shown(columns: readonly string[]): Promise<Record<string, unknown>[]>;
  /**
   * From now on this is the analytics script. Before that it replaces the month's findings, in one
   * transaction, by one for each payer.
   */
  script(statements: readonly ScriptLine[]): void;
  /** A statement that adds a finding of this payer in PERIOD. */
  insertFinding(payer: Payer): string;
  /** The payers of the findings that are committed, sorted; as often as there are findings. */
  analysed(period: Period): Promise<Payer[]>;
  close(): Promise<void>;
}

export const PERIOD = parsePeriod('2026-10');
export const ALPHA: Partition = { payer: parsePayer('111111111111'), period: PERIOD };
export const BETA: Partition = { payer: parsePayer('222222222222'), period: PERIOD };

/** The columns of a small report, as the footer reader names their types. */
export const SMALL_REPORT: readonly ColumnType[] = [
  { name: 'identity_line_item_id', type: 'string' },
  { name: 'bill_billing_period_start_date', type: 'timestamp_utc' },
  { name: 'line_item_unblended_cost', type: 'double' },
];

/** Rows of {@link SMALL_REPORT}, one per id. */
export function rowsOf(ids: readonly string[], start = '2026-10-01 00:00:00'): Row[] {
  return ids.map((id) => ({
    identity_line_item_id: id,
    bill_billing_period_start_date: start,
    line_item_unblended_cost: 1,
  }));
}

export function publicationOf(partition: Partition, files: readonly StagedFile[]): Publication {
  return { partition, files, asOf: Date.UTC(2026, 9, 5) };
}

/**
 * A run of the script that the finalizer's run of this epoch has begun; as another one that carries
 * it on, see `epoch`.
 */
export function runOf(number: number, epoch = number): ScriptRun {
  return { period: PERIOD, payers: [ALPHA.payer], number, epoch };
}
