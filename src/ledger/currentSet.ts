import { executionTime } from '../billing/executionTime.ts';
import { classifyKey } from '../billing/layout.ts';
import { reportOf } from '../billing/report.ts';
import { compareText, compareVersions, objectName } from '../billing/version.ts';
import type { Delivery } from './delivery.ts';
import type { VersionRecord } from './versionRecord.ts';
import { isStaged, isUsable, isWithdrawn, type StagedVersion } from './versionRecord.ts';

/**
 * The staged files that should be visible, or why there is no such set: then what is visible stays.
 * `removed` lists versions whose staged copies were removed as superseded, and that are wanted
 * again after all.
 */
export type CurrentSet =
  | { readonly is: 'set'; readonly files: readonly StagedVersion[]; readonly deliveryId?: string | undefined }
  | { readonly is: 'held'; readonly reason: string; readonly removed: readonly VersionRecord[] };

/**
 * A complete delivery's set: exactly what its manifest names. Files that it names and that are
 * empty add no rows.
 */
export function setOfDelivery(delivery: Delivery, versions: readonly VersionRecord[]): CurrentSet {
  const files: StagedVersion[] = [];
  const missing: { readonly key: string; readonly candidates: readonly VersionRecord[] }[] = [];
  const byObject = Map.groupBy(versions, ({ source }) => objectName(source));
  for (const { versionId, ...object } of delivery.files) {
    const candidates = (byObject.get(objectName(object)) ?? []).filter(({ id }) => (versionId ?? id) === id);
    const version = newest(candidates.filter(isUsable));
    if (!version) missing.push({ key: object.key, candidates });
    else if (isStaged(version)) files.push(version);
  }
  const [first] = missing;
  if (!first) return { is: 'set', files, deliveryId: delivery.id };
  const all = missing.flatMap(({ candidates }) => candidates);
  return held(`delivery ${delivery.executionId}: ${first.key} is ${whatHappened(first.candidates)}`, all);
}

/**
 * The set of a partition without manifests: the newest version of every data key of the report that
 * is the bill. Where each delivery has a folder of its own, only the folder with the newest file
 * counts: adding folders up would multiply the month. With a file, or a manifest, that cannot be
 * read nobody knows whether the month is whole: the set is held. What is no part of a bill, and
 * what its source has withdrawn or replaced, is left out.
 */
export function setWithoutManifest(all: readonly VersionRecord[], report: string | undefined): CurrentSet {
  const versions = all.filter(
    ({ source, replaced }) => !replaced && (report === undefined || reportOf(source) === report),
  );
  const folder = newestFolder(versions);
  const manifest = unreadableManifest(versions, folder);
  if (manifest) return held(`its manifest ${manifest.source.key} is ${whatHappened([manifest])}`, []);
  const byKey = Map.groupBy(
    versions.filter((version) => version.folder === folder),
    ({ source }) => objectName(source),
  );
  const files: StagedVersion[] = [];
  for (const ofKey of byKey.values()) {
    const version = newest(ofKey);
    if (!version || isWithdrawn(version)) continue;
    if (isStaged(version)) files.push(version);
    else if (version.outcome.status === 'removed' || version.outcome.status === 'quarantined') {
      return held(`${version.source.key} is ${whatHappened([version])}`, [version]);
    }
  }
  // What the source has taken back as a whole is a month without rows.
  if (files.length > 0 || versions.some(isWithdrawn)) return { is: 'set', files };
  return held(whyNoFile(versions), []);
}

/** The newest manifest, if it cannot be read and may be that of the newest delivery. */
function unreadableManifest(versions: readonly VersionRecord[], folder: string | undefined): VersionRecord | undefined {
  const manifests = versions.filter(({ source }) => classifyKey(source.key).kind === 'manifest');
  const newestOne = manifests.toSorted(byAge).at(-1);
  if (newestOne?.outcome.status !== 'quarantined') return undefined;
  const [delivered, counted] = [executionTime(newestOne.source.key), executionTime(`${folder ?? ''}file`)];
  const isOfEarlierDelivery = delivered !== undefined && counted !== undefined && delivered < counted;
  return isOfEarlierDelivery ? undefined : newestOne;
}

function byAge(a: VersionRecord, b: VersionRecord): number {
  if (a.source.key === b.source.key) return compareVersions(a.source, b.source);
  if (isLater(a, b)) return 1;
  return isLater(b, a) ? -1 : compareText(a.id, b.id);
}

/** Why there is nothing to publish: what has come instead of data. */
function whyNoFile(versions: readonly VersionRecord[]): string {
  const [first, ...others] = versions.filter(
    ({ outcome }) => outcome.status === 'quarantined' || outcome.status === 'set-aside',
  );
  if (!first) return 'no file with data has arrived';
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return `no file with data has arrived: ${first.source.key} is ${whatHappened([first])}${more}`;
}

function held(reason: string, candidates: readonly VersionRecord[]): CurrentSet {
  return { is: 'held', reason, removed: candidates.filter(({ outcome }) => outcome.status === 'removed') };
}

/** The newest of some versions of one key, whatever order they are given in. */
export function newest<Version extends VersionRecord>(versions: readonly Version[]): Version | undefined {
  const [first, ...others] = [...versions].sort((a, b) => compareText(a.id, b.id));
  return first && others.reduce((best, next) => (compareVersions(next.source, best.source) > 0 ? next : best), first);
}

/**
 * The folder with the newest readable file: what cannot be read does not say that a delivery has
 * begun.
 */
function newestFolder(versions: readonly VersionRecord[]): string | undefined {
  const [first, ...others] = versions.filter(isUsable).sort((a, b) => compareText(a.folder, b.folder));
  return first && others.reduce((best, next) => (isLater(next, best) ? next : best), first).folder;
}

function isLater(a: VersionRecord, b: VersionRecord): boolean {
  const [timeA, timeB] = [executionTime(a.source.key), executionTime(b.source.key)];
  if (timeA !== undefined && timeB !== undefined && timeA !== timeB) return timeA > timeB;
  return a.source.lastModified > b.source.lastModified;
}

function whatHappened(candidates: readonly VersionRecord[]): string {
  const version = newest(candidates);
  if (!version) return 'not staged';
  const { outcome } = version;
  if (version.replaced) return 'replaced by another content';
  if (outcome.status === 'quarantined') return `quarantined: ${outcome.reason}`;
  if (outcome.status === 'set-aside') return `set aside: ${outcome.reason}`;
  return isWithdrawn(version) ? 'withdrawn' : outcome.status;
}
