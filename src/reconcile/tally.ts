import { executionTime } from '../billing/executionTime.ts';
import type { Partition } from '../billing/partition.ts';
import type { FileState } from './knownPartition.ts';

/**
 * How the files of one partition stand at one source. Only files that count are counted by state.
 */
export interface PartitionTally {
  readonly partition: Partition;
  /** Data files and manifests that were listed. */
  readonly listed: number;
  readonly files: Readonly<Record<FileState, number>>;
  /** Those of the objects that make up the partition that were listed: see KnownPartition. */
  readonly seen: ReadonlySet<string>;
  /** Messages that were sent to the copy queue. */
  readonly queued: number;
}

interface FolderTally {
  readonly files: Record<FileState, number>;
  newestAt: number;
  newestKey: string;
}

/** A tally that is not at its end, as a JSON document. */
export interface TallyState {
  readonly folders: readonly (readonly [string, FolderTally])[];
  readonly seen: readonly string[];
  readonly listed: number;
  readonly queued: number;
}

/**
 * Counts the files of a partition as they are listed. Where each delivery has a folder of its own,
 * only the newest folder counts in the end: older deliveries are history, not something that is
 * missing.
 */
export class Tally {
  readonly #partition: Partition;
  readonly #folders = new Map<string, FolderTally>();
  readonly #seen = new Set<string>();
  #listed = 0;
  #queued = 0;

  /** With a state, it goes on from there. */
  constructor(partition: Partition, state?: TallyState) {
    this.#partition = partition;
    if (!state) return;
    for (const [folder, tally] of state.folders) this.#folders.set(folder, { ...tally, files: { ...tally.files } });
    for (const name of state.seen) this.#seen.add(name);
    this.#listed = state.listed;
    this.#queued = state.queued;
  }

  get state(): TallyState {
    return { folders: [...this.#folders], seen: [...this.#seen], listed: this.#listed, queued: this.#queued };
  }

  /** A manifest that is listed. */
  addManifest(): void {
    this.#listed += 1;
  }

  /**
   * A data file that is listed and, with a state, counts. `folder` is the delivery's own, or ''
   * where there is none.
   */
  addFile(folder: string, { key, lastModified }: { key: string; lastModified: number }, state?: FileState): void {
    this.#listed += 1;
    if (!state) return;
    let tally = this.#folders.get(folder);
    if (!tally) {
      tally = { files: newCounts(), newestAt: lastModified, newestKey: key };
      this.#folders.set(folder, tally);
    }
    tally.files[state] += 1;
    if (lastModified > tally.newestAt) [tally.newestAt, tally.newestKey] = [lastModified, key];
  }

  /** An object that makes up the partition is there, by its name (objectName). */
  addSeen(name: string): void {
    this.#seen.add(name);
  }

  addQueued(messages: number): void {
    this.#queued += messages;
  }

  result(): PartitionTally {
    const [first, ...others] = this.#folders.values();
    const newest = first && others.reduce((best, next) => (isLater(next, best) ? next : best), first);
    return {
      partition: this.#partition,
      listed: this.#listed,
      files: newest?.files ?? newCounts(),
      seen: this.#seen,
      queued: this.#queued,
    };
  }
}

function newCounts(): Record<FileState, number> {
  return { upToDate: 0, stale: 0, missing: 0, quarantined: 0, setAside: 0 };
}

function isLater(a: FolderTally, b: FolderTally): boolean {
  const [timeA, timeB] = [executionTime(a.newestKey), executionTime(b.newestKey)];
  if (timeA !== undefined && timeB !== undefined && timeA !== timeB) return timeA > timeB;
  return a.newestAt > b.newestAt;
}
