import { reportOf } from '../billing/report.ts';
import type { SourceVersion, VersionId } from '../billing/version.ts';
import { compareDeliveries, orderOf } from './deliveryOrder.ts';
import { awaitedKey, type DeliveryProgress, hasChanges, type PartitionRecord } from './partitionRecord.ts';
import { isUsable, type VersionRecord } from './versionRecord.ts';

/** What recording something comes to: the record to store, and whether it counts as new. */
interface Change {
  readonly record: PartitionRecord;
  readonly isNew: boolean;
}

/** Counts a change: `by` caused it, at `now`. */
export function countChange(record: PartitionRecord, by: string, now: number): PartitionRecord {
  const hadChanges = hasChanges(record);
  return {
    ...record,
    changes: record.changes + 1,
    firstChangeAt: hadChanges ? (record.firstChangeAt ?? now) : now,
    lastChangeAt: Math.max(now, record.lastChangeAt ?? now),
    tickOwner: hadChanges ? (record.tickOwner ?? by) : by,
  };
}

/**
 * A version was staged, or found empty: what waited for it need not wait any more. A delivery names
 * each file once, so at most one of the tokens is in its list, once: the first that is found is
 * all, and a list of thousands is not looked through to its end for each file.
 */
export function resolveAwaited(record: PartitionRecord, by: string, tokens: readonly string[]): PartitionRecord {
  const { delivery } = record;
  if (!delivery) return record;
  const found = tokens.find((token) => delivery.awaited.includes(token));
  if (found === undefined) return record;
  const awaited = delivery.awaited.toSpliced(delivery.awaited.indexOf(found), 1);
  return withDelivery(
    record,
    awaited.length === 0 ? { ...delivery, awaited, completedBy: by } : { ...delivery, awaited },
  );
}

/** The record with the watermark at least at `lastModified`. */
export function raiseWatermark(record: PartitionRecord, lastModified: number): PartitionRecord {
  return { ...record, watermark: Math.max(lastModified, record.watermark ?? lastModified) };
}

/** What the arithmetic has to know of a version that was recorded. */
export interface VersionSighting {
  readonly id: VersionId;
  readonly source: Pick<SourceVersion, 'bucket' | 'key' | 'lastModified'>;
  /** Whether a staged copy of it exists, and whether it may be part of a set. */
  readonly isStaged: boolean;
  readonly isUsable: boolean;
  /**
   * Whether something about it is new: then it counts as a change. If nothing is, it may still be
   * what a delivery waits for that was recorded after it, which counts as well.
   */
  readonly isNew: boolean;
  readonly awaitsManifest: boolean;
  readonly at: number;
}

/** `version` is what is known of it now. */
export function sightingOf(
  version: VersionRecord,
  { isNew, awaitsManifest, at }: Pick<VersionSighting, 'isNew' | 'awaitsManifest' | 'at'>,
): VersionSighting {
  const { id, source, outcome } = version;
  const isStaged = outcome.status === 'staged';
  return { id, source, isStaged, isUsable: isUsable(version), isNew, awaitsManifest, at };
}

/**
 * The record after a version was recorded. The first report with rows is the bill; of any other
 * report only its existence is noted. Answers the same record where nothing counts.
 */
export function applySighting(before: PartitionRecord, sighting: VersionSighting): PartitionRecord {
  const { id, source, isStaged, isNew, awaitsManifest, at } = sighting;
  const report = reportOf(source);
  if (isOtherReport(before, report)) return isNew && isStaged ? withOtherReport(before, report, at) : before;
  let after: PartitionRecord = { ...before, awaitsManifest };
  if (isStaged) after = raiseWatermark({ ...after, report }, source.lastModified);
  if (sighting.isUsable) after = resolveAwaited(after, id, isNew ? [id, awaitedKey(source)] : [id]);
  return isNew || after.delivery !== before.delivery ? countChange(after, id, at) : before;
}

/**
 * The record after a delivery was recorded; undefined when there is nothing to write. It is not new
 * when it is known already: a manifest that was worked off before, or another copy of it (legacy
 * reports have two), of which only the order is stored. An older one is of use only when it is
 * complete and the newest is not. Of a report that is not the bill, only its existence is noted.
 */
export function applyDelivery(record: PartitionRecord, progress: DeliveryProgress, now: number): Change | undefined {
  const report = reportOf(progress.manifest);
  if (isOtherReport(record, report)) {
    const noted = withOtherReport(record, report, now);
    return noted === record ? undefined : { record: noted, isNew: false };
  }
  return applyDeliveryOfBill({ ...record, report }, progress);
}

function applyDeliveryOfBill(record: PartitionRecord, progress: DeliveryProgress): Change | undefined {
  const { delivery, completeDelivery } = record;
  if (!delivery) return { record: withDelivery(record, progress), isNew: true };
  const order = compareDeliveries(progress, delivery);
  if (delivery.id === progress.id && (delivery.awaited.length === 0 || sameAwaited(delivery, progress))) {
    return order > 0
      ? { record: withDelivery(record, { ...delivery, manifest: progress.manifest }), isNew: false }
      : undefined;
  }
  if (order === 0 && delivery.awaited.length === 0) return undefined;
  if (order >= 0) return { record: withDelivery(record, progress), isNew: true };
  const isOfUse = progress.awaited.length === 0 && delivery.awaited.length > 0;
  if (!isOfUse || (completeDelivery && compareDeliveries(progress, completeDelivery) <= 0)) return undefined;
  return { record: { ...record, completeDelivery: orderOf(progress) }, isNew: true };
}

/**
 * The record after a report was chosen as the bill; undefined when it is the bill already, and
 * there is no other report to choose. The deliveries of the report before are forgotten: those of
 * the chosen one have to be read again.
 */
export function applyReportChoice(record: PartitionRecord, report: string, now: number): Change | undefined {
  const { otherReports, delivery: _, completeDelivery: __, held: ___, ...rest } = record;
  if (record.report === report) {
    const { otherReports: ____, ...decided } = record;
    return otherReports ? { record: decided, isNew: false } : undefined;
  }
  return { record: countChange({ ...rest, report }, `report ${report}`, now), isNew: true };
}

/** The record after a request to form its set anew. */
export function applyReopening(
  record: PartitionRecord,
  { by, forgetDeliveries }: Reopening,
  now: number,
): PartitionRecord {
  if (!forgetDeliveries) return countChange(record, by, now);
  const { delivery: _, completeDelivery: __, ...rest } = record;
  return countChange({ ...rest, awaitsManifest: false }, by, now);
}

function isOtherReport(record: PartitionRecord, report: string): boolean {
  return record.report !== undefined && record.report !== report;
}

/** At most so many other reports are named: whoever has more knows it by then. */
const MAX_OTHER_REPORTS = 8;

function withOtherReport(record: PartitionRecord, report: string, now: number): PartitionRecord {
  const others = record.otherReports ?? [];
  if (others.length >= MAX_OTHER_REPORTS || others.some((other) => other.report === report)) return record;
  return { ...record, otherReports: [...others, { report, since: now }] };
}

function withDelivery(record: PartitionRecord, delivery: DeliveryProgress): PartitionRecord {
  return delivery.awaited.length === 0
    ? { ...record, delivery, completeDelivery: orderOf(delivery) }
    : { ...record, delivery };
}

function sameAwaited(a: DeliveryProgress, b: DeliveryProgress): boolean {
  const awaited = new Set(b.awaited);
  return a.id === b.id && a.awaited.length === b.awaited.length && a.awaited.every((token) => awaited.has(token));
}

/**
 * Whether the message that carried `by` has to send a tick, now or after the quiet period, however
 * often it comes.
 */
export function tickFor(record: PartitionRecord, by: string): 'none' | 'quiet' | 'now' {
  if (!hasChanges(record)) return 'none';
  if (record.delivery?.completedBy === by && record.delivery.id !== record.published?.deliveryId) return 'now';
  return record.tickOwner === by ? 'quiet' : 'none';
}

export interface Reopening {
  /** Names the reason in the record, as that of the first change: see `tickOwner`. */
  readonly by: string;
  readonly forgetDeliveries: boolean;
}
