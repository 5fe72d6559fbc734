import type { Partition } from '../billing/partition.ts';
import type { SourceVersion, VersionId } from '../billing/version.ts';

/**
 * A file that a manifest names. Without `versionId` it was not there when the manifest was read:
 * any version will do.
 */
export interface ExpectedFile {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: VersionId;
}

export interface Delivery {
  readonly id: string;
  readonly partition: Partition;
  /** AWS's own name for it: executionId or assemblyId. */
  readonly executionId: string;
  readonly manifest: SourceVersion;
  readonly files: readonly ExpectedFile[];
}
