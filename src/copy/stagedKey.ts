import { type Partition, partitionPrefix } from '../billing/partition.ts';
import { type SourceVersion, type VersionId, versionIdOf } from '../billing/version.ts';

const MAX_STEM_LENGTH = 100;

/**
 * The immutable key of a version's staged copy: partition prefix, the source file's stem, a hash of
 * the version, `.parquet`. The same version always gives the same key, another content another one.
 * Source keys are hostile, so of the stem only letters, digits, dot, dash and underscore stay; the
 * hash keeps names apart that become alike.
 *
 * `generation` counts how often a staged copy of this version was removed. A copy made after a
 * removal gets another key, so that a removal that is late, or done twice, can never meet a file
 * that is needed again.
 */
export function stagedKeyOf(
  partition: Partition,
  version: Pick<SourceVersion, 'bucket' | 'key' | 'etag'>,
  generation: number,
): string {
  const name = version.key.slice(version.key.lastIndexOf('/') + 1);
  const stem = name
    .replace(/\.parquet$/i, '')
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._-]+/, '')
    .slice(0, MAX_STEM_LENGTH);
  const again = generation === 0 ? '' : `-${generation + 1}`;
  return `${partitionPrefix(partition)}${stem || 'file'}-${versionIdOf(version)}${again}.parquet`;
}

const STAGED_KEY = /^year=\d{4}\/month=\d{2}\/payer-\d{12}\/[A-Za-z0-9._-]+-([0-9a-f]{16})(?:-\d+)?\.parquet$/;

/**
 * Whether a key has the form of those that `stagedKeyOf` makes. What has not was put there by
 * somebody else.
 */
export function isStagedKey(key: string): boolean {
  return STAGED_KEY.test(key);
}

/** The version that a staged copy was made of; undefined for what somebody else has put there. */
export function versionIdIn(stagedKey: string): VersionId | undefined {
  return STAGED_KEY.exec(stagedKey)?.[1];
}
