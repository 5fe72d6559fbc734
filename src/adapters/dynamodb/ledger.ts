import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Backoff } from '../../base/backoff.ts';
import { composeLedger } from '../../ledger/composeLedger.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { DynamodbActivity } from './activity.ts';
import { DynamodbAged } from './aged.ts';
import { DynamodbAnalytics } from './analytics.ts';
import { DynamodbConfiguration } from './configuration.ts';
import { DynamodbFolds } from './folds.ts';
import { DynamodbLeases } from './leases.ts';
import { DynamodbOutbox } from './outbox.ts';
import { DynamodbPartitionItems } from './partitionItems.ts';
import { DynamodbPartitions } from './partitions.ts';
import { DynamodbReconcileRuns } from './reconcileRuns.ts';
import { DynamodbRecording } from './recording.ts';
import { DynamodbSchemas } from './schemas.ts';
import { DynamodbTable } from './table.ts';
import { DynamodbVersionItems } from './versionItems.ts';
import { DynamodbVersions } from './versions.ts';
import { DynamodbViews } from './views.ts';

interface DynamodbLedgerSettings {
  /** How long a partition's list of intents may grow before it is folded: see folds.ts. */
  readonly foldEvery: number;
  /** Waits before a request is sent again that the SDK gives up. */
  readonly backoff?: Backoff;
}

const SETTINGS: DynamodbLedgerSettings = { foldEvery: 16 };

/**
 * The ledger in one DynamoDB table: keys.ts says what lies where, folds.ts how what is recorded
 * gets there. Errors of DynamoDB are passed on: the message stays in its queue for retry.
 */
export function openDynamodbLedger(
  client: DynamoDBClient,
  tableName: string,
  { foldEvery, backoff }: DynamodbLedgerSettings = SETTINGS,
): Ledger {
  const table = new DynamodbTable(client, tableName, backoff);
  const partitions = new DynamodbPartitionItems(table);
  const versions = new DynamodbVersionItems(table);
  const views = new DynamodbViews(partitions, versions);
  const folds = new DynamodbFolds(table, { partitions, views }, foldEvery);
  const recording = new DynamodbRecording({ partitions, versions, views }, (grown) => folds.foldIfLong(grown));
  const aged = new DynamodbAged(table);
  return composeLedger({
    versions: new DynamodbVersions({ items: versions, aged }, recording, folds),
    partitions: new DynamodbPartitions({ table, items: partitions, aged }, views, folds),
    schemas: new DynamodbSchemas(table),
    leases: new DynamodbLeases(table),
    analytics: new DynamodbAnalytics(table),
    outbox: new DynamodbOutbox(table),
    configuration: new DynamodbConfiguration(table),
    activity: new DynamodbActivity(table),
    reconcileRuns: new DynamodbReconcileRuns(table),
  });
}
