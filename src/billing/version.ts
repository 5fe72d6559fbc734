import { shortHash } from '../base/shortHash.ts';

/**
 * Names one version: 16 hex digits. The first six are of its bucket and key, so that the versions
 * of one object lie side by side where they are stored; the others of its etag as well.
 */
export type VersionId = string;

/**
 * One content of one source object. Its identity is (bucket, key, etag); `versionId` says how to
 * read exactly this content where the source bucket keeps versions, but is no part of the identity,
 * because a listing does not say it, and both ways must name the same thing.
 */
export interface SourceVersion {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly versionId?: string;
  /** S3's order of writes to one key; only events carry it. */
  readonly sequencer?: string;
  /** Milliseconds since 1970. For a multipart upload S3 says when it began. */
  readonly lastModified: number;
  readonly sizeBytes: number;
}

/** One name for an object, whatever its content: for maps. NUL cannot stand in a bucket name. */
export function objectName({ bucket, key }: Pick<SourceVersion, 'bucket' | 'key'>): string {
  return `${bucket}\0${key}`;
}

/**
 * The id of a version. Parts are separated by NUL, which cannot stand in a bucket name or an etag.
 */
export function versionIdOf({ bucket, key, etag }: Pick<SourceVersion, 'bucket' | 'key' | 'etag'>): VersionId {
  return `${versionIdPrefix({ bucket, key })}${shortHash(`${bucket}\0${key}\0${etag}`, 10)}`;
}

/** What the ids of all versions of an object begin with. Few other objects of a month share it. */
export function versionIdPrefix(object: Pick<SourceVersion, 'bucket' | 'key'>): string {
  return shortHash(objectName(object), 6);
}

/**
 * Which of two versions of one key is newer: above zero when `a` is. Sequencers decide when both
 * have one and they differ: "pad the shorter with zeros on the right, then compare
 * lexicographically" (S3 User Guide, Event message structure). Otherwise LastModified decides, then
 * the etag, so that every observer picks the same one.
 */
export function compareVersions(a: SourceVersion, b: SourceVersion): number {
  if (a.sequencer && b.sequencer) {
    const bySequencer = compareSequencers(a.sequencer, b.sequencer);
    if (bySequencer !== 0) return bySequencer;
  }
  return a.lastModified - b.lastModified || compareText(a.etag, b.etag);
}

function compareSequencers(a: string, b: string): number {
  const length = Math.max(a.length, b.length);
  return compareText(a.toUpperCase().padEnd(length, '0'), b.toUpperCase().padEnd(length, '0'));
}

/** Orders text by code unit, the same everywhere: a locale would not. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Where an object lies at its source. */
export type ObjectPlace = Pick<SourceVersion, 'bucket' | 'key'>;
