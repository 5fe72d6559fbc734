import pMap from 'p-map';
import type { Moment } from '../base/moment.ts';
import { objectName } from '../billing/version.ts';
import type { PayersConfiguration } from '../config/payers.ts';
import { payersInForce } from '../config/payersInForce.ts';
import { newest } from '../ledger/currentSet.ts';
import { versionsOfDelivery } from '../ledger/deliveryVersions.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { awaitedKey, hasChanges, isDirty, type PartitionRecord } from '../ledger/partitionRecord.ts';
import { stateOf } from '../ledger/partitionState.ts';
import type { VersionRecord } from '../ledger/versionRecord.ts';
import type { Report } from '../telemetry/events.ts';
import type { PayerMetrics } from '../telemetry/metricCatalogue.ts';
import { freshness, hoursBetween, stalest } from './freshness.ts';
import { type SweepServices, sweep } from './sweep.ts';
import { wakeOutbox } from './wakeOutbox.ts';

/** What the survey works with, beside what the sweep does. */
export interface SurveyServices extends SweepServices {
  /** The payers file. */
  readonly fallback: PayersConfiguration;
  /** A payer whose newest complete delivery is older than this is stale. */
  readonly staleAfterHours: number;
  /** How many payers have a metric of their own: the stalest. */
  readonly payerMetrics: PayerMetrics;
  readonly report: Report;
}

/** What a sweep has sent. */
export interface Swept {
  readonly ticks: number;
  /** Messages in the outbox: while there are any, whoever sends them has been woken too. */
  readonly outboxDepth: number;
}

/**
 * Of partitions whose files do not add up, this many are read at the same time: they may be large.
 */
const CONCURRENCY = 4;

/**
 * The sweep, and then how everything stands: dirty partitions, the outbox, quarantined files, and
 * how fresh each payer is. It comes from the schedule and not from what happens, so that it also
 * reports a payer of whom nothing comes any more. Ticks are sent first, whatever becomes of the
 * rest; that it has ended is noted last. Throws what the ledger and the queue throw.
 */
export async function sweepAndSurvey(services: SurveyServices): Promise<Swept> {
  const { ledger, now, report } = services;
  const records: PartitionRecord[] = [];
  const ticks = await sweep(services, (found) => void records.push(...found));
  const outboxDepth = await wakeOutbox(services);
  await reportFreshness(services, records);
  const quarantinedFiles = await countQuarantined(ledger, records);
  report({ what: 'surveyed', ...dirtOf(records, now()), outboxDepth, quarantinedFiles });
  await ledger.noteActivity({ sweep: { endedAt: now(), ticks } });
  return { ticks, outboxDepth };
}

/** Of the payers that count now: as the copy function sees them (payersInUse.ts). */
async function reportFreshness(
  { ledger, fallback, staleAfterHours, payerMetrics, now, report }: SurveyServices,
  records: readonly PartitionRecord[],
): Promise<void> {
  const { sources } = payersInForce(await ledger.configuration(), fallback);
  const payers = sources.map(({ payer }) => payer);
  const all = freshness(payers, records, now()).map((one) => ({ ...one, isStale: one.hours > staleAfterHours }));
  const measured = new Set(stalest(all, payerMetrics));
  for (const one of all) {
    const { payer, hours, isStale } = one;
    report({ what: 'payer-fresh', payer, hours, isStale, isMeasured: measured.has(one) });
  }
  report({
    what: 'freshness-surveyed',
    payers: all.length,
    stalestHours: all.reduce((most, { hours }) => Math.max(most, hours), 0),
    stalePayers: all.filter(({ isStale }) => isStale).length,
  });
}

/**
 * How many partitions are dirty, for how long the first of them has been, and for how long files
 * have been staged that no reader sees. `now` is milliseconds since 1970.
 */
function dirtOf(
  records: readonly PartitionRecord[],
  now: Moment,
): { readonly dirtyPartitions: number; readonly oldestDirtyHours: number; readonly notVisibleHours: number } {
  const dirty = records.filter(isDirty);
  const longest = (since: readonly (Moment | undefined)[]) =>
    since.reduce((most: number, one = now) => Math.max(most, hoursBetween(one, now)), 0);
  return {
    dirtyPartitions: dirty.length,
    oldestDirtyHours: longest(dirty.map(dirtySince)),
    notVisibleHours: longest(dirty.filter(hasChanges).map(({ firstChangeAt }) => firstChangeAt)),
  };
}

/**
 * Since its first change that is not settled; else since the publish that analytics have not seen.
 */
function dirtySince(record: PartitionRecord): Moment | undefined {
  return hasChanges(record) ? record.firstChangeAt : record.published?.at;
}

/**
 * Quarantined files that stand in a partition's way. Only partitions that wait, are held or have
 * failed are read for it, so that a stage in which all is well is surveyed for the price of its
 * records. A file that a published set has left out is in nobody's way: it was reported when it was
 * found, and reconcile's report counts it.
 */
async function countQuarantined(ledger: Ledger, records: readonly PartitionRecord[]): Promise<number> {
  const suspicious = records.filter((record) => ['waiting', 'held', 'failed'].includes(stateOf(record).state));
  const counts = await pMap(suspicious, async (record) => quarantinedIn(record, await candidatesOf(ledger, record)), {
    concurrency: CONCURRENCY,
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The versions that the newest delivery waits for; without one that waits, all. */
async function candidatesOf(ledger: Ledger, { partition, delivery }: PartitionRecord): Promise<VersionRecord[]> {
  if (!delivery || delivery.awaited.length === 0) return ledger.versions(partition);
  const awaited = new Set(delivery.awaited);
  const files = (await ledger.delivery(partition, delivery.id))?.files ?? [];
  return versionsOfDelivery(ledger, {
    partition,
    files: files.filter((file) => awaited.has(file.versionId ?? awaitedKey(file))),
  });
}

/**
 * Those that the newest delivery waits for; without one, those that are the newest content of their
 * object.
 */
function quarantinedIn({ delivery }: PartitionRecord, versions: readonly VersionRecord[]): number {
  const awaited = new Set(delivery?.awaited);
  const isAwaited = ({ id, source }: VersionRecord) => awaited.has(id) || awaited.has(awaitedKey(source));
  const byObject = Map.groupBy(versions, ({ source }) => objectName(source));
  const newestOfEach = [...byObject.values()].flatMap((ofObject) => newest(ofObject) ?? []);
  const candidates = awaited.size > 0 ? versions.filter(isAwaited) : newestOfEach;
  return candidates.filter(({ outcome }) => outcome.status === 'quarantined').length;
}
