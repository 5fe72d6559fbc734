import { describe, expect, it } from 'vitest';
import { failureText } from '../../src/analytics/failureText.ts';

describe('a step’s failure', () => {
  it.each([
    [{ statement: 4, code: '100038', message: 'not a number' }, 'statement 4: 100038: not a number'],
    [{ code: 'SCRIPT', message: 'line 2: no end' }, 'SCRIPT: line 2: no end'],
    [{ code: '000604', message: 'Snowflake: 000604: canceled' }, 'Snowflake: 000604: canceled'],
    [
      { statement: 4, code: '100038', message: 'statement 4 (insert): Snowflake: 100038: not a number' },
      'statement 4 (insert): Snowflake: 100038: not a number',
    ],
  ])('names statement, code and words once: %j', (failure, text) => {
    expect(failureText(failure)).toBe(text);
  });
});
