import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own, in memory, that is soon full. */
export interface SmallDisk extends AsyncDisposable {
  /** Makes room on it. */
  readonly grow: () => Promise<void>;
}

/** Mounts one on a folder; undefined where this user, or this system, may not. */
export async function smallDisk(folder: string, sizeKb: number): Promise<SmallDisk | undefined> {
  await mkdir(folder, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeKb}k,mode=700`, 'cur-reactor-attack', folder]);
  } catch {
    return undefined;
  }
  return {
    grow: async () => void (await run('mount', ['-o', 'remount,size=1g', folder])),
    [Symbol.asyncDispose]: async () => void (await run('umount', ['-l', folder])),
  };
}
