import { randomUUID } from 'node:crypto';
import type { Period } from '../../billing/period.ts';
import type { LeaseAnswer, PeriodRecord } from '../../ledger/lease.ts';
import { latestEnd } from '../../ledger/lease.ts';
import { LeaseLost, type LeasesOfLedger } from '../../ledger/ledger.ts';
import { leaseKey } from './keys.ts';
import { type DynamodbTable, number, numberOf, type TransactionStep, text } from './table.ts';

/**
 * Each period's lease item: epoch, who holds it until when, and the next tick. Each step is one
 * conditional write.
 */
export class DynamodbLeases implements LeasesOfLedger {
  readonly #table: DynamodbTable;

  constructor(table: DynamodbTable) {
    this.#table = table;
  }

  async period(period: Period): Promise<PeriodRecord> {
    const item = await this.#table.get(leaseKey(period));
    const holder = item?.holder?.S;
    const until = numberOf(item, 'heldUntil');
    return {
      period,
      epoch: numberOf(item, 'epoch') ?? 0,
      lease: holder === undefined || until === undefined ? undefined : { holder, until },
      nextTickAt: numberOf(item, 'nextTickAt'),
    };
  }

  /**
   * The SDK sends a request again when its answer was lost. The first one may have taken the lease;
   * the name of this call in `taker` distinguishes that from a lease that somebody else holds, or
   * another call of the same holder.
   */
  async acquireLease(period: Period, holder: string, now: number, until: number): Promise<LeaseAnswer> {
    const taker = randomUUID();
    const written = await this.#table.update(leaseKey(period), {
      update: 'set holder = :holder, heldUntil = :until, taker = :taker add epoch :one',
      condition: 'attribute_not_exists(holder) or heldUntil <= :now or heldUntil > :latest',
      values: {
        ':holder': text(holder),
        ':until': number(until),
        ':taker': text(taker),
        ':one': number(1),
        ':now': number(now),
        ':latest': number(latestEnd(now, until)),
      },
    });
    const item = written.done ? written.item : written.found;
    if (item?.taker?.S === taker) return { taken: true, epoch: numberOf(item, 'epoch') ?? 0 };
    return { taken: false, heldUntil: numberOf(item, 'heldUntil') ?? until };
  }

  async renewLease(period: Period, epoch: number, until: number): Promise<void> {
    const written = await this.#table.update(leaseKey(period), {
      update: 'set heldUntil = :until',
      condition: 'epoch = :epoch and attribute_exists(holder)',
      values: { ':epoch': number(epoch), ':until': number(until) },
    });
    if (written.done) return;
    const current = numberOf(written.found, 'epoch') ?? 0;
    if (current === epoch) throw new LeaseLost(`epoch ${epoch} of ${period} was released`);
    throw new LeaseLost(`epoch ${epoch} of ${period} is over: ${current} runs now`);
  }

  async releaseLease(period: Period, epoch: number): Promise<void> {
    await this.#table.update(leaseKey(period), {
      update: 'remove holder, heldUntil, taker',
      condition: 'epoch = :epoch',
      values: { ':epoch': number(epoch) },
    });
  }

  async raiseEpoch(period: Period, epoch: number): Promise<void> {
    await this.#table.update(leaseKey(period), {
      update: 'set epoch = :epoch',
      condition: 'attribute_not_exists(epoch) or epoch < :epoch',
      values: { ':epoch': number(epoch) },
    });
  }

  async noteTick(period: Period, at: number): Promise<void> {
    await this.#table.update(leaseKey(period), { update: 'set nextTickAt = :at', values: { ':at': number(at) } });
  }
}

/** A transaction with this step does nothing when a newer epoch was handed out. */
export function fenceOf(period: Period, epoch: number): TransactionStep {
  return { key: leaseKey(period), condition: 'epoch = :epoch', values: { ':epoch': number(epoch) } };
}

/** The error for a run whose fence no longer holds. */
export function lostLease(period: Period, epoch: number | undefined): LeaseLost {
  return new LeaseLost(`epoch ${epoch} of ${period} is over`);
}
