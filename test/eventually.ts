import { vi } from 'vitest';

/**
 * Longer than anything takes, also on a machine that is busy with other things, and shorter than a
 * test may last.
 */
const LIMIT_MS = 30_000;

/** Asks until the assertion holds; throws what it threw last when it never does. */
export function eventually<Answer>(assertion: () => Answer | Promise<Answer>): Promise<Answer> {
  return vi.waitFor(assertion, { timeout: LIMIT_MS });
}
