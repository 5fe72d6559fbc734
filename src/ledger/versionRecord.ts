import { compareVersions, type SourceVersion } from '../billing/version.ts';
import type { VersionOutcome, VersionRecord } from './ledger.ts';

/** Whether a version can be part of a set: staged, or empty, which adds no rows. */
export function isUsable({ outcome }: Pick<VersionRecord, 'outcome'>): boolean {
  return outcome.status === 'staged' || outcome.status === 'empty';
}

/**
 * What the ledger keeps when it is told of a version again. A version's order only moves forward: content may come back
 * (A, B, then A once more), and then its second coming counts. What was staged stays staged until it is removed.
 */
export function mergeVersion(
  known: VersionRecord | undefined,
  told: VersionRecord,
): { readonly record: VersionRecord; readonly news: boolean } {
  if (!known) return { record: told, news: true };
  const source = laterSource(known.source, told.source);
  const revived = isRevived(known.outcome, told.outcome);
  const record = revived ? { ...told, source } : { ...known, source };
  const reordered = source.lastModified !== known.source.lastModified || source.sequencer !== known.source.sequencer;
  return { record, news: revived || reordered };
}

/** Staged after all, or again. Who says so of a generation that was removed has looked before the removal. */
function isRevived(known: VersionOutcome, told: VersionOutcome): boolean {
  if (told.status !== 'staged' || known.status === 'staged') return false;
  return known.status !== 'removed' || told.generation > known.generation;
}

/**
 * The later of two sightings of one content. A sighting without a sequencer (from a listing) that is later by
 * LastModified also ends what the older sequencer said: it belongs to an earlier write.
 */
function laterSource(known: SourceVersion, told: SourceVersion): SourceVersion {
  if (compareVersions(told, known) > 0)
    return { ...told, lastModified: Math.max(known.lastModified, told.lastModified) };
  if (known.sequencer === undefined && told.sequencer !== undefined && told.lastModified === known.lastModified) {
    return told;
  }
  return known;
}
