import { describe, expect, it } from 'vitest';
import { parseCheck } from '../../../src/analytics/checks/check.ts';
import { compactScript } from '../../../src/analytics/checks/compact.ts';
import { loadWastageScript } from '../../../src/analytics/checks/readChecks.ts';
import { weave } from '../../../src/analytics/checks/weave.ts';
import { analyticsStatements } from '../../../src/analytics/script.ts';
import { segmentsOf, tokensOf } from '../../../src/analytics/segments.ts';
import { DEFAULT_TAG_KEYS } from '../../../src/analytics/tagKeys.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { sqlPath } from '../lineItems.ts';

const HEADER = {
  title: 'Idle things',
  finds: 'Things without work.',
  why: 'They cost money.',
  reads: 'Usage type *Thing.',
  thresholds: '\n--   min_hours = 336: hours\n--   ratio = 0.5: share',
  saving: 'All of it.',
  confidence: 'high',
  blind: 'Stand-by.',
  do: 'Ask its owner. Delete it.',
  source: 'Measured.',
  services: 'AmazonThing, AmazonOther',
  needs: 'resource, month_over',
};
const SELECT = `select payer from cur_usage where hours > #min_hours and share < #ratio and text <> '#not; this'`;

function file(change: Partial<Record<keyof typeof HEADER | 'sql' | 'name', string | undefined>> = {}) {
  const { sql = SELECT, name = 'idle-thing.sql', ...fields } = { ...HEADER, ...change };
  const lines = Object.entries(fields).flatMap(([field, text]) => (text === undefined ? [] : `-- ${field}: ${text}`));
  return { name, text: `${lines.join('\n').replaceAll(': \n', ':\n')}\n${sql}\n` };
}

describe('a check’s file', () => {
  it('is its header, and a SELECT with the values of its thresholds', () => {
    const { id, header, select } = parseCheck(file());
    expect(id).toBe('idle-thing');
    expect(header).toMatchObject({
      confidence: 'high',
      services: ['AmazonThing', 'AmazonOther'],
      needs: ['resource', 'month_over'],
      thresholds: [
        { name: 'min_hours', value: '336', meaning: 'hours' },
        { name: 'ratio', value: '0.5', meaning: 'share' },
      ],
    });
    expect(select).toBe(`select payer from cur_usage where hours > 336 and share < 0.5 and text <> '#not; this'`);
  });

  it('may end with a semicolon, and go over several lines', () => {
    const text = file({ finds: 'Things\n--   without work.', sql: `${SELECT};` });
    expect(parseCheck(text).header.finds).toBe('Things without work.');
  });

  it.each([
    ['without a title', { title: undefined }, 'sql/checks/idle-thing.sql: the field "title" is missing or empty'],
    ['with an empty field', { why: '' }, 'the field "why" is missing or empty'],
    ['with an unknown confidence', { confidence: 'certain' }, 'confidence "certain" is none of high, medium, low'],
    ['with a threshold that is no number', { thresholds: '\n--   ratio = half: share' }, '"ratio = half: share"'],
    ['with a threshold twice', { thresholds: '\n--   ratio = 1: a\n--   ratio = 2: b' }, '"ratio" is there twice'],
    ['with a threshold that is not used', { sql: 'select #ratio' }, 'the threshold "min_hours" is not used'],
    ['with a name that is no threshold', { sql: `${SELECT} and #max_hours` }, '"#max_hours" is not among'],
    ['with two statements', { sql: `${SELECT}; drop table cur_findings` }, 'it holds 2 statements'],
    ['with no statement', { sql: '', thresholds: 'none' }, 'it holds 0 statements'],
    ['with another statement', { sql: `delete from t where #min_hours = #ratio` }, 'the statement must be a SELECT'],
    ['with a quote that never ends', { sql: `select ' #min_hours #ratio` }, 'never closed'],
    ['with a service that is no name', { services: "x'y" }, `"x'y" in the field "services" is not a name`],
    ['with a name in capitals', { name: 'Idle.sql' }, 'sql/checks/Idle.sql: the name must be lower case'],
  ])('%s is an error that says where', (_, change, message) => {
    expect(() => parseCheck(file(change))).toThrow(message);
  });

  it('with a field that nobody knows is an error', () => {
    const { name, text } = file();
    expect(() => parseCheck({ name, text: `-- grade: 1\n${text}` })).toThrow('the header\'s line "-- grade: 1"');
    expect(() => parseCheck({ name, text: `-- title: again\n${text}` })).toThrow('"title" is there twice');
  });
});

describe('the script', () => {
  const other = parseCheck(file({ name: 'another.sql' }));
  const scope = { period: parsePeriod('2026-09'), payers: [parsePayer('111122223333')], tagKeys: DEFAULT_TAG_KEYS };

  it('gets one marked statement per check, by name, behind what they are about', () => {
    const woven = weave('select 1;\n-- reactor: checks\nselect 2;', [parseCheck(file()), other]);
    const statements = analyticsStatements(woven, scope);
    expect(statements.map(({ check }) => check)).toEqual([undefined, undefined, 'another', 'idle-thing', undefined]);
    expect(statements[1]?.sql).toContain(`('idle-thing', 'AmazonOther', 'month_over')`);
    expect(statements[3]?.sql).toContain('where hours > 336');
  });

  it('without the mark, or with two, is an error', () => {
    expect(() => weave('select 1', [other])).toThrow('stands there 0 times, not once');
    expect(() => weave('-- reactor: checks\n-- reactor: checks', [other])).toThrow('stands there 2 times');
  });

  it('of somebody’s own, without checks, stays as it is', () => {
    expect(weave('select 1', [])).toBe('select 1');
  });
});

describe('the script as it is deployed', () => {
  it('says the same to an engine, and its checks are marked alike', async () => {
    const script = await loadWastageScript(sqlPath(''));
    const compact = compactScript(script);
    const tokens = (text: string) => tokensOf(segmentsOf(text)).map(({ kind, text: token }) => [kind, token]);
    expect(tokens(compact)).toEqual(tokens(script));
    const scope = { period: parsePeriod('2026-09'), payers: [parsePayer('111122223333')], tagKeys: DEFAULT_TAG_KEYS };
    const checks = (text: string) => analyticsStatements(text, scope).map(({ check }) => check);
    expect(checks(compact)).toEqual(checks(script));
    expect(compact.length).toBeLessThan(script.length * 0.85);
  });

  it('keeps strings as they are, and directives', () => {
    const script = `-- why\nselect  'two  --blanks\n  here' /* x */,\n\n    1;  -- reactor: one session\n-- last`;
    expect(compactScript(script)).toBe(`select 'two  --blanks\n  here'  ,\n1; -- reactor: one session\n `);
  });
});
