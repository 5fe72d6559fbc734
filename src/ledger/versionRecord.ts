import type { Moment } from '../base/moment.ts';
import type { Partition } from '../billing/partition.ts';
import { compareVersions, type SourceVersion, type VersionId } from '../billing/version.ts';

/** Whether a version can be part of a set: staged, or empty, which adds no rows. */
export function isUsable(version: Pick<VersionRecord, 'outcome' | 'replaced'>): boolean {
  return !version.replaced && (version.outcome.status === 'empty' || isStaged(version));
}

/** A version whose staged copy exists, and whose source has not withdrawn it. */
export type StagedVersion = VersionRecord & { readonly outcome: StagedOutcome };

export function isStaged<Version extends Pick<VersionRecord, 'outcome' | 'replaced'>>(
  version: Version,
): version is Version & Pick<StagedVersion, 'outcome'> {
  return !version.replaced && version.outcome.status === 'staged' && version.outcome.withdrawn === undefined;
}

/** Whether its source no longer counts it, whether or not its copy is still there. */
export function isWithdrawn({ outcome }: Pick<VersionRecord, 'outcome'>): boolean {
  return (outcome.status === 'staged' || outcome.status === 'removed') && outcome.withdrawn !== undefined;
}

/**
 * What is left of a staged version whose copy is removed. What was withdrawn stays so: nobody asks
 * for it again.
 */
export function removedOutcome({ generation, withdrawn }: StagedOutcome, removedAt: Moment): VersionOutcome {
  const outcome = { status: 'removed', generation, removedAt } as const;
  return withdrawn === undefined ? outcome : { ...outcome, withdrawn };
}

/**
 * What the ledger stores when a version is recorded again. A version's order only moves forward:
 * content may come back (A, B, then A once more), and then its second arrival counts. What was
 * staged stays staged until it is removed.
 */
export function mergeVersion(
  known: VersionRecord | undefined,
  seen: VersionRecord,
): { readonly record: VersionRecord; readonly isNew: boolean } {
  if (!known) return { record: seen, isNew: true };
  const source = laterSource(known.source, seen.source);
  const revived = isRevived(known.outcome, seen.outcome);
  const withdrawn = withdrawnOutcome(known.outcome, seen.outcome);
  if (withdrawn) return { record: { ...known, source, outcome: withdrawn }, isNew: true };
  if (known.replaced !== seen.replaced) return { record: withPlace(revived ? seen : known, source, seen), isNew: true };
  const record = revived ? { ...seen, source } : { ...known, source };
  const reordered = source.lastModified !== known.source.lastModified || source.sequencer !== known.source.sequencer;
  return { record, isNew: revived || reordered };
}

/**
 * Whoever records a version has seen it at its source, or has seen that another content is there.
 */
function withPlace(
  { replaced: _, ...record }: VersionRecord,
  source: SourceVersion,
  { replaced }: Pick<VersionRecord, 'replaced'>,
): VersionRecord {
  return replaced ? { ...record, source, replaced } : { ...record, source };
}

/** The known outcome, withdrawn; undefined unless that is what is new. */
function withdrawnOutcome(known: VersionOutcome, seen: VersionOutcome): VersionOutcome | undefined {
  if (seen.status !== 'staged' || seen.withdrawn === undefined) return undefined;
  return known.status === 'staged' && known.withdrawn === undefined
    ? { ...known, withdrawn: seen.withdrawn }
    : undefined;
}

/**
 * Staged after all, or again, also after its source had withdrawn it. Whoever says so of a
 * generation that was removed looked before the removal.
 */
function isRevived(known: VersionOutcome, seen: VersionOutcome): boolean {
  if (seen.status !== 'staged' || seen.withdrawn !== undefined) return false;
  if (known.status === 'staged') return known.withdrawn !== undefined && seen.generation >= known.generation;
  return known.status !== 'removed' || seen.generation > known.generation;
}

/**
 * The later of two sightings of one content. A sighting without a sequencer (from a listing) that
 * is later by LastModified also ends what the older sequencer said: it belongs to an earlier write.
 */
function laterSource(known: SourceVersion, seen: SourceVersion): SourceVersion {
  if (compareVersions(seen, known) > 0)
    return { ...seen, lastModified: Math.max(known.lastModified, seen.lastModified) };
  if (known.sequencer === undefined && seen.sequencer !== undefined && seen.lastModified === known.lastModified) {
    return seen;
  }
  return known;
}

/** Versions to be forgotten: those that were removed by a moment, but for those that are kept. */
export interface LongRemoved {
  readonly removedBy: Moment;
  readonly kept: ReadonlySet<VersionId>;
}

/** Whether its copy was removed by a moment, and nothing depends on its being known. */
export function isLongRemoved({ outcome }: Pick<VersionRecord, 'outcome'>, by: Moment): boolean {
  return outcome.status === 'removed' && outcome.withdrawn === undefined && outcome.removedAt <= by;
}

export type VersionOutcome =
  | {
      readonly status: 'staged';
      readonly stagedKey: string;
      readonly rows: number;
      readonly schemaId: string;
      readonly stagedAt: Moment;
      /** How often a staged copy of it was removed before: each generation has a key of its own. */
      readonly generation: number;
      /**
       * Since when a publish has hidden it from readers; absent while they see it, or have not seen
       * it yet.
       */
      readonly supersededAt?: Moment;
      /** Why its source no longer counts it: deleted there, or replaced by another file. */
      readonly withdrawn?: string;
    }
  | { readonly status: 'empty' }
  | { readonly status: 'quarantined'; readonly reason: string }
  /** It can be read, and is no part of a bill. */
  | { readonly status: 'set-aside'; readonly reason: string }
  /** Its superseded copy was removed. `withdrawn` as above. */
  | {
      readonly status: 'removed';
      readonly generation: number;
      readonly removedAt: Moment;
      readonly withdrawn?: string;
    };

export type StagedOutcome = Extract<VersionOutcome, { status: 'staged' }>;

export interface VersionRecord {
  readonly id: VersionId;
  readonly partition: Partition;
  readonly source: SourceVersion;
  /** The source key's folder: in create-new layouts each delivery has its own. */
  readonly folder: string;
  /**
   * Does its source end deliveries with a manifest? Then the partition waits for one, up to the
   * maximum wait.
   */
  readonly awaitsManifest: boolean;
  readonly outcome: VersionOutcome;
  /**
   * Another content has taken its place at the source, whatever their times say: it is no longer
   * the newest version.
   */
  readonly replaced?: true;
}

/** What was known of a version when somebody looked; undefined where nothing was. */
export interface VersionReading {
  readonly version: VersionRecord | undefined;
}
