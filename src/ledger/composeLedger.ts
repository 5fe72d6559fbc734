import type {
  ActivityOfLedger,
  AnalyticsOfLedger,
  ConfigurationOfLedger,
  LeasesOfLedger,
  Ledger,
  OutboxOfLedger,
  PartitionsOfLedger,
  SchemasOfLedger,
  VersionsOfLedger,
} from './ledger.ts';
import type { ReconcileRunsOfLedger } from './reconcileRuns.ts';

/** The parts of a ledger, each of which implements its part of the contract. */
interface LedgerParts {
  readonly versions: VersionsOfLedger;
  readonly partitions: PartitionsOfLedger;
  readonly schemas: SchemasOfLedger;
  readonly leases: LeasesOfLedger;
  readonly analytics: AnalyticsOfLedger;
  readonly outbox: OutboxOfLedger;
  readonly configuration: ConfigurationOfLedger;
  readonly activity: ActivityOfLedger;
  readonly reconcileRuns: ReconcileRunsOfLedger;
}

/** One ledger of its parts: each method is that of the part which has it. */
export function composeLedger(parts: LedgerParts): Ledger {
  const { versions, partitions, schemas, leases, analytics, outbox, configuration, activity, reconcileRuns } = parts;
  return {
    version: (...args) => versions.version(...args),
    versionsById: (...args) => versions.versionsById(...args),
    versionsOfObjects: (...args) => versions.versionsOfObjects(...args),
    versions: (...args) => versions.versions(...args),
    recordVersion: (...args) => versions.recordVersion(...args),
    markSuperseded: (...args) => versions.markSuperseded(...args),
    markRemoved: (...args) => versions.markRemoved(...args),
    forgetVersions: (...args) => versions.forgetVersions(...args),

    partition: (...args) => partitions.partition(...args),
    partitions: (...args) => partitions.partitions(...args),
    periods: (...args) => partitions.periods(...args),
    periodsInPlay: (...args) => partitions.periodsInPlay(...args),
    retirePeriod: (...args) => partitions.retirePeriod(...args),
    recordDelivery: (...args) => partitions.recordDelivery(...args),
    delivery: (...args) => partitions.delivery(...args),
    forgetDeliveries: (...args) => partitions.forgetDeliveries(...args),
    chooseReport: (...args) => partitions.chooseReport(...args),
    reopen: (...args) => partitions.reopen(...args),
    commit: (...args) => partitions.commit(...args),

    recordSchema: (...args) => schemas.recordSchema(...args),
    schemas: (...args) => schemas.schemas(...args),

    period: (...args) => leases.period(...args),
    acquireLease: (...args) => leases.acquireLease(...args),
    renewLease: (...args) => leases.renewLease(...args),
    releaseLease: (...args) => leases.releaseLease(...args),
    raiseEpoch: (...args) => leases.raiseEpoch(...args),
    noteTick: (...args) => leases.noteTick(...args),

    analytics: (...args) => analytics.analytics(...args),
    saveAnalytics: (...args) => analytics.saveAnalytics(...args),

    putIntoOutbox: (...args) => outbox.putIntoOutbox(...args),
    outbox: (...args) => outbox.outbox(...args),
    takeFromOutbox: (...args) => outbox.takeFromOutbox(...args),

    saveConfiguration: (...args) => configuration.saveConfiguration(...args),
    configuration: (...args) => configuration.configuration(...args),

    noteActivity: (...args) => activity.noteActivity(...args),
    activity: (...args) => activity.activity(...args),

    openReconcile: (...args) => reconcileRuns.openReconcile(...args),
    reconcileRun: (...args) => reconcileRuns.reconcileRun(...args),
    reconcileProgress: (...args) => reconcileRuns.reconcileProgress(...args),
    recordReconciled: (...args) => reconcileRuns.recordReconciled(...args),
    isReconciled: (...args) => reconcileRuns.isReconciled(...args),
    reconciledParts: (...args) => reconcileRuns.reconciledParts(...args),
    endReconcile: (...args) => reconcileRuns.endReconcile(...args),
    saveReconcileCursor: (...args) => reconcileRuns.saveReconcileCursor(...args),
    reconcileCursor: (...args) => reconcileRuns.reconcileCursor(...args),
  };
}
