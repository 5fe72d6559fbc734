import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStatusInput, StatusInputInvalid } from '../../src/status/statusInput.ts';

const complaintOf = (input: unknown): string => {
  try {
    return `accepted: ${JSON.stringify(parseStatusInput(input))}`;
  } catch (error) {
    if (!(error instanceof StatusInputInvalid)) throw error;
    return error.message;
  }
};

describe('the input of status', () => {
  it.each([[undefined], [null], [''], [{}]])('%j asks for everybody, the usual months, in both forms', (input) => {
    expect(parseStatusInput(input)).toEqual({ problemsOnly: false, format: 'both' });
  });

  it('narrows payers, periods and states, each once and in order', () => {
    const input = {
      payers: ['444455556666', '111122223333', '444455556666'],
      periods: ['2026-10', '2024-02', '2026-10'],
      states: ['waiting', 'unknown'],
      problemsOnly: true,
      format: 'json',
    };
    expect(parseStatusInput(input)).toEqual({
      ...input,
      payers: ['111122223333', '444455556666'],
      periods: ['2024-02', '2026-10'],
    });
  });

  it.each([['all'], [['all']], [['2026-10', 'all']]])('takes %j for every period', (periods) => {
    expect(parseStatusInput({ periods }).periods).toBe('all');
  });

  it('names every wrong and every unknown field, with its value, in one error', () => {
    const complaint = complaintOf({
      payers: ['12', 111122223333],
      periods: ['2026-13', '2026-9'],
      states: ['broken'],
      problemsOnly: 'yes',
      format: 'xml',
      payer: '111122223333',
    });
    for (const part of [
      'payers[0] must be an AWS account id of 12 digits, got "12"',
      'payers[1] must be a string of 12 digits, got 111122223333',
      'periods[0] must be a month as YYYY-MM, with a year from 2000 to 2099, or all, got "2026-13"',
      'periods[1] must be a month',
      'states[0] must be one of published, pending, waiting, held, failed, unknown, got "broken"',
      'problemsOnly must be true or false, got "yes"',
      'format must be one of table, json, both, got "xml"',
      'payer is an unknown field (the fields are payers, periods, states, problemsOnly, format)',
    ]) {
      expect(complaint).toContain(part);
    }
  });

  it.each([
    [[], 'input must be an object'],
    ['all', 'input must be an object, got "all"'],
    [{ payers: [] }, 'payers must name at least one payer'],
    [{ periods: [] }, 'periods must name at least one period'],
    [{ states: [] }, 'states must name at least one state'],
    [{ payers: '111122223333' }, 'payers must be a list of payers, got "111122223333"'],
    [{ periods: '2026-10' }, 'periods must be a list of periods, or all, got "2026-10"'],
  ])('refuses %j', (input, complaint) => {
    expect(complaintOf(input)).toContain(complaint);
  });

  it('takes or refuses anything with its own error, in one printable line', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        expect(complaintOf(input)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });
});
