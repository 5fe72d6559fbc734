import * as z from 'zod/mini';
import type { Period } from '../../billing/period.ts';
import { FencedOff } from '../warehouse.ts';
import type { SnowflakeNames } from './names.ts';
import type { Statements } from './session.ts';

/**
 * The fence of a period is the highest epoch among its rows in `cur_fence`.
 *
 * Transactions in Snowflake are READ COMMITTED, so a plain read of the fence protects nothing: a newer run could come in
 * between the read and the commit. But UPDATE, DELETE and MERGE hold a lock on what they change until their transaction
 * ends, and those of other sessions wait for it up to LOCK_TIMEOUT (Snowflake's documentation, "Transactions", resource
 * locking). Hence:
 *
 *   raiseFence   a MERGE by itself: it waits for a transaction that has locked the fence, and is committed at once
 *   lockFence    within a transaction, an UPDATE of the period's rows, and only then the read: every older raise is
 *                seen, and every newer one waits for this transaction's end
 *
 * INSERT takes no such lock. Two runs that raise a fence that has no row yet may leave two rows; the highest counts, and
 * every UPDATE touches both. A wait that is too long fails the statement: the run fails, and is repeated.
 */

/** Lets the run with this epoch in, and every older one out. Throws FencedOff when a newer run was here. */
export async function raiseFence(
  session: Statements,
  names: SnowflakeNames,
  period: Period,
  epoch: number,
): Promise<void> {
  await session.run(
    `merge into ${names.fence} as fence
     using (select ? as period, ? as epoch) as run
     on fence.period = run.period
     when matched and fence.epoch < run.epoch then update set epoch = run.epoch
     when not matched then insert (period, epoch) values (run.period, run.epoch)`,
    [period, epoch],
  );
  await checkFence(session, names, period, epoch);
}

/** Throws FencedOff when a run with a higher epoch was let in. */
export async function checkFence(
  session: Statements,
  names: SnowflakeNames,
  period: Period,
  epoch: number,
): Promise<void> {
  const rows = await session.run(`select max(epoch) as epoch from ${names.fence} where period = ?`, [period]);
  const newest = z.array(FenceRow).parse(rows)[0]?.EPOCH ?? null;
  if (newest !== null && newest > epoch) {
    throw new FencedOff(`run ${epoch} of ${period} is fenced off by run ${newest}`);
  }
}

/** As {@link checkFence}, and no newer run gets in before the transaction that this is called in has ended. */
export async function lockFence(
  transaction: Statements,
  names: SnowflakeNames,
  period: Period,
  epoch: number,
): Promise<void> {
  await transaction.run(`update ${names.fence} set epoch = greatest(epoch, ?) where period = ?`, [epoch, period]);
  await checkFence(transaction, names, period, epoch);
}

const FenceRow = z.object({ EPOCH: z.nullable(z.coerce.number()) });
