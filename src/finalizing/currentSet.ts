import { executionTime } from '../billing/executionTime.ts';
import { compareText, compareVersions, objectName } from '../billing/version.ts';
import type { Delivery, VersionOutcome, VersionRecord } from '../ledger/ledger.ts';
import { isUsable } from '../ledger/versionRecord.ts';

/** A version whose staged copy exists. */
export type StagedVersion = VersionRecord & { readonly outcome: Extract<VersionOutcome, { status: 'staged' }> };

/**
 * The staged files that should be visible, or why there is no such set: then what is visible stays. `removed` lists
 * versions whose staged copies were cleared away as superseded and that are wanted again after all.
 */
export type CurrentSet =
  | { readonly is: 'set'; readonly files: readonly StagedVersion[]; readonly deliveryId?: string }
  | { readonly is: 'held'; readonly reason: string; readonly removed: readonly VersionRecord[] };

/** A complete delivery's set: exactly what its manifest names. Files that it names and that are empty add no rows. */
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
 * The set of a partition without manifests: the newest version of every data key. Where each delivery has a folder of
 * its own, only the folder with the newest file counts: adding folders up would multiply the month. A file that cannot
 * be read is left out, unless it took the place of one that could: then the set is held, for a hole in the month is
 * no restatement of it.
 */
export function setWithoutManifest(versions: readonly VersionRecord[]): CurrentSet {
  const folder = newestFolder(versions);
  const byKey = Map.groupBy(
    versions.filter((version) => version.folder === folder),
    ({ source }) => objectName(source),
  );
  const files: StagedVersion[] = [];
  for (const ofKey of byKey.values()) {
    const version = newest(ofKey);
    if (!version) continue;
    if (isStaged(version)) files.push(version);
    else if (isWanted(version, ofKey)) {
      return held(`${version.source.key} is ${whatHappened([version])}`, [version]);
    }
  }
  if (files.length === 0) return held('no file with data has arrived', []);
  return { is: 'set', files };
}

/** A content that has come back is wanted, whatever became of its copy; one that cannot be read, if it took another's place. */
function isWanted({ outcome }: VersionRecord, ofKey: readonly VersionRecord[]): boolean {
  if (outcome.status === 'removed') return true;
  return outcome.status === 'quarantined' && ofKey.some(isStaged);
}

function held(reason: string, candidates: readonly VersionRecord[]): CurrentSet {
  return { is: 'held', reason, removed: candidates.filter(({ outcome }) => outcome.status === 'removed') };
}

/** The newest of some versions of one key, whatever order they are given in. */
export function newest<Version extends VersionRecord>(versions: readonly Version[]): Version | undefined {
  const [first, ...others] = [...versions].sort((a, b) => compareText(a.id, b.id));
  return first && others.reduce((best, next) => (compareVersions(next.source, best.source) > 0 ? next : best), first);
}

export function isStaged(version: VersionRecord): version is StagedVersion {
  return version.outcome.status === 'staged';
}

/** The folder with the newest readable file: what cannot be read does not say that a delivery has begun. */
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
  return version.outcome.status === 'quarantined' ? `quarantined: ${version.outcome.reason}` : version.outcome.status;
}
