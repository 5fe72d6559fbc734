import * as z from 'zod/mini';
import type { Period } from '../../billing/period.ts';
import type { ScriptRun } from '../../warehouse/script.ts';
import { FencedOff } from '../../warehouse/warehouse.ts';
import type { SnowflakeNames } from './names.ts';
import type { Statements } from './statements.ts';

/**
 * The fence of a period is the highest epoch among its rows in `cur_fence`. A second fence stands
 * beside it, for runs of the analytics script, which outlast the finalizer's run that began them:
 * the highest `script_run`. `script_statement` is the number of the last statement that this script
 * run has committed (scriptBlock.ts).
 *
 * Transactions in Snowflake are READ COMMITTED, so a plain read of the fence protects nothing: a
 * newer run could come in between the read and the commit. But UPDATE, DELETE and MERGE hold a lock
 * on what they change until their transaction ends, and those of other sessions wait for it up to
 * LOCK_TIMEOUT (Snowflake's documentation, "Transactions", resource locking). Hence:
 *
 *   raiseFence   a MERGE by itself: it waits for a transaction that has locked the fence, and is committed at once
 *   lockFence    within a transaction, an UPDATE of the period's rows, and only then the read: every older raise is
 *                seen, and every newer one waits for this transaction's end
 *
 * INSERT takes no such lock. Two runs that raise a fence that has no row yet may leave two rows;
 * the highest counts, and every UPDATE touches both. Null, in columns that a table of an older
 * release was given later, counts as zero. A wait that is too long fails the statement: the run
 * fails, and is repeated.
 */

/**
 * Lets the run with this epoch in, and shuts every older one out. Answers both fences. Throws
 * FencedOff when a newer run was here.
 */
export async function letIn(
  session: Statements,
  names: SnowflakeNames,
  period: Period,
  epoch: number,
): Promise<Fences> {
  await session.run(
    `merge into ${names.fence} as fence
     using (select ? as period, ? as epoch) as run
     on fence.period = run.period
     when matched and fence.epoch < run.epoch then update set epoch = run.epoch
     when not matched then insert (period, epoch, script_run, script_statement)
       values (run.period, run.epoch, 0, 0)`,
    [period, epoch],
  );
  const newest = await newestOf(session, names, period);
  if (newest.epoch > epoch) throw fencedOff(period, epoch, newest.epoch);
  return newest;
}

/**
 * The same for a run that begins. Throws FencedOff, too, when the script has run under this epoch.
 */
export async function raiseFence(
  session: Statements,
  names: SnowflakeNames,
  period: Period,
  epoch: number,
): Promise<void> {
  const { scriptRun } = await letIn(session, names, period, epoch);
  if (scriptRun < epoch) return;
  throw new FencedOff(`run ${epoch} of ${period} was here before: the script has run under it`, scriptRun);
}

/**
 * Lets this run of the analytics script in, and shuts every older one out. Throws FencedOff when a
 * newer one was here, or when a newer run of the finalizer than the one that acts for it was.
 */
export async function raiseScriptFence(session: Statements, names: SnowflakeNames, run: ScriptRun): Promise<void> {
  const { period, epoch, number } = run;
  await session.run(
    `merge into ${names.fence} as fence
     using (select ? as period, ? as epoch, ? as number) as run
     on fence.period = run.period
     when matched and fence.epoch <= run.epoch and coalesce(fence.script_run, 0) < run.number
       then update set script_run = run.number, script_statement = 0
     when not matched then insert (period, epoch, script_run, script_statement)
       values (run.period, 0, run.number, 0)`,
    [period, epoch, number],
  );
  const newest = await newestOf(session, names, period);
  if (newest.epoch > epoch) throw fencedOff(period, epoch, newest.epoch);
  if (newest.scriptRun > number) {
    throw new FencedOff(
      `run ${number} of the analytics of ${period} is fenced off by run ${newest.scriptRun}`,
      newest.scriptRun,
    );
  }
}

/** Both fences of a period; 0 for one that was never raised. */
interface Fences {
  readonly epoch: number;
  readonly scriptRun: number;
}

async function newestOf(session: Statements, names: SnowflakeNames, period: Period): Promise<Fences> {
  const rows = await session.run(
    `select max(epoch) as epoch, max(script_run) as script_run from ${names.fence} where period = ?`,
    [period],
  );
  const [newest] = z.array(ScriptFenceRow).parse(rows);
  return { epoch: newest?.EPOCH ?? 0, scriptRun: newest?.SCRIPT_RUN ?? 0 };
}

function fencedOff(period: Period, epoch: number, newest: number): FencedOff {
  return new FencedOff(`run ${epoch} of ${period} is fenced off by run ${newest}`, newest);
}

/** Throws FencedOff when a run with a higher epoch was let in. */
async function checkFence(session: Statements, names: SnowflakeNames, period: Period, epoch: number): Promise<void> {
  const rows = await session.run(`select max(epoch) as epoch from ${names.fence} where period = ?`, [period]);
  const newest = z.array(FenceRow).parse(rows)[0]?.EPOCH ?? null;
  if (newest !== null && newest > epoch) throw fencedOff(period, epoch, newest);
}

/**
 * As {@link checkFence}, and no newer run gets in before the transaction that this is called in has
 * ended.
 */
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
const ScriptFenceRow = z.object({
  EPOCH: z.nullable(z.coerce.number()),
  SCRIPT_RUN: z.nullable(z.coerce.number()),
});
