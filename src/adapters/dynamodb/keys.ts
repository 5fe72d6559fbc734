import type { Moment } from '../../base/moment.ts';
import type { Partition } from '../../billing/partition.ts';
import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import type { VersionId } from '../../billing/version.ts';
import type { ReconcileHop } from '../../ledger/reconcileRuns.ts';
import type { ItemKey } from './table.ts';

/**
 * Where the ledger's items lie. One table, string keys `pk` and `sk`, on demand, with point-in-time
 * recovery; no index, no stream. Nothing of it may vanish by itself, but what is under
 * `reconcile#`: reports, which expire. It is read by
 * GetItem, BatchGetItem and Query, written by PutItem and UpdateItem, and by TransactWriteItems
 * (UpdateItem, ConditionCheckItem and DeleteItem to IAM). There is no Scan. DeleteItem is for the
 * outbox, for versions that were removed long ago, and for old deliveries.
 *
 *   pk                           sk                    one item per
 *   periods                      2026-10               period that may have partitions; since when it is in play
 *   period#2026-10               lease                 period: epoch, lease, next tick
 *   period#2026-10               analytics             period: the newest run of the analytics script, as a document
 *   payers#2026-10               PAYER                 payer that may have a partition in the period
 *   partition#2026-10#PAYER      record                partition: its record, as the last fold has left it
 *   partition#2026-10#PAYER      intents               partition: what is being recorded since
 *   partition#2026-10#PAYER      version#ID            version
 *   partition#2026-10#PAYER      delivery#ID           delivery, as a document
 *   partition#2026-10#PAYER      awaited#DIGEST        long list of what a delivery waits for, as a document
 *   partition#2026-10#PAYER      aged#WHAT#TIME#NAME   what is forgotten once it is old (aged.ts)
 *   schema#ID                    schema                schema, as a document
 *   configuration                payers                the payers' configuration, as a document
 *   activity                     reconcile, sweep      each of both: what it noted when it ended last
 *   counts#PAYER                 files, manifests, …   payer and what is counted of it: the hour and the count
 *   activity                     reconcileBegun        which reconcile was begun last
 *   reconcile#ID                 run                   reconcile: what it works on, as a document
 *   reconcile#ID                 progress              reconcile: how many payers are done, and when it ended
 *   reconcile#ID                 payer#PAYER           payer that is done: its part, as a document
 *   reconcile#ID                 cursor#PAYER#HOP      payer under way: where it goes on, as a document
 *   outbox                       ID                    message that the broker has not confirmed
 *   (that of a large document)   chunk#DIGEST#NUMBER   chunk of it
 *
 * DynamoDB serves 1,000 write units a second for each `pk`. What a data file writes lies under its
 * payer's month, so that no payer takes from another; what payers share is written once for each of
 * them (payers#…), and by runs (period#…). Every `pk` begins with the kind of thing that it names:
 * another kind can move in beside them. No item is larger than 64 KB, since a write is charged by
 * the whole item's size.
 */
export const PERIODS = 'periods';
export const VERSION = 'version#';

export const OUTBOX = 'outbox';
export const ACTIVITY = 'activity';

export function periodListingKey(period: Period): ItemKey {
  return { pk: PERIODS, sk: period };
}

export function leaseKey(period: Period): ItemKey {
  return { pk: periodPk(period), sk: 'lease' };
}

/** Its `pk` is its own, so that copy needs no right beside a lease. */
export function payerListingKey({ period, payer }: Partition): ItemKey {
  return { pk: payersPk(period), sk: payer };
}

export function recordKey(partition: Partition): ItemKey {
  return { pk: partitionPk(partition), sk: 'record' };
}

export function intentsKey(partition: Partition): ItemKey {
  return { pk: partitionPk(partition), sk: 'intents' };
}

export function versionKey(partition: Partition, id: VersionId): ItemKey {
  return { pk: partitionPk(partition), sk: `${VERSION}${id}` };
}

export function deliveryKey(partition: Partition, id: string): ItemKey {
  return { pk: partitionPk(partition), sk: `delivery#${id}` };
}

export function awaitedKey(partition: Partition, digest: string): ItemKey {
  return { pk: partitionPk(partition), sk: `awaited#${digest}` };
}

/** Moments have 13 digits until 2286: their notes are in order. */
export function agedKey(partition: Partition, what: string, at: Moment, name: string): ItemKey {
  const { pk, prefix } = agedPrefix(partition, what);
  return { pk, sk: `${prefix}${String(at).padStart(13, '0')}#${name}` };
}

export function agedPrefix(partition: Partition, what: string): { readonly pk: string; readonly prefix: string } {
  return { pk: partitionPk(partition), prefix: `aged#${what}#` };
}

export function schemaKey(id: string): ItemKey {
  return { pk: `schema#${id}`, sk: 'schema' };
}

export function analyticsKey(period: Period): ItemKey {
  return { pk: periodPk(period), sk: 'analytics' };
}

/** Its `pk` is its own, so that a role may be allowed to write nothing else. */
export function outboxKey(id: string): ItemKey {
  return { pk: OUTBOX, sk: id };
}

/** Its `pk` is its own, so that a role may be allowed to write nothing else. */
export function configurationKey(): ItemKey {
  return { pk: 'configuration', sk: 'payers' };
}

/** Its `pk` is its own, so that a role may be allowed to write nothing else. */
export function activityKey(name: string): ItemKey {
  return { pk: ACTIVITY, sk: name };
}

/** Its `pk` is its own, so that a role may be allowed to write nothing else. */
export function countsKey(payer: Payer, what: string): ItemKey {
  return { pk: `counts#${payer}`, sk: what };
}

/** The payers of a period lie under it. */
export function payersPk(period: Period): string {
  return `payers#${period}`;
}

/** Parts of a reconcile begin with it. */
export const RECONCILED_PAYER = 'payer#';

/** Its `pk` is its own, so that a role may be allowed to write nothing else. */
export function reconcilePk(id: string): string {
  return `reconcile#${id}`;
}

export function reconcileRunKey(id: string): ItemKey {
  return { pk: reconcilePk(id), sk: 'run' };
}

export function reconcileProgressKey(id: string): ItemKey {
  return { pk: reconcilePk(id), sk: 'progress' };
}

export function reconciledPayerKey(id: string, payer: Payer): ItemKey {
  return { pk: reconcilePk(id), sk: `${RECONCILED_PAYER}${payer}` };
}

export function reconcileCursorKey({ run, payer, hop }: ReconcileHop): ItemKey {
  return { pk: reconcilePk(run), sk: `cursor#${payer}#${hop}` };
}

/** What the partitions of a period share lies under it. */
function periodPk(period: Period): string {
  return `period#${period}`;
}

/** All that is known of a partition lies under it. */
export function partitionPk({ period, payer }: Partition): string {
  return `partition#${period}#${payer}`;
}
