import type { PartitionState } from '../../ledger/partitionState.ts';

interface Cost {
  /** Null where the rows name none. */
  readonly currency: string | null;
  /** Null where no row says what it cost: unknown, not nothing. */
  readonly cost: number | null;
}

export interface PartitionOutcome {
  readonly payer: string;
  readonly period: string;
  readonly files: number;
  readonly rows: number;
  /** One entry for each currency of the bill; empty when nothing is published. */
  readonly costs: readonly Cost[];
  /** The newest source LastModified staged; null when nothing was. */
  readonly watermark: string | null;
  readonly state: PartitionState;
}
