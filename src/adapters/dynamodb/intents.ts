import type { Moment } from '../../base/moment.ts';
import { shortHash } from '../../base/shortHash.ts';
import type { SourceVersion, VersionId } from '../../billing/version.ts';
import { applySighting, type VersionSighting } from '../../ledger/partitionChanges.ts';
import { hasChanges, type PartitionRecord } from '../../ledger/partitionRecord.ts';

/**
 * What somebody is about to record of a version. An intent stands in its partition's list before
 * the version's item is written, and counts once that item bears its mark: so nothing is ever half
 * recorded. An intent whose item was never written counts nothing; an item whose intent was never
 * written cannot be.
 */
export interface Intent extends Omit<VersionSighting, 'source'> {
  /** Names the state of the version's item that the write behind this intent leaves. */
  readonly mark: string;
  /** The version's LastModified in that state: a later one counts for itself. */
  readonly lastModified: Moment;
}

/**
 * Where the version of an intent that counts lies at its source; undefined while the intent does
 * not count.
 */
export type CountedSource = (intent: Intent) => Pick<SourceVersion, 'bucket' | 'key'> | undefined;

/** A partition's record with the intents that count worked in. */
export interface WorkedIn {
  readonly record: PartitionRecord;
  readonly counted: number;
  /** Those that do not count yet, in their order. */
  readonly pending: readonly Intent[];
  /** The versions that the delivery has waited for among those that count. */
  readonly resolvers: ReadonlySet<VersionId>;
  /**
   * Whether the first change that is not settled stands behind an intent that does not count yet.
   * Who owns the tick is not certain then: as soon as that one counts, it is first.
   */
  readonly ownerIsUnsure: boolean;
}

/**
 * For so long an intent may wait for its item. No process that has written one lives as long:
 * Lambda ends it after 15 minutes.
 */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * Works in, in their order, the intents that count. One that stands there twice counts once, at its
 * first place.
 */
export function workIn(base: PartitionRecord, intents: readonly Intent[], sourceOf: CountedSource): WorkedIn {
  let record = base;
  let counted = 0;
  let ownerIsUnsure = false;
  const pending: Intent[] = [];
  const resolvers = new Set<VersionId>();
  for (const intent of distinct(intents)) {
    const source = sourceOf(intent);
    if (!source) {
      pending.push(intent);
      continue;
    }
    const { id, lastModified } = intent;
    const after = applySighting(record, { ...intent, source: { ...source, lastModified } });
    if (after.delivery !== record.delivery) resolvers.add(id);
    if (hasChanges(after) && !hasChanges(record)) ownerIsUnsure = pending.length > 0;
    record = after;
    counted += 1;
  }
  return { record, counted, pending, resolvers, ownerIsUnsure };
}

/** Those whose writers may still be at work, at `now`. */
export function notAbandoned(intents: readonly Intent[], now: Moment): readonly Intent[] {
  return intents.filter(({ at }) => at > now - ABANDONED_AFTER_MS);
}

/**
 * Whether intents, of which some may not count, can be all that a delivery waits for. Each resolves
 * its id and its key.
 */
export function mayComplete({ delivery }: PartitionRecord, intents: readonly Intent[]): boolean {
  return delivery !== undefined && delivery.awaited.length > 0 && delivery.awaited.length <= 2 * intents.length;
}

/** The mark of a version's item after a write, `count` being how many it had before. */
export function markOf(count: number, body: string): string {
  return shortHash(`${count}\0${body}`, 6);
}

/** One name for an intent: that of the same write, prepared again after a crash, is the same. */
export function intentName({ id, mark, isNew }: Pick<Intent, 'id' | 'mark' | 'isNew'>): string {
  return `${id} ${mark} ${isNew}`;
}

/** An intent as the list holds it: about 45 bytes. A write is charged by the whole item's size. */
export function encodeIntent(intent: Intent): string {
  const { id, mark, isNew, awaitsManifest, isStaged, isUsable, at, lastModified } = intent;
  const flags = [isNew, awaitsManifest, isStaged, isUsable].map((is) => (is ? '1' : '0')).join('');
  return [id, mark, Number.parseInt(flags, 2).toString(16), at.toString(36), lastModified.toString(36)].join(' ');
}

/** Throws an Error for what {@link encodeIntent} has not made. */
export function decodeIntent(stored: string): Intent {
  const [id, mark, flags, at, lastModified] = stored.split(' ');
  if (id === undefined || mark === undefined || lastModified === undefined) {
    throw new Error(`an intent must have five parts, got ${JSON.stringify(stored)}`);
  }
  const bits = Number.parseInt(flags ?? '', 16);
  return {
    id,
    mark,
    isNew: (bits & 8) > 0,
    awaitsManifest: (bits & 4) > 0,
    isStaged: (bits & 2) > 0,
    isUsable: (bits & 1) > 0,
    at: Number.parseInt(at ?? '', 36),
    lastModified: Number.parseInt(lastModified, 36),
  };
}

/** The first of those that are the same. */
function distinct(intents: readonly Intent[]): readonly Intent[] {
  const first = new Map<string, Intent>();
  for (const intent of intents) if (!first.has(intentName(intent))) first.set(intentName(intent), intent);
  return [...first.values()];
}
