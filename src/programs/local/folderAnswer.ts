import { spawn } from 'node:child_process';
import { counted } from '../../base/counted.ts';

/** A folder did not answer in time. Consequence: the message, exit status 1. */
export class FolderSilent extends Error {
  override readonly name = 'FolderSilent';
}

/** A network drive that is slow answers within seconds; one that is gone never does. */
const ANSWER_WITHIN_MS = 10_000;

const LIST = `require('node:fs').opendirSync(process.argv[1]).closeSync()`;

/**
 * Makes sure that a folder answers at all. What a dead network drive is asked never comes back, and
 * takes the asking thread along: so another process asks, which can be left to itself. Whether the
 * folder can be read is not the question: any answer will do. Throws FolderSilent after `withinMs`.
 */
export async function checkAnswers(folder: string, withinMs = ANSWER_WITHIN_MS, script = LIST): Promise<void> {
  const child = spawn(process.execPath, ['-e', script, '--', folder], { stdio: 'ignore' });
  const answered = Promise.withResolvers<void>();
  child.once('exit', () => answered.resolve());
  child.once('error', (error) => answered.reject(error));
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    child.unref();
    const seconds = Math.round(withinMs / 1000);
    answered.reject(
      new FolderSilent(
        `${folder} has not answered for ${counted(seconds, 'second')}: is it on a network drive that is gone?`,
      ),
    );
  }, withinMs);
  try {
    await answered.promise;
  } finally {
    clearTimeout(timer);
  }
}
