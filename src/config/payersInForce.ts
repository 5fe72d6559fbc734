import type { Moment } from '../base/moment.ts';
import type { PayerSource } from '../billing/source.ts';
import type { StoredConfiguration } from '../ledger/ledger.ts';
import type { PayersConfiguration } from './payers.ts';

/** The payers that count, for whoever does not read the payers table. */
export interface PayersInForce {
  readonly from: 'cache' | 'fallback';
  readonly sources: readonly PayerSource[];
  /** When the table was read; absent for the payers file. */
  readonly readAt?: Moment;
}

/** The ledger's copy of the payers table, where reconcile has saved one; else the payers file. */
export function payersInForce(stored: StoredConfiguration | undefined, fallback: PayersConfiguration): PayersInForce {
  return stored?.from === 'table'
    ? { from: 'cache', sources: stored.sources, readAt: stored.readAt }
    : { from: 'fallback', sources: fallback.sources };
}
