import type { Options } from './options.ts';
import { isState, removeLock, removeOwn } from './ownEntries.ts';
import { lockState } from './stateLock.ts';

/**
 * `--reset`: empties a state, and says what was removed. Asks nothing; what is not ours stays.
 * Answers the exit status; throws StateInUse and NotAState, and then nothing was removed.
 */
export async function reset({ keep, json }: Options): Promise<number> {
  const { removed, left } = (await isState(keep)) ? await empty(keep) : { removed: [], left: [] };
  process.stdout.write(json ? `${JSON.stringify({ state: keep, removed, left })}\n` : resetText(keep, removed, left));
  return 0;
}

async function empty(keep: string): Promise<{ readonly removed: string[]; readonly left: string[] }> {
  const unlock = lockState(keep);
  try {
    const result = await removeOwn(keep);
    await removeLock(keep);
    return result;
  } finally {
    unlock();
  }
}

function resetText(keep: string, removed: readonly string[], left: readonly string[]): string {
  if (removed.length === 0) return `there is no state in ${keep}: nothing was removed\n`;
  const lines = [...removed.map((path) => `removed ${path}`), ...left.map((path) => `left    ${path}: not ours`)];
  return `${lines.join('\n')}\n`;
}
