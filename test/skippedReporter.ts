import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** What a test or group of tests has in its name when it is skipped. */
const REASON = /\((skipped[^()]*)\)/;

/**
 * Says at the end of a run how many tests were skipped, and why: vitest itself shows no name in a
 * file that passes.
 */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const reason = reasonOf(test);
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    }
    for (const [reason, count] of counts) process.stdout.write(`${String(count).padStart(5)} × ${reason}\n`);
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return (
    REASON.exec(test.fullName)?.[1] ?? note ?? 'skipped without a reason: chosen by -t or .only, or to be given one'
  );
}
