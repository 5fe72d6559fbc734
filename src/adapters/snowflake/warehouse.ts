import type { Partition } from '../../billing/partition.ts';
import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import type { RenderedStatement } from '../../warehouse/script.ts';
import {
  type FileAudit,
  type FileStatus,
  type Publication,
  type StagedFile,
  type Warehouse,
  WarehouseUnavailable,
} from '../../warehouse/warehouse.ts';
import { auditFiles } from './audit.ts';
import { createColumnsByValue } from './columnsByValue.ts';
import { isUnreachable, SnowflakeFailure } from './failures.ts';
import { raiseFence } from './fence.ts';
import type { SnowflakeNames } from './names.ts';
import { ownerDigestsOf } from './ownerDigests.ts';
import { type Publishing, publishedFiles, publishFiles } from './publish.ts';
import { registerFiles } from './register.ts';
import { createSnowflakeScript } from './script.ts';
import type { Session } from './session.ts';
import { auditStaged, findStaged } from './stageScan.ts';
import type { Statements } from './statements.ts';
import { publishByLoading } from './tablePublish.ts';
import { totalsOf } from './totals.ts';
import { unregisterFiles } from './unregister.ts';

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
  readonly analyticsStatements: (period: Period, payers: readonly Payer[]) => readonly RenderedStatement[];
  /** The whole script needs one session. */
  readonly oneSession?: boolean | undefined;
}

/**
 * The warehouse of production: a table of the staged Parquet files' rows, and views that show the
 * published ones. It is an external table, or a native one, as the names' target says.
 *
 * No method holds a transaction open when it returns or throws, and none depends on what an earlier
 * one left in this process but for what a table remembers as well (columnsByValue.ts). What the
 * session throws goes to the caller, as WarehouseUnavailable where Snowflake could not be reached:
 * the run fails, or the one partition does, and is repeated.
 */
export function openSnowflakeWarehouse(options: SnowflakeWarehouseOptions): Warehouse {
  const { names } = options;
  const script = createSnowflakeScript(options);
  const rows = names.target === 'table' ? loadedRows(names) : externalRows(names);
  const on = <Result>(signal: AbortSignal | undefined, work: (session: CancellableSession) => Promise<Result>) =>
    reaching(async () => work(cancelledBy(signal, await options.session())));
  return {
    raiseFence: (period, epoch, signal) => on(signal, (session) => raiseFence(session, names, period, epoch)),
    published: (period, payers, signal) => on(signal, (session) => publishedFiles(session, names, period, payers)),
    register: (partition, files, signal) => on(signal, (session) => rows.register(session, partition, files)),
    audit: (partition, files, signal) => on(signal, (session) => rows.audit(session, partition, files)),
    publish: (period, epoch, publications, signal) =>
      on(signal, (session) => rows.publish(session, { period, epoch }, publications)),
    totals: (period, payers) => on(undefined, (session) => totalsOf(session, names, period, payers)),
    ownerDigests: (period, payers) => on(undefined, (session) => ownerDigestsOf(session, names, period, payers)),
    script: {
      ...script,
      submit: (run, step) => reaching(() => script.submit(run, step)),
      look: (run, step, queryId) => reaching(() => script.look(run, step, queryId)),
      cancel: (run, stepNumber, queryId) => reaching(() => script.cancel(run, stepNumber, queryId)),
    },
    unregister: (period, epoch, superseded, signal) =>
      on(signal, (session) => unregisterFiles(session, names, { period, epoch }, superseded)),
  };
}

/** How the rows of files come to readers: what differs from one target to the other. */
interface Rows {
  register(session: Statements, partition: Partition, files: readonly StagedFile[]): Promise<FileStatus[]>;
  audit(session: Statements, partition: Partition, files: readonly StagedFile[]): Promise<FileAudit[]>;
  publish(session: CancellableSession, run: Publishing, publications: readonly Publication[]): Promise<void>;
}

/** They are read where they lie: the external table knows the files. */
function externalRows(names: SnowflakeNames): Rows {
  const columns = createColumnsByValue(names);
  return {
    register: async (session, partition, files) => {
      const statuses = await registerFiles(session, names, files);
      await columns.include(session, partition, registeredOf(files, statuses));
      return statuses;
    },
    audit: async (session, partition, files) =>
      auditFiles(session, { names, byValue: await columns.known(session) }, partition, files),
    publish: (session, run, publications) => publishFiles(session, names, run, publications),
  };
}

/** They are loaded when they are published, and nothing of other files is kept. */
function loadedRows(names: SnowflakeNames): Rows {
  return {
    register: (session, partition, files) => findStaged(session, names, partition, files),
    audit: (session, partition, files) => auditStaged(session, names, partition, files),
    publish: (session, run, publications) => publishByLoading(session, names, run, publications),
  };
}

function registeredOf(files: readonly StagedFile[], statuses: readonly FileStatus[]): StagedFile[] {
  const registered = new Set(statuses.flatMap(({ stagedKey, status }) => (status === 'registered' ? [stagedKey] : [])));
  return files.filter(({ stagedKey }) => registered.has(stagedKey));
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
