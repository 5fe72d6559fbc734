import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import { type Warehouse, WarehouseUnavailable } from '../../warehouse/warehouse.ts';
import { auditFiles } from './audit.ts';
import { isUnreachable, SnowflakeFailure } from './failures.ts';
import { raiseFence } from './fence.ts';
import type { SnowflakeNames } from './names.ts';
import { publishedFiles, publishFiles } from './publish.ts';
import { registerFiles, unregisterFiles } from './register.ts';
import { createSnowflakeScript } from './script.ts';
import type { Session } from './session.ts';
import { totalsOf } from './totals.ts';

interface SnowflakeWarehouseOptions {
  /**
   * The session to use now: asked for at every call, so that a broken one can be replaced by a new
   * one in between.
   */
  readonly session: () => Promise<Session>;
  /** The objects that the setup script has created. */
  readonly names: SnowflakeNames;
  /** The deployment's stage: it is part of the tags by which queries are found again. */
  readonly stage: string;
  /** The analytics script for these payers' month: rendered statements, in their order. */
  readonly analyticsStatements: (period: Period, payers: readonly Payer[]) => readonly string[];
  /** The whole script needs one session. */
  readonly oneSession?: boolean | undefined;
}

/**
 * The warehouse of production: an external table over the staged Parquet files, and views that show
 * the published ones.
 *
 * No method holds a transaction open when it returns or throws, and none depends on what an earlier
 * one left in this process. What the session throws goes to the caller, as WarehouseUnavailable
 * where Snowflake could not be reached: the run fails, or the one partition does, and is repeated.
 */
export function openSnowflakeWarehouse(options: SnowflakeWarehouseOptions): Warehouse {
  const { names } = options;
  const script = createSnowflakeScript(options);
  const on = <Result>(signal: AbortSignal | undefined, work: (session: CancellableSession) => Promise<Result>) =>
    reaching(async () => work(cancelledBy(signal, await options.session())));
  return {
    raiseFence: (period, epoch, signal) => on(signal, (session) => raiseFence(session, names, period, epoch)),
    published: (period, payers, signal) => on(signal, (session) => publishedFiles(session, names, period, payers)),
    register: (partition, files, signal) => on(signal, (session) => registerFiles(session, names, partition, files)),
    audit: (partition, files, signal) => on(signal, (session) => auditFiles(session, names, partition, files)),
    publish: (period, epoch, publications, signal) =>
      on(signal, (session) => publishFiles(session, names, { period, epoch }, publications)),
    totals: (period, payers) => on(undefined, (session) => totalsOf(session, names, period, payers)),
    script: {
      ...script,
      submit: (run, step) => reaching(() => script.submit(run, step)),
      look: (run, step, queryId) => reaching(() => script.look(run, step, queryId)),
      cancel: (run, stepNumber, queryId) => reaching(() => script.cancel(run, stepNumber, queryId)),
    },
    unregister: (partition, stagedKeys) =>
      on(undefined, (session) => unregisterFiles(session, names, partition, stagedKeys)),
  };
}

type CancellableSession = Pick<Session, 'run' | 'transaction'>;

/** The session's statements, each of which is cancelled when the signal is aborted. */
function cancelledBy(signal: AbortSignal | undefined, session: Session): CancellableSession {
  return {
    run: (sql, binds) => session.run(sql, binds, signal),
    transaction: (work) => session.transaction(work, signal),
  };
}

/** What the work answers; WarehouseUnavailable is thrown where Snowflake could not be reached. */
async function reaching<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SnowflakeFailure) || !isUnreachable(error)) throw error;
    throw new WarehouseUnavailable(error.message, { cause: error });
  }
}
