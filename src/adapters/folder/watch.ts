import { realpath } from 'node:fs/promises';
import { watch } from 'chokidar';
import type { Location } from '../../store/objectStore.ts';
import { isAbsence } from './failures.ts';
import { keyOfPath } from './keyPath.ts';

interface WatchOptions {
  /** How long a file's size must stay the same, and no change be seen, before it is reported. */
  readonly settleMs: number;
  /** Aborting ends the watch. */
  readonly signal: AbortSignal;
  /**
   * A folder that cannot be watched (no permission, the system's limit of watches): the others
   * still are.
   */
  readonly onError: (error: unknown) => void;
  /** Some file has gone, or been given another name. */
  readonly onGone?: () => void;
}

export interface Watch {
  /** Resolves after the abort, when nothing more will be reported. */
  readonly closed: Promise<void>;
}

/**
 * Reports every file that appears or changes under the buckets' folders, once it has stopped
 * changing; for folders what S3's Object Created events are for buckets. At least once: a change of
 * its permissions alone may report a file, too. Part files, symbolic links and names that cannot be
 * keys (keyPath.ts) are never reported. Of what goes only that it has.
 *
 * Resolves when the watch is complete, and reports every change after that (and perhaps some from
 * shortly before). List the buckets then, not earlier, and nothing is lost in between:
 *
 *   the file was whole when the watch was complete    the listing has it
 *   it was still being written then                   it is reported again; the listing may have a part
 *   it came later                                     it is reported; the listing may have it as well
 *
 * Rejects with the signal's reason if it is aborted before the watch is complete.
 */
export async function watchBuckets(
  buckets: ReadonlyMap<string, string>,
  onObject: (location: Location) => void,
  { settleMs, signal, onError, onGone = () => {} }: WatchOptions,
): Promise<Watch> {
  const roots = await Promise.all(
    [...buckets].map(async ([bucket, folder]) => ({ bucket, root: await resolved(folder) })),
  );
  signal.throwIfAborted();
  const isPartOfBucket = (path: string): boolean =>
    roots.some(({ root }) => path === root || root.startsWith(`${path}/`) || keyOfPath(root, path) !== undefined);
  const watcher = watch(
    roots.map(({ root }) => root),
    {
      ignoreInitial: true,
      // Links are watched as themselves, and then passed over: what lies behind them is not in the
      // bucket.
      followSymlinks: false,
      ignored: (path, stats) => stats?.isSymbolicLink() === true || !isPartOfBucket(path),
      // Its default would hide keys that look like an editor's backup, such as `a~`.
      atomic: false,
      awaitWriteFinish: { stabilityThreshold: settleMs, pollInterval: Math.min(100, Math.max(10, settleMs / 4)) },
    },
  );
  const report = (path: string): void => {
    for (const { bucket, root } of roots) {
      const key = keyOfPath(root, path);
      if (key !== undefined) onObject({ bucket, key });
    }
  };
  const closed = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  watcher.on('add', report).on('change', report).on('unlink', onGone);
  watcher.on('error', onError);
  watcher.on('ready', () => ready.resolve());
  signal.addEventListener(
    'abort',
    () => {
      ready.reject(signal.reason);
      watcher.close().then(closed.resolve, closed.reject);
    },
    { once: true },
  );
  await ready.promise;
  return { closed: closed.promise };
}

/**
 * The folder with symbolic links resolved, so that a bucket's folder may be a link. One that is not
 * there yet is watched for as it is.
 */
async function resolved(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    if (isAbsence(error)) return folder;
    throw error;
  }
}
