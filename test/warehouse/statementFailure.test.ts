import { expect, it } from 'vitest';
import { statementFailure } from '../../src/warehouse/statementFailure.ts';

it('a failure is one line, which no text can break or outgrow', () => {
  expect(statementFailure(3, '\n insert into t\nselect 1', ' no\n such\ttable ')).toBe(
    'statement 3 (insert into t): no such table',
  );
  const long = statementFailure(1, 'é'.repeat(5_000), '\u{202e}x'.repeat(5_000));
  expect(long).toMatch(/^statement 1 \(é{120}…\): /);
  expect(long).not.toContain('\u{202e}');
  expect(long.length).toBeLessThan(4_000);
});
