import { describe, expect, it } from 'vitest';
import { parseQuery } from './parser.ts';
import { runQuery } from './run.ts';
import { plain } from './values.ts';

/** The value of one expression, in a session with this time zone, as a test looks at it. */
function answered(expression: string, timeZone = 'America/Los_Angeles') {
  const relation = () => {
    throw new Error('there is no table');
  };
  const [row] = runQuery(parseQuery(`select ${expression} as it`), { timeZone, binds: [], relation });
  return plain(row?.get('it')?.() ?? null, timeZone);
}

describe('the stand-in evaluates as Snowflake’s reference says', () => {
  it.each([
    // "Date & time data types": an instant is shown on the session's clock, and so becomes an NTZ.
    [`'2026-10-31 23:00:00 +0000'::timestamp_ltz::timestamp_ntz`, '2026-10-31 16:00:00'],
    [`'2026-10-31 23:00:00'::timestamp_ntz::timestamp_ltz::timestamp_tz::varchar`, '2026-10-31 23:00:00.000'],
    [`'2026-10-31 23:00:00 +0530'::timestamp_ntz`, '2026-10-31 23:00:00'],
    // "CONVERT_TIMEZONE": a TZ is answered; an NTZ counts as one of the session's zone.
    [`convert_timezone('UTC', '2026-10-31 23:00:00 +0000'::timestamp_ltz)::timestamp_ntz`, '2026-10-31 23:00:00'],
    [`convert_timezone('UTC', '2026-10-31 23:00:00'::timestamp_ntz)::timestamp_ntz`, '2026-11-01 06:00:00'],
    // An hour that occurs twice, and one that does not, where clocks are changed.
    [`'2026-11-01 09:30:00Z'::timestamp_ltz::timestamp_ntz`, '2026-11-01 01:30:00'],
    [`convert_timezone('UTC', '2026-03-08 03:30:00'::timestamp_ntz)::timestamp_ntz`, '2026-03-08 10:30:00'],
    // "TO_TIMESTAMP": a number counts from 1970 in UTC; the second argument says in which unit.
    [`to_timestamp_ntz(1793487600, 0)`, '2026-10-31 23:00:00'],
    [`to_timestamp_ntz(1793487600000, 3)`, '2026-10-31 23:00:00'],
    // "Numeric data types": NaN equals itself and is above all others.
    [`nullif('NaN'::double, 'NaN'::double)`, null],
    [`abs('NaN'::double) < 1`, false],
    // "Logical operators", and what has no NULL in it.
    [`null or true`, true],
    [`null and true`, null],
    [`coalesce(null, iff(null, 1, 2))`, 2],
    [`case when null then 1 when 1 = 1 then 2 end`, 2],
    [`position('=' in 'a=b')`, 2],
    [`typeof(try_parse_json('{"a": [1]}'):"a")`, 'ARRAY'],
    [`object_insert(object_construct('a', 1, 'b', null), 'c', 'd', true)`, { a: 1, c: 'd' }],
    [`reduce(split('a,b', ','), '', (all varchar, each varchar) -> all || each)`, 'ab'],
  ])('%s is %o', (expression, value) => {
    expect(answered(expression)).toEqual(value);
  });

  it.each([
    [`'much'::double`, '100038'],
    [`'last week'::timestamp_ntz`, '100035'],
    [`true::timestamp_ntz`, '100071'],
    ['no_such_column', '000904'],
    ['no_such_function(1)', '002141'],
    // Whether a lambda may see the row around it is not documented.
    ['filter(split(v, 1), piece varchar -> v is null)', '000904'],
  ])('%s is refused with %s', (expression, code) => {
    expect(() => answered(expression)).toThrow(expect.objectContaining({ code }));
  });

  it('no statement that it does not know is read as another', () => {
    for (const sql of ['select 1 from a join b', 'select a from', 'select (1', 'delete from a']) {
      expect(() => parseQuery(sql)).toThrow(SyntaxError);
    }
  });
});
