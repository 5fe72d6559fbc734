import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { parseReconcileInput, ReconcileInputInvalid } from '../../src/reconcile/reconcileInput.ts';

const PAYERS = [parsePayer('444455556666'), parsePayer('111122223333')];
const MID_MONTH = Date.UTC(2026, 9, 15);
const parse = (input: unknown, now = MID_MONTH) => parseReconcileInput(input, PAYERS, now);
const complaintOf = (input: unknown): string => {
  try {
    return `accepted: ${JSON.stringify(parse(input))}`;
  } catch (error) {
    if (!(error instanceof ReconcileInputInvalid)) throw error;
    return error.message;
  }
};

describe('the input of reconcile', () => {
  it.each([[undefined], [null], [''], [{}]])('%j asks for every payer, this month and the one before', (input) => {
    expect(parse(input)).toEqual({
      payers: PAYERS.toSorted(),
      periods: ['2026-09', '2026-10'],
      dryRun: false,
      full: false,
    });
  });

  it('counts months in UTC, across the end of a year and to the last millisecond', () => {
    expect(parse({}, Date.UTC(2027, 0, 1)).periods).toEqual(['2026-12', '2027-01']);
    expect(parse({}, Date.UTC(2027, 0, 1) - 1).periods).toEqual(['2026-11', '2026-12']);
  });

  it('narrows payers and periods, each once and in order', () => {
    const input = {
      payers: ['111122223333', '111122223333'],
      periods: ['2026-10', '2024-02'],
      dryRun: true,
      full: true,
    };
    expect(parse(input)).toEqual({ ...input, payers: ['111122223333'], periods: ['2024-02', '2026-10'] });
  });

  it('names every wrong and every unknown field, with its value, in one error', () => {
    const complaint = complaintOf({
      payers: ['999999999999', 111122223333],
      periods: ['2026-13', '2026-9'],
      dryRun: 'yes',
      full: 1,
      payer: '111122223333',
      force: true,
    });
    for (const part of [
      'payers[0] must be a configured payer (111122223333, 444455556666), got "999999999999"',
      'payers[1] must be a string of 12 digits, got 111122223333',
      'periods[0] must be a month as YYYY-MM',
      'got "2026-13"',
      'got "2026-9"',
      'dryRun must be true or false, got "yes"',
      'full must be true or false, got 1',
      'payer is an unknown field',
      'force is an unknown field',
    ]) {
      expect(complaint).toContain(part);
    }
  });

  it.each([
    [[], 'input must be an object, got []'],
    ['reconcile', 'input must be an object, got "reconcile"'],
    [{ payers: [] }, 'payers must name at least one payer, got []'],
    [{ periods: [] }, 'periods must name at least one period, got []'],
    [{ payers: '111122223333' }, 'payers must be a list of payers, got "111122223333"'],
    [{ 'a\nb': 1 }, 'a\\u{a}b is an unknown field'],
  ])('%j is refused', (input, complaint) => {
    expect(complaintOf(input)).toContain(complaint);
  });

  it('is a request or is refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (input) => {
        expect(complaintOf(input)).toMatch(/^(accepted|cannot reconcile): /);
      }),
    );
  });
});
