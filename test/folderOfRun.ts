import { rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives a run one folder for everything that it writes outside of the project: tests and the
 * programs that they start find it as the system's folder for temporary files. It goes with the
 * run, one that is interrupted too.
 */
export default async function makeFolderOfRun(): Promise<void> {
  // A short name: the path of a socket in it must not be longer than 103 bytes on macOS, whose own
  // is half of that.
  const folder = await mkdtemp(join(tmpdir(), 'crt-'));
  // As the system's own, one may go through it without privileges: some tests do.
  await chmod(folder, 0o711);
  process.env.TMPDIR = folder;
  // After the workers: what they still write would come back.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
}
