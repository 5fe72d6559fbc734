import { describe, expect, it } from 'vitest';
import { renderScript } from '../../src/analytics/placeholders.ts';
import { type Payer, parsePayer } from '../../src/billing/payer.ts';
import { type Period, parsePeriod } from '../../src/billing/period.ts';

const ONE = parsePayer('111122223333');
const TWO = parsePayer('444455556666');
const tagKeys = { ownerKey: "user_team's", environmentKey: 'user_stage', requiredTags: ['user_owner', 'user_team'] };
const scope = { period: parsePeriod('2026-09'), payers: [ONE, TWO], tagKeys };
const render = (script: string): string => renderScript(script, scope);

describe('placeholders', () => {
  it('become the year and the month as plain numbers', () => {
    expect(render('where year = #startyear and month = #startmonth')).toBe('where year = 2026 and month = 9');
  });

  it('become parts of names, as the Python batch replaced them wherever they stood', () => {
    expect(render('create table cur_#startyear_#startmonth_x as select #startyear_')).toBe(
      'create table cur_2026_9_x as select 2026_',
    );
  });

  it('become the payers as a list in its parentheses, blanks inside them or not', () => {
    expect(render('payer in (#payers_ids)')).toBe("payer in ('111122223333','444455556666')");
    expect(render('payer in ( #payers_ids )')).toBe("payer in ('111122223333','444455556666')");
    expect(renderScript('(#payers_ids)', { ...scope, payers: [ONE] })).toBe("('111122223333')");
  });

  it('are filled inside quotes, as the scripts of the Python batch wrote them', () => {
    expect(render(`y = '#startyear' and "m#startmonth" = '#startyear-#startmonth'`)).toBe(
      `y = '2026' and "m9" = '2026-9'`,
    );
    expect(render('$$ delete where year = #startyear and payer in (#payers_ids) $$')).toBe(
      "$$ delete where year = 2026 and payer in ('111122223333','444455556666') $$",
    );
  });

  it.each([
    `'C#'`,
    `'#fff'`,
    `"C#"`,
    `'#1'`,
    '$$ # a remark of Python $$',
    '-- #1',
    '-- #startyear stays',
    '// it is #1',
    '/* (#payers_ids)\n#foo */',
  ])('leave alone what is no placeholder inside quotes, and all of a comment: %s', (script) => {
    expect(render(script)).toBe(script);
  });

  it.each([
    ['select 1;\nselect #foo', 'line 2: unknown placeholder #foo'],
    ['select #startyears', 'line 1: unknown placeholder #startyears'],
    ['select #StartYear', 'line 1: unknown placeholder #StartYear'],
    ['select a # b', 'line 1: unknown placeholder #'],
    ['order by #1', 'line 1: unknown placeholder #1'],
    ['\n\npayer = #payers_ids', 'line 3: #payers_ids needs its own parentheses'],
    ["payer in (#payers_ids, '999988887777')", 'line 1: #payers_ids needs its own parentheses'],
    ["'a\nb #payers_ids'", 'line 2: #payers_ids needs its own parentheses'],
    ["/* a\nb */ execute '\n(#payers_ids)'", 'line 3: (#payers_ids) inside quotes'],
    ["execute '#owner_key'", 'line 1: #owner_key inside quotes: its own quotes would end them'],
  ])('that are unknown or left over are an error that names them and their line: %j', (script, message) => {
    expect(() => render(script)).toThrow(message);
    expect(() => render(script)).toThrow(expect.objectContaining({ name: 'ScriptError' }));
  });

  it('leave a script in which a quote is doubled, never escaped: DuckDB knows no escapes', () => {
    expect(render(String.raw`select 'Don\'t', '\\\'', 'a\\', 'b\n', "c\"`)).toBe(
      String.raw`select 'Don''t', '\\''', 'a\\', 'b\n', "c\"`,
    );
  });

  it('become keys of tags, as quoted strings and as rows of values', () => {
    expect(render('select #owner_key, #environment_key')).toBe("select 'user_team''s', 'user_stage'");
    expect(render('from (values #required_tags) as t (key)')).toBe(
      "from (values ('user_owner'), ('user_team')) as t (key)",
    );
    expect(render('$$ select #owner_key $$')).toBe("$$ select 'user_team''s' $$");
  });

  it.each([
    [{ ownerKey: '' }, 'got ""'],
    [{ ownerKey: 'x'.repeat(201) }, 'at most 200 printable characters'],
    [{ environmentKey: 'a\\' }, 'no backslash'],
    [{ environmentKey: 'a\nb' }, String.raw`got "a\nb"`],
    [{ requiredTags: [] }, '1 to 20 different keys'],
    [{ requiredTags: ['a', 'a'] }, '1 to 20 different keys'],
    [{ requiredTags: Array.from({ length: 21 }, (_, index) => `k${index}`) }, '1 to 20 different keys'],
  ])('take no key that is not one: %j', (wrong, message) => {
    const unchecked = () => renderScript('select 1', { ...scope, tagKeys: { ...tagKeys, ...wrong } });
    expect(unchecked).toThrow(RangeError);
    expect(unchecked).toThrow(message);
  });

  it('take no value that is not a period, a payer or at least one payer', () => {
    const unchecked = (period: string, payers: string[]) => () =>
      renderScript('select 1', { ...scope, period: period as Period, payers: payers as Payer[] });
    expect(unchecked('2026-13', [ONE])).toThrow('2026-13');
    expect(unchecked('2026-9', [ONE])).toThrow(RangeError);
    expect(unchecked('2026-09', ["1') or ('1'='1"])).toThrow(RangeError);
    expect(unchecked('2026-09', [ONE, '12345'])).toThrow('12345');
    expect(unchecked('2026-09', [])).toThrow('at least one payer');
  });
});
