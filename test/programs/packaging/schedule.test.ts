import { describe, expect, it } from 'vitest';
import { rateMinutes, scheduleProblem } from '../../../src/programs/packaging/schedule.ts';

describe('a schedule', () => {
  it.each([
    'rate(5 minutes)',
    'rate(1 hour)',
    'cron(20 5 * * ? *)',
    'cron(20 */6 * * ? *)',
    'cron(0/15 8-17 ? * MON-FRI *)',
    'cron(0 9 L * ? 2027)',
    'cron(0 9 15W JAN,jul ? *)',
    'cron(0 9 ? * 2#1 *)',
    'cron(0 9 ? * 6L *)',
  ])('is taken: %s', (expression) => expect(scheduleProblem(expression)).toBeUndefined());

  it.each([
    ['every five minutes', 'must be a schedule such as'],
    ['rate(0 minutes)', 'must be a schedule such as'],
    ['rate(5 weeks)', 'must be a schedule such as'],
    ['rate(1.5 hours)', 'must be a schedule such as'],
    ['at(2026-11-20T13:00:00)', 'must be a schedule such as'],
    ['cron(20 5 * * ?)', 'must have 6 fields between cron( and ), not 5'],
    ['cron(20  5 * * ? *)', 'must have 6 fields'],
    ['cron(60 5 * * ? *)', 'field of the minutes'],
    ['cron(20 24 * * ? *)', 'field of the hours'],
    ['cron(20 5 0 * ? *)', 'field of the day of the month'],
    ['cron(20 5 32W * ? *)', 'field of the day of the month'],
    ['cron(20 5 * 13 ? *)', 'field of the month'],
    ['cron(20 5 * FOO ? *)', 'field of the month'],
    ['cron(20 5 ? * 8 *)', 'field of the day of the week'],
    ['cron(20 5 ? * MON#6 *)', 'field of the day of the week'],
    ['cron(20 5 * * ? 1969)', 'field of the year'],
    ['cron(20 17-8 * * ? *)', 'field of the hours'],
    ['cron(*/0 5 * * ? *)', 'field of the minutes'],
    ['cron(*-5 5 * * ? *)', 'field of the minutes'],
    ['cron(20 5 * * * *)', 'must have a ? for the day'],
    ['cron(20 5 ? * ? *)', 'must have a ? for the day'],
  ])('is refused: %s', (expression, problem) => expect(scheduleProblem(expression)).toContain(problem));
});

it('a rate is counted in minutes; anything else is none', () => {
  expect(['rate(5 minutes)', 'rate(2 hours)', 'rate(1 day)', 'cron(* * * * ? *)'].map(rateMinutes)).toEqual([
    5,
    120,
    1440,
    undefined,
  ]);
});
