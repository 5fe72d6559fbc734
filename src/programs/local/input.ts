import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isAbsence } from '../../adapters/folder/failures.ts';
import { FolderObjectStore } from '../../adapters/folder/objectStore.ts';
import { UsageError } from '../../base/commandLine.ts';
import type { Partition } from '../../billing/partition.ts';
import { type Place, placeBySources } from '../../billing/placement.ts';
import type { Source } from '../../billing/source.ts';
import type { ObjectStore } from '../../store/objectStore.ts';
import { sampleSources } from '../sample/sampleSources.ts';
import { FolderPlacement } from './folderPlacement.ts';
import { folderReading } from './folderReading.ts';
import { type Options, stateName } from './options.ts';
import { withRelocatedManifests } from './relocateManifest.ts';

/** Where the files come from: the buckets, and how their objects are placed. */
export interface Input {
  /** Bucket name → folder. */
  readonly buckets: ReadonlyMap<string, string>;
  readonly place: Place;
  /** What discovery lists. */
  readonly sources: readonly Pick<Source, 'bucket' | 'prefix'>[];
  /** Looks at keys before they are placed: a person's folder has to be understood first. */
  readonly learn: (bucket: string, keys: readonly string[]) => Promise<void>;
  /** Whether a key need not be looked at: an earlier run placed the same content. */
  readonly remember: (bucket: string, key: string, partition: Partition) => boolean;
  /** Why files could not be placed that may be part of a bill. */
  readonly complaints: () => string[];
  /** What was left out for good, and why. */
  readonly notices: () => string[];
  /**
   * Keys that do not count any more although an earlier run may have placed them, with the reason.
   */
  readonly leftOut: () => ReadonlyMap<string, string>;
  /** How the sources are read. */
  readonly wrap: (store: ObjectStore) => ObjectStore;
}

/** The generated sample: its buckets lie in the state's folder. */
export async function sampleInput(keep: string): Promise<Input> {
  const buckets = new Map(sampleSources.map(({ bucket }) => [bucket, join(keep, 'sources', bucket)]));
  for (const folder of buckets.values()) await mkdir(folder, { recursive: true });
  return {
    buckets,
    place: placeBySources(sampleSources),
    sources: sampleSources,
    learn: async () => {},
    remember: () => true,
    complaints: () => [],
    notices: () => [],
    leftOut: () => new Map(),
    wrap: (store) => store,
  };
}

/** A person's folder, as one bucket. Throws UsageError when there is no such folder. */
export async function folderInput(folder: string, said: Pick<Options, 'payer' | 'period' | 'report'>): Promise<Input> {
  const stats = await stat(folder).catch((error: unknown) => {
    if (isAbsence(error)) return undefined;
    throw error;
  });
  if (!stats?.isDirectory()) throw new UsageError(`--from must be a folder, got ${JSON.stringify(folder)}`);
  const bucket = stateName(folder);
  const store = new FolderObjectStore(new Map([[bucket, folder]]));
  const placement = new FolderPlacement(bucket, said, folderReading(store, bucket, resolve(folder)));
  return {
    buckets: new Map([[bucket, folder]]),
    place: placement.place,
    sources: [{ bucket, prefix: '' }],
    learn: (_bucket, keys) => placement.learn(keys),
    remember: (_bucket, key, partition) => placement.remember(key, partition),
    complaints: () => placement.complaints,
    notices: () => placement.notices,
    leftOut: () => placement.leftOut,
    wrap: withRelocatedManifests,
  };
}
