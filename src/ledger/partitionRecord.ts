import { shortHash } from '../base/shortHash.ts';
import { executionTime } from '../billing/executionTime.ts';
import type { Partition } from '../billing/partition.ts';
import { reportOf } from '../billing/report.ts';
import { compareText, compareVersions, type SourceVersion } from '../billing/version.ts';
import type { Problem } from './problems.ts';
import { withoutProblem, withProblem } from './problems.ts';
import type { VersionRecord } from './versionRecord.ts';
import { isUsable } from './versionRecord.ts';

/**
 * The ledger's arithmetic on one partition, pure: every implementation of the ledger stores what these functions say.
 * Moments are milliseconds since 1970.
 */
export interface PartitionRecord {
  readonly partition: Partition;
  /** Counts every change ever; `settledChanges` of them have been worked into what readers see. */
  readonly changes: number;
  readonly settledChanges: number;
  /** Since when it has changes that are not settled, and when it last changed. Absent when it has none. */
  readonly firstChangeAt?: number;
  readonly lastChangeAt?: number;
  /** Whose message sends the tick: the version or delivery of the first change that is not settled. */
  readonly tickOwner?: string;
  readonly awaitsManifest: boolean;
  /** The report that is the bill (billing/report.ts): the first that arrived, or the one that was chosen. */
  readonly report?: string;
  /** Other reports of the same month: left out until somebody chooses. The first ones, in the order of their arrival. */
  readonly otherReports?: readonly OtherReport[];
  /** The newest source LastModified staged. */
  readonly watermark?: number;
  /** The newest delivery known, complete or not. */
  readonly delivery?: DeliveryProgress;
  /** The newest delivery that is complete: the one to publish. */
  readonly completeDelivery?: DeliveryOrder;
  readonly published?: Published;
  readonly analysed?: Analysed;
  /** Why the current set cannot be formed, as of the last run: for people. */
  readonly held?: string;
  /** Why it failed last; and why its other step did, where both a publish and the analytics fail (problems.ts). */
  readonly problem?: Problem;
  readonly otherProblem?: Problem;
}

/** A whole bill beside the one that counts. Adding them up would double the month. */
interface OtherReport {
  readonly report: string;
  /** When it was first seen: milliseconds since 1970. */
  readonly since: number;
}

/** Orders deliveries: by the manifest they came with. */
interface DeliveryOrder {
  readonly id: string;
  readonly executionId: string;
  readonly manifest: SourceVersion;
}

export interface DeliveryProgress extends DeliveryOrder {
  readonly files: number;
  readonly awaited: readonly string[];
  /** Whose message has to say that it is complete. */
  readonly completedBy?: string;
}

export interface Published {
  /** Names the set of staged files: see {@link setIdOf}. */
  readonly setId: string;
  readonly deliveryId?: string;
  readonly files: number;
  readonly rows: number;
  readonly epoch: number;
  readonly at: number;
  /** The newest source LastModified in the set. Records of the first versions have none. */
  readonly asOf?: number;
}

interface Analysed {
  readonly setId: string;
  /** The epoch under which they ran: a publish of a later epoch wants them again, even of a set that was seen before. */
  readonly epoch: number;
  /** The newest source LastModified that analytics have seen. */
  readonly watermark: number;
  readonly at: number;
}

/** What a run may write into a partition's record. */
export type PartitionUpdate =
  | { readonly kind: 'published'; readonly published: Published }
  | { readonly kind: 'analysed'; readonly analysed: Analysed }
  /** Everything that had changed when the run looked (`readAt`) is worked in, or cannot be (`held`). */
  | { readonly kind: 'settled'; readonly changes: number; readonly readAt: number; readonly held?: string }
  | { readonly kind: 'failed'; readonly problem: Problem };

export function newPartitionRecord(partition: Partition): PartitionRecord {
  return { partition, changes: 0, settledChanges: 0, awaitsManifest: false };
}

/** Whether something is left to do: changes to be worked in, or analytics to be run over what was published. */
export function isDirty(record: PartitionRecord): boolean {
  return hasChanges(record) || wantsAnalytics(record);
}

export function hasChanges({ changes, settledChanges }: PartitionRecord): boolean {
  return changes > settledChanges;
}

/**
 * Whether the newest publish was made after the analytics ran last, or is of another set than they ran over: the ledger may
 * hear late of a run that was cut off after its publish, when analytics under a later epoch are already noted.
 */
export function wantsAnalytics({ published, analysed }: PartitionRecord): boolean {
  if (published === undefined) return false;
  return analysed === undefined || analysed.epoch < published.epoch || analysed.setId !== published.setId;
}

/** Names a set of staged files, whatever their order. */
export function setIdOf(stagedKeys: readonly string[]): string {
  return shortHash([...stagedKeys].sort(compareText).join('\n'));
}

/** What stands in `awaited` for a file that any version of will do. */
export function awaitedKey(file: { readonly bucket: string; readonly key: string }): string {
  return `key-${shortHash(`${file.bucket}\0${file.key}`)}`;
}

/**
 * Above zero when `a` is the newer delivery. Two manifests of one key compare as versions, others by the time in the
 * name of the delivery's folder. Legacy reports write a manifest into the month's folder over and over, and a copy into
 * each delivery's own: the month's names the newest (Cost and Usage Reports User Guide, "Understanding your report
 * versions"). Only then LastModified decides, which a copy of the bucket does not keep.
 */
export function compareDeliveries(a: DeliveryOrder, b: DeliveryOrder): number {
  const sameKey = a.manifest.bucket === b.manifest.bucket && a.manifest.key === b.manifest.key;
  if (sameKey) return compareVersions(a.manifest, b.manifest);
  const [timeA, timeB] = [executionTime(a.manifest.key), executionTime(b.manifest.key)];
  if (timeA !== undefined && timeB !== undefined && timeA !== timeB) return timeA - timeB;
  if (isAboveDelivery(a.manifest, b.manifest)) return 1;
  if (isAboveDelivery(b.manifest, a.manifest)) return -1;
  return a.manifest.lastModified - b.manifest.lastModified || compareText(a.executionId, b.executionId);
}

/** Whether `a` lies in a month's folder, and `b` in the folder of one delivery below it. */
function isAboveDelivery(a: SourceVersion, b: SourceVersion): boolean {
  const month = /^(?:.*\/)?\d{8}-\d{8}\/(?=[^/]*$)/s.exec(a.key)?.[0];
  return (
    month !== undefined &&
    a.bucket === b.bucket &&
    b.key.startsWith(month) &&
    /^[^/]+\/[^/]+$/s.test(b.key.slice(month.length))
  );
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

/** A version was staged, or found empty: what waited for it need not wait any more. */
export function resolved(record: PartitionRecord, by: string, tokens: readonly string[]): PartitionRecord {
  const { delivery } = record;
  if (!delivery?.awaited.some((token) => tokens.includes(token))) return record;
  const awaited = delivery.awaited.filter((token) => !tokens.includes(token));
  return withDelivery(record, { ...delivery, awaited, ...(awaited.length === 0 ? { completedBy: by } : {}) });
}

/** The record with the watermark at least at `lastModified`. */
export function watermarked(record: PartitionRecord, lastModified: number): PartitionRecord {
  return { ...record, watermark: Math.max(lastModified, record.watermark ?? lastModified) };
}

/**
 * The record after a version was told, `version` being what is known of it with this telling merged in. `isNew` says that
 * something about it is new: then it counts. If nothing is, it may still end the waiting of a delivery that was recorded
 * after it, which counts as well. The first report with rows is the bill; what comes of another one is only noted. The
 * same record where nothing counts.
 */
export function applyVersion(
  before: PartitionRecord,
  version: Pick<VersionRecord, 'id' | 'source' | 'outcome' | 'replaced'>,
  { isNew, awaitsManifest }: { readonly isNew: boolean; readonly awaitsManifest: boolean },
  now: number,
): PartitionRecord {
  const { id, source, outcome } = version;
  const report = reportOf(source);
  const isStaged = outcome.status === 'staged';
  if (isOtherReport(before, report)) return isNew && isStaged ? withOtherReport(before, report, now) : before;
  let after: PartitionRecord = { ...before, awaitsManifest };
  if (isStaged) after = watermarked({ ...after, report }, source.lastModified);
  if (isUsable(version)) after = resolved(after, id, isNew ? [id, awaitedKey(source)] : [id]);
  return isNew || after.delivery !== before.delivery ? countChange(after, id, now) : before;
}

/**
 * Takes in a delivery; undefined when there is nothing to write. It is no news when it is known already: a manifest that
 * was worked off before, or another copy of it (legacy reports have two), of which only the order is kept. An older one
 * is of use only when it is complete and the newest is not. One of another report than the bill's is only noted.
 */
export function applyDelivery(
  record: PartitionRecord,
  progress: DeliveryProgress,
  now: number,
): { readonly record: PartitionRecord; readonly isNew: boolean } | undefined {
  const report = reportOf(progress.manifest);
  if (isOtherReport(record, report)) {
    const noted = withOtherReport(record, report, now);
    return noted === record ? undefined : { record: noted, isNew: false };
  }
  return deliveredOfBill({ ...record, report }, progress);
}

function deliveredOfBill(
  record: PartitionRecord,
  progress: DeliveryProgress,
): { readonly record: PartitionRecord; readonly isNew: boolean } | undefined {
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
 * The record after somebody chose which report is the bill; undefined when it is that one already, and nothing else is
 * left to choose from. Deliveries of the report before are forgotten: its own have to be read again.
 */
export function applyReportChoice(
  record: PartitionRecord,
  report: string,
  now: number,
): { readonly record: PartitionRecord; readonly isNew: boolean } | undefined {
  const { otherReports, delivery: _, completeDelivery: __, held: ___, ...rest } = record;
  if (record.report === report) {
    const { otherReports: ____, ...kept } = record;
    return otherReports ? { record: kept, isNew: false } : undefined;
  }
  return { record: countChange({ ...rest, report }, `report ${report}`, now), isNew: true };
}

/** The record after somebody asked for its set to be formed anew. */
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

/** As many other reports are named; whoever has more knows by then. */
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

function orderOf({ id, executionId, manifest }: DeliveryOrder): DeliveryOrder {
  return { id, executionId, manifest };
}

function sameAwaited(a: DeliveryProgress, b: DeliveryProgress): boolean {
  const awaited = new Set(b.awaited);
  return a.id === b.id && a.awaited.length === b.awaited.length && a.awaited.every((token) => awaited.has(token));
}

/** Whether the message that carried `by` has to send a tick, now or after the quiet period, however often it comes. */
export function tickFor(record: PartitionRecord, by: string): 'none' | 'quiet' | 'now' {
  if (!hasChanges(record)) return 'none';
  if (record.delivery?.completedBy === by && record.delivery.id !== record.published?.deliveryId) return 'now';
  return record.tickOwner === by ? 'quiet' : 'none';
}

/** The record after a run's update. */
export function applyUpdate(record: PartitionRecord, update: PartitionUpdate): PartitionRecord {
  switch (update.kind) {
    case 'published':
      return { ...record, published: update.published };
    case 'analysed': {
      const watermark = Math.max(update.analysed.watermark, record.analysed?.watermark ?? 0);
      return { ...withoutProblem(record, 'analyse'), analysed: { ...update.analysed, watermark } };
    }
    case 'settled':
      return settled(record, update);
    case 'failed':
      return withProblem(record, update.problem);
    default:
      return update satisfies never;
  }
}

/** Without changes, unless some came while the run was at work: then they count from the moment at which the run had looked. */
function settled(record: PartitionRecord, update: Extract<PartitionUpdate, { kind: 'settled' }>): PartitionRecord {
  const { firstChangeAt, lastChangeAt, tickOwner, problem, otherProblem, held, ...rest } = record;
  const settledChanges = Math.max(update.changes, record.settledChanges);
  const reason = update.held === undefined ? {} : { held: update.held };
  if (record.changes <= settledChanges) return { ...rest, settledChanges, ...reason };
  return {
    ...rest,
    ...reason,
    settledChanges,
    firstChangeAt: Math.max(update.readAt, firstChangeAt ?? update.readAt),
    lastChangeAt: lastChangeAt ?? update.readAt,
    ...(tickOwner === undefined ? {} : { tickOwner }),
  };
}

export interface Reopening {
  /** Names the reason in the record, as that of the first change: see `tickOwner`. */
  readonly by: string;
  readonly forgetDeliveries: boolean;
}
