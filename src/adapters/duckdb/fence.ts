import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import type { Period } from '../../billing/period.ts';
import type { ScriptRun } from '../../warehouse/script.ts';
import { FencedOff } from '../../warehouse/warehouse.ts';
import { inTransaction } from './transaction.ts';

/**
 * Lets the run with this epoch in, and shuts every older one out. Throws FencedOff when a newer run
 * was here, or the script has run under this epoch.
 */
export async function raiseFence(connection: DuckDBConnection, period: Period, epoch: number): Promise<void> {
  await inTransaction(connection, async () => {
    await checkFence(connection, period, epoch);
    await checkUnused(connection, period, epoch);
    await connection.run(
      `insert into cur_fence (period, epoch) values ($period, $epoch)
       on conflict (period) do update set epoch = excluded.epoch`,
      { period, epoch },
    );
  });
}

/** Throws FencedOff when a run with a higher epoch was let in. */
export async function checkFence(connection: DuckDBConnection, period: Period, epoch: number): Promise<void> {
  const reader = await connection.runAndReadAll(
    'select max(epoch) as epoch from cur_fence where period = $period and epoch > $epoch',
    { period, epoch },
  );
  const newer = z.array(FenceRow).parse(reader.getRowObjectsJS())[0]?.epoch ?? null;
  if (newer !== null) throw new FencedOff(`run ${epoch} of ${period} is fenced off by run ${newer}`, newer);
}

async function checkUnused(connection: DuckDBConnection, period: Period, epoch: number): Promise<void> {
  const reader = await connection.runAndReadAll(
    'select max(script_run) as epoch from cur_fence where period = $period and script_run >= $epoch',
    { period, epoch },
  );
  const used = z.array(FenceRow).parse(reader.getRowObjectsJS())[0]?.epoch ?? null;
  if (used !== null)
    throw new FencedOff(`run ${epoch} of ${period} was here before: the script has run under it`, used);
}

/**
 * Lets this run of the script in, and shuts every older one out. Throws FencedOff, also for a newer
 * run of the finalizer.
 */
export async function raiseScriptFence(connection: DuckDBConnection, run: ScriptRun): Promise<void> {
  const { period, epoch, number } = run;
  await inTransaction(connection, async () => {
    await checkFence(connection, period, epoch);
    await lastCommitted(connection, run);
    await connection.run(
      `insert into cur_fence (period, epoch, script_run) values ($period, 0, $number)
       on conflict (period) do update set
         script_statement = if(script_run < excluded.script_run, 0, script_statement),
         script_run = excluded.script_run`,
      { period, number },
    );
  });
}

/**
 * The number of the last statement that the run has committed; 0 for none. Throws FencedOff when a
 * newer one was let in.
 */
export async function lastCommitted(connection: DuckDBConnection, { period, number }: ScriptRun): Promise<number> {
  const reader = await connection.runAndReadAll(
    'select script_run, script_statement from cur_fence where period = $period',
    { period },
  );
  const [row] = z.array(ScriptRow).parse(reader.getRowObjectsJS());
  if (!row || row.script_run < number) return 0;
  if (row.script_run === number) return row.script_statement;
  throw new FencedOff(
    `run ${number} of the analytics of ${period} is fenced off by run ${row.script_run}`,
    row.script_run,
  );
}

const FenceRow = z.object({ epoch: z.bigint().transform(Number).nullable() });
const SomeNumber = z.bigint().transform(Number);
const ScriptRow = z.object({ script_run: SomeNumber, script_statement: SomeNumber });
