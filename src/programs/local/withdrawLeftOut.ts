import { withdrawVersion } from '../../copy/withdrawVersion.ts';
import type { Input } from './input.ts';
import { allPartitions } from './outcome.ts';
import type { Stack } from './stack.ts';

/**
 * Takes out what an earlier run has placed and what does not count any more beside what has come
 * since.
 */
export async function withdrawLeftOut(input: Input, { staging, ledger }: Stack): Promise<void> {
  const leftOut = input.leftOut();
  if (leftOut.size === 0) return;
  for (const { partition } of await allPartitions(ledger)) {
    for (const version of await ledger.versions(partition)) {
      const reason = leftOut.get(version.source.key);
      if (reason !== undefined) await withdrawVersion(staging, version, reason);
    }
  }
}
