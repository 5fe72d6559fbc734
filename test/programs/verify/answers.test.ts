import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Rule, refuse, rowsOf, when } from './fakeAccount.ts';
import { startVerifyWorld, type VerifyWorld } from './verifyWorld.ts';

type Mark = 'ok' | 'other' | 'TROUBLE' | 'unknown';
/** What Snowflake answers otherwise than the documentation says, and what is made of it. */
type Variant = readonly [id: string, mark: Mark, found: string, ...rules: Rule[]];

let world: VerifyWorld;
beforeAll(async () => {
  world = await startVerifyWorld();
});
afterAll(() => world?.close());

const found = (value: string | null) => rowsOf(['FOUND'], [value]);
const typeOf = (column: string, type: string | null) =>
  when(new RegExp(`^select typeof\\(value:"${column}"`), () => found(type));
const asText = (time: string) => when(/^select to_varchar\(convert_timezone/, () => found(time));
const tags = (json: string) => when(/^select to_json\(/, () => found(json));
const integration = (answer: object | string) =>
  when(/validate_storage_integration/, () =>
    rowsOf(['ANSWER'], [typeof answer === 'string' ? answer : JSON.stringify(answer)]),
  );
const status = (pattern: RegExp, word: string) => when(pattern, () => rowsOf(['file', 'status'], ['a.parquet', word]));
const copied = (is: string, rows: string) =>
  when(/^copy into/, () => rowsOf(['file', 'status', 'rows_loaded'], ['sample.parquet', is, rows]));
const loaded = (start: string) =>
  when(/^select to_varchar\(convert_timezone\('UTC', line_item_usage_start_date\)/, () =>
    rowsOf(['USAGE_START', 'COST'], [start, '1.5']),
  );
const plan = (object: string, total: string | null, assigned: string | null) =>
  when(/^explain/, () =>
    rowsOf(
      ['operation', 'objects', 'partitionsTotal', 'partitionsAssigned'],
      ['Scan', `CUR_REACTOR_DEV.CUR_VERIFY.${object}`, total, assigned],
    ),
  );
const countOf = (table: string, count: string) =>
  when(new RegExp(`^select count\\(\\*\\) as row_count from \\S+_${table}$`), () => rowsOf(['ROW_COUNT'], [count]));
/** The second time that a statement is sent. */
function again(pattern: RegExp, rule: Rule): Rule {
  let times = 0;
  return (sql, statement) => {
    if (pattern.test(sql)) times += 1;
    return times > 1 ? rule(sql, statement) : undefined;
  };
}
const block = (json: string) =>
  when(/^execute immediate .*statement_number/s, () => rowsOf(['anonymous block'], [json]));

const ADD = /^alter external table \S+ add files/;
const REMOVE = /^alter external table \S+ remove files/;

const VARIANTS: readonly Variant[] = [
  [
    'time-zone',
    'other',
    'America/Los_Angeles',
    when(/^show parameters/, () => rowsOf(['value'], ['America/Los_Angeles'])),
  ],
  [
    'integration-list',
    'TROUBLE',
    'failure: AssumeRole is not allowed',
    integration({ status: 'failure', message: 'AssumeRole is not allowed' }),
  ],
  [
    'integration-read',
    'TROUBLE',
    'failure: Access Denied',
    integration({ status: 'failure', actions: { READ: { status: 'failure', message: 'Access Denied' } } }),
  ],
  ['integration-list', 'TROUBLE', 'no document', integration('no document')],
  [
    'integration-list',
    'unknown',
    '003001: Insufficient',
    refuse(/validate_storage_integration/, '003001', 'Insufficient'),
  ],
  [
    'grants-reactor',
    'TROUBLE',
    'usage on warehouse CUR_REACTOR_DEV',
    when(/^show grants/, () => rowsOf(['privilege', 'name'])),
  ],
  [
    'grants-reader',
    'TROUBLE',
    'select on view CUR_REACTOR_DEV.CUR.CUR_LINE_ITEMS, 26 more',
    when(/^show grants/, () => rowsOf(['privilege', 'name'])),
  ],
  ['grants-reader', 'unknown', '003001: Role does not exist', refuse(/^show grants/, '003001', 'Role does not exist')],
  [
    'views',
    'TROUBLE',
    'CUR_REACTOR_DEV.CUR.CUR_WASTAGE: 002003: no findings',
    refuse(/^explain .*CUR_WASTAGE/, '002003', 'no findings'),
  ],

  ['timestamp-millis', 'other', 'TIMESTAMP_NTZ', typeOf('instant_millis', 'TIMESTAMP_NTZ')],
  ['timestamp-millis', 'TROUBLE', '2026-01-15 02:20:30 UTC by a cast', asText('2026-01-15 02:20:30')],
  ['timestamp-older', 'other', 'INTEGER', typeOf('older_millis', 'INTEGER')],
  ['timestamp-micros', 'TROUBLE', 'BINARY', typeOf('instant_micros', 'BINARY')],
  ['timestamp-local', 'other', 'TIMESTAMP_LTZ', typeOf('local_micros', 'TIMESTAMP_LTZ')],
  ['timestamp-int96', 'other', 'TIMESTAMP_LTZ', typeOf('instant_int96', 'TIMESTAMP_LTZ')],
  ['timestamp-int96', 'TROUBLE', 'undefined', typeOf('instant_int96', null)],
  ['timestamp-int96', 'unknown', 'it has skipped the file', when(/^select typeof/, () => rowsOf(['FOUND']))],
  ['map', 'other', 'an array of pairs under key_value', tags('{"key_value":[{"key":"team","value":"red"}]}')],
  ['map', 'other', 'an object', tags('{"team":"red"}')],
  ['map', 'TROUBLE', '"{team=red}"', tags('"{team=red}"')],
  ['missing-column', 'TROUBLE', 'x', when(/no_such_column/, () => found('x'))],
  [
    'contract-row',
    'TROUBLE',
    '2026-01-15 02:20:30',
    when(/as usage_start/, () => rowsOf(['USAGE_START', 'COST', 'TAG'], ['2026-01-15 02:20:30', '1.5', 'red'])),
  ],
  ['contract-row', 'TROUBLE', 'no row', when(/as usage_start/, () => rowsOf(['USAGE_START', 'COST', 'TAG']))],

  [
    'add-files',
    'other',
    'no row, and 1 row is read',
    when(/_NEW add files/, () => rowsOf(['status'])),
    countOf('NEW', '1'),
  ],
  ['add-files', 'TROUBLE', 'REGISTERED_NEW, and 0 rows are read', countOf('NEW', '0')],
  [
    'add-files-again',
    'other',
    'no row',
    again(
      /_AGAIN add files/,
      when(ADD, () => rowsOf(['status'])),
    ),
  ],
  ['add-files-again', 'other', '001003: is known', again(/_AGAIN add files/, refuse(ADD, '001003', 'is known'))],
  ['add-files-again', 'TROUBLE', 'its 1 row is read 2 times', countOf('AGAIN', '2')],
  ['add-files-absent', 'ok', '001003: no such file', refuse(/_ABSENT add files/, '001003', 'no such file')],
  ['add-files-absent', 'other', 'REGISTERED_NEW', status(/_ABSENT add files/, 'REGISTERED_NEW')],
  [
    'remove-files',
    'ok',
    'UNREGISTERED, then 001003: is not known',
    again(/_REMOVED remove/, refuse(REMOVE, '001003', 'is not known')),
  ],
  ['remove-files', 'other', 'no row', when(/_REMOVED remove/, () => rowsOf(['status'])), countOf('REMOVED', '0')],
  ['remove-files', 'TROUBLE', 'its rows are still read', countOf('REMOVED', '1')],
  ['file-gone', 'other', '091016: was not found', refuse(/^select count.*_GONE$/, '091016', 'was not found')],
  ['file-gone', 'other', 'it reads 1 row', countOf('GONE', '1')],
  ['at-once', 'other', '000625: lock', refuse(/_AT_ONCE add files/, '000625', 'lock')],
  ['at-once', 'TROUBLE', '000001: no', refuse(/_AT_ONCE add files/, '000001', 'no')],
  ['at-once', 'TROUBLE', '2 of 3 rows', countOf('AT_ONCE', '2')],

  ['stage-scan', 'TROUBLE', '0 row, 0 with a cost', when(/from @/, () => rowsOf(['STAGED_KEY']))],
  ['stage-scan', 'TROUBLE', '100078: bad', refuse(/from @/, '100078', 'bad')],
  ['stage-scan', 'unknown', '003001: no', refuse(/from @/, '003001', 'no')],
  ['load-files', 'other', 'PARTIALLY_LOADED, 1 row', copied('PARTIALLY_LOADED', '1')],
  ['load-files', 'TROUBLE', 'LOADED, 0 row', copied('LOADED', '0')],
  ['load-files', 'TROUBLE', '02:20:30', loaded('2026-01-15 02:20:30')],

  ['partitions-view', 'TROUBLE', '3 of 3', plan('CUR_EXTERNAL', '3', '3')],
  ['partitions-audit', 'unknown', 'NaN of NaN', plan('CUR_EXTERNAL', null, null)],
  ['partitions-audit', 'unknown', 'a plan without the external table', plan('CUR_PUBLICATIONS', '1', '1')],
  [
    'partitions-totals',
    'unknown',
    'a plan without the external table',
    when(/^explain/, () => rowsOf(['operation'], ['Result'])),
  ],
  [
    'partitions-totals',
    'ok',
    '1 of 2',
    when(/^explain/, () =>
      rowsOf(['objects', 'totalPartitions', 'assignedPartitions'], ['"D".S."CUR_EXTERNAL"', '2', '1']),
    ),
  ],
  ['partitions-totals', 'ok', 'it does not read the external table', plan('CUR_PUBLICATIONS', '1', '1')],

  [
    'use-in-block',
    'other',
    'allowed',
    when(/^execute immediate .*use schema/s, () => rowsOf(['anonymous block'], ['done'])),
  ],
  ['set-in-block', 'TROUBLE', '090236: SET', refuse(/^execute immediate .*set verify_value/s, '090236', 'SET')],
  [
    'last-query-id',
    'TROUBLE',
    '002003: no such query',
    block('{"is":"failed","statement":2,"code":2003,"message":"no such query"}'),
  ],
  ['script-step', 'TROUBLE', '000904: bad', refuse(/^execute immediate .*statement_number/s, '000904', 'bad')],
  ['script-step', 'TROUBLE', 'something', block('something')],
  [
    'failing-check',
    'TROUBLE',
    '100051: Division by zero',
    when(/^execute immediate .*no_such_table_of_verify.*raise;/s, () =>
      rowsOf(['anonymous block'], ['{"is":"failed","statement":4,"code":100051,"message":"Division by zero"}']),
    ),
  ],
  ['result-elsewhere', 'TROUBLE', '000709: Statement not found', refuse(/^select 42/, '000709', 'Statement not found')],
  ['temporary-table', 'other', '003001: Insufficient', refuse(/ungranted/, '003001', 'Insufficient')],
];

describe('an answer of Snowflake', { concurrent: true }, () => {
  for (const [id, mark, words, ...rules] of VARIANTS) {
    it(`to ${id} is ${mark} where it is: ${words}`, async () => {
      const { stdout, status: exit } = await world.verify(['--only', id], ...rules);
      expect(stdout).toMatch(new RegExp(`^${mark} +${id} .* expected .*; found .* → \\S`));
      expect(stdout.split(' → ')[0]?.split('; found ')[1]).toContain(words);
      expect(exit).toBe(mark === 'ok' || mark === 'other' ? 0 : 3);
    });
  }

  it('to a block that outlasts its session counts by how the block has ended', async () => {
    const ended = await world.verify(
      ['--only', 'block-outlives-session', '--slow', '241'],
      refuse(/system\$wait\(241, '+MINUTES'+\)/, '000604', 'SQL execution canceled'),
    );
    expect(ended.stdout).toMatch(
      /^TROUBLE +block-outlives-session .*000604: SQL execution canceled → .* more than 241 minutes/,
    );
    expect(ended.status).toBe(3);
  });

  it('is given to every question: each of them has a variant here', async () => {
    const { stdout } = await world.verify(['--json', '--slow', '1']);
    const { answers }: { readonly answers: readonly { readonly id: string }[] } = JSON.parse(stdout);
    const ids = new Set([...VARIANTS.map(([id]) => id), 'block-outlives-session']);
    expect(answers.map(({ id }) => id).filter((id) => !ids.has(id))).toEqual([]);
  });
});
