import type { Partition } from '../../billing/partition.ts';
import type { AnalyticsRecord } from '../../ledger/analyticsRecord.ts';
import { composeLedger } from '../../ledger/composeLedger.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { PartitionRecord } from '../../ledger/partitionRecord.ts';
import { problemsOf, withProblem } from '../../ledger/problems.ts';
import { SqliteActivity } from './activity.ts';
import { SqliteAnalytics } from './analytics.ts';
import { SqliteConfiguration } from './configuration.ts';
import { SqliteDatabase } from './database.ts';
import { SqliteLeases } from './leases.ts';
import { SqliteOutbox } from './outbox.ts';
import { putPartition, SqlitePartitions } from './partitions.ts';
import { SqliteReconcileRuns } from './reconcileRuns.ts';
import { SqliteSchemas } from './schemas.ts';
import { SqliteVersions } from './versions.ts';

/** The embedded ledger, and what only its composition root may do with it. */
export interface SqliteLedger extends Ledger {
  close(): void;
  /**
   * Reads everything once. Throws LedgerDamaged, or SQLite's error, for a file that was damaged:
   * nobody works on with a part of what was known. For a composition root, before it begins.
   */
  checkWhole(): void;
  /**
   * Frees every lease, and lets what has failed be tried at once: whoever starts the reactor again
   * may have fixed the cause. Only for a composition root that knows that no other process works on
   * this ledger.
   */
  takeOver(): void;
  /**
   * Removes a partition, as if nothing of it had ever arrived; answers how many versions were
   * known. The period's epoch stays. A run of the analytics that the payer is in is removed too:
   * the next one begins anew. Only for a composition root that knows that no other process works on
   * this ledger.
   */
  forget(partition: Partition): number;
}

/** The embedded ledger, in one SQLite file or ':memory:'. Each method is one transaction on it. */
export function openSqliteLedger(path: string): SqliteLedger {
  const db = new SqliteDatabase(path);
  const leases = new SqliteLeases(db);
  const ledger = composeLedger({
    versions: new SqliteVersions(db),
    partitions: new SqlitePartitions(db),
    schemas: new SqliteSchemas(db),
    leases,
    analytics: new SqliteAnalytics(db),
    outbox: new SqliteOutbox(db),
    configuration: new SqliteConfiguration(db),
    activity: new SqliteActivity(db),
    reconcileRuns: new SqliteReconcileRuns(db),
  });
  return {
    ...ledger,
    close: () => db.close(),
    checkWhole: () => db.checkWhole(),
    takeOver: () => takeOver(db, leases),
    forget: (partition) => forget(db, partition),
  };
}

/** Whoever starts the program anew has mended something, perhaps. */
const AT_ONCE = { attempts: 0, retryAt: 0 };

function takeOver(db: SqliteDatabase, leases: SqliteLeases): void {
  db.transaction(() => {
    leases.freeAll();
    for (const record of db.all<PartitionRecord>('select body from partitions', [])) {
      const problems = problemsOf(record).map((problem) => ({ ...problem, ...AT_ONCE }));
      const { analysed } = record;
      const failedChecks = analysed?.failedChecks;
      if (problems.length === 0 && !failedChecks) continue;
      const anew = problems.reduceRight(withProblem, record);
      putPartition(
        db,
        failedChecks ? { ...anew, analysed: { ...analysed, failedChecks: { ...failedChecks, ...AT_ONCE } } } : anew,
      );
    }
  });
}

function forget(db: SqliteDatabase, { period, payer }: Partition): number {
  return db.transaction(() => {
    const remove = (table: string) =>
      Number(db.prepare(`delete from ${table} where period = ? and payer = ?`).run(period, payer).changes);
    const versions = remove('versions');
    remove('deliveries');
    remove('partitions');
    const analytics = db.get<AnalyticsRecord>('select body from analytics where period = ?', [period]);
    if (analytics?.members.some((member) => member.payer === payer)) {
      db.prepare('delete from analytics where period = ?').run(period);
    }
    return versions;
  });
}
