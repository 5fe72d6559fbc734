import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TAG_KEYS } from '../../../src/analytics/tagKeys.ts';
import { UsageError } from '../../../src/base/commandLine.ts';
import { settingsFor } from '../../../src/programs/local/debounce.ts';
import { HELP } from '../../../src/programs/local/help.ts';
import { type Options, optionNames, parseOptions, stateName } from '../../../src/programs/local/options.ts';

const HERE = '/home/someone/project';
const parse = (...args: string[]) => parseOptions(args, HERE);

describe('the options', () => {
  it('without any: the sample, its state in a folder of its own, no watch, tables', () => {
    expect(parse()).toEqual({ keep: `${HERE}/.local/sample`, watch: false, json: false, tagKeys: DEFAULT_TAG_KEYS });
  });

  it('are all taken as they are said, folders from where the person is', () => {
    const all = ['--from', '../cur', '--payer', '012345678901', '--period', '2026-04', '--keep', '/var/state'];
    expect(parse(...all, '--watch', '--json')).toEqual({
      from: '/home/someone/cur',
      payer: '012345678901',
      period: '2026-04',
      keep: '/var/state',
      watch: true,
      json: true,
      tagKeys: DEFAULT_TAG_KEYS,
    });
  });

  it('set the debounce in whole seconds', () => {
    expect(parse('--quiet', '0', '--max-wait', '86400')).toMatchObject({ quietSeconds: 0, maxWaitSeconds: 86_400 });
  });

  it('let the half of the debounce that is not said give way to the one that is', () => {
    const of = (...args: string[]) => {
      const { quietSeconds, maxWaitSeconds } = settingsFor(parse(...args) as Options);
      return [quietSeconds, maxWaitSeconds];
    };
    expect([of(), of('--watch')]).toEqual([
      [1, 10],
      [3, 60],
    ]);
    expect(of('--quiet', '30')).toEqual([30, 30]);
    expect(of('--watch', '--max-wait', '2')).toEqual([2, 2]);
  });

  it('take a payer or one month of it to forget, a statement to ask, and a state to empty', () => {
    expect(parse('--forget', '111122223333')).toMatchObject({ forget: { payer: '111122223333' } });
    const month = { payer: '111122223333', period: '2026-10' };
    expect(parse('--forget', '111122223333/2026-10', '--from', 'cur')).toMatchObject({ forget: month });
    expect(parse('--sql', 'select 1')).toMatchObject({ sql: 'select 1', keep: `${HERE}/.local/sample` });
    expect(parse('--reset', '--keep', 'x')).toMatchObject({ reset: true, keep: `${HERE}/x` });
    expect(parse('--version')).toBe('version');
    expect(parse('--sql', '-- a comment\nselect 1', '--json')).toMatchObject({
      sql: '-- a comment\nselect 1',
      json: true,
    });
  });

  it('choose which findings are shown, and how', () => {
    const all = ['--min-saving', '2.5', '--check', 'idle', '--group-by', 'owner', '--csv', 'a/b.csv'];
    const choice = { minSaving: 2.5, check: 'idle', groupBy: 'owner', csv: `${HERE}/a/b.csv` };
    expect(parse(...all)).toMatchObject(choice);
    expect(parse('--findings', ...all, '--payer', '111122223333')).toMatchObject({ ...choice, payer: '111122223333' });
    expect(parse('--csv', '-')).toMatchObject({ csv: '-' });
  });

  it('explain one check, or all of them', () => {
    expect(parse('--explain', 'idle', '--json')).toMatchObject({ explain: 'idle', json: true });
    expect([parse('--explain'), parse('--explain', '--json')]).toMatchObject([{ explain: '*' }, { explain: '*' }]);
  });

  it.each([
    ['--quiet', '-1'],
    ['--quiet', '1.5'],
    ['--max-wait', '86401'],
    ['--max-wait', 'soon'],
  ])('refuse %s %s by name and value', (option, value) => {
    expect(() => parse(`${option}=${value}`)).toThrow(UsageError);
    expect(() => parse(`${option}=${value}`)).toThrow(new RegExp(`${option}.*"${value}"`));
  });

  it.each([
    ['512MB', 512_000_000],
    ['2gb', 2_000_000_000],
    ['1.5 GiB', 1_610_612_736],
    ['256MiB', 268_435_456],
  ])('take %s of memory for %d bytes', (text, bytes) => {
    expect(parse('--memory', text)).toMatchObject({ memoryLimitBytes: bytes });
  });

  it('say by which keys resources are tagged, or take the usual ones', () => {
    const keys = ['--owner-key', 'user_team', '--environment-key=user_stage', '--required-tags', 'user_team, user_app'];
    expect(parse(...keys)).toMatchObject({
      tagKeys: { ownerKey: 'user_team', environmentKey: 'user_stage', requiredTags: ['user_team', 'user_app'] },
    });
    expect(parse()).toMatchObject({
      tagKeys: { ownerKey: 'user_owner', environmentKey: 'user_environment', requiredTags: ['user_owner'] },
    });
  });

  it('give each folder a state of its own, also folders of one name', () => {
    const keepOf = (folder: string) => {
      const options = parse('--from', folder);
      return typeof options === 'string' ? undefined : options.keep;
    };
    expect(keepOf('a/cur')).toMatch(/^\/home\/someone\/project\/\.local\/cur-[0-9a-f]{8}$/);
    expect(keepOf('a/cur')).not.toBe(keepOf('b/cur'));
    expect(keepOf('a/cur')).toBe(keepOf('b/../a/cur/'));
  });

  it('ask for help before anything else that is right', () => {
    expect([parse('--help'), parse('-h'), parse('--watch', '--help', '--payer', 'x')]).toEqual([
      'help',
      'help',
      'help',
    ]);
  });

  it.each([
    [['--payer', '123', '--from', 'x'], /^--payer: .*"123"/],
    [['--payer', '１２３４５６７８９０１２', '--from', 'x'], /^--payer: /],
    [['--period', '2026-13', '--from', 'x'], /^--period: .*"2026-13"/],
    [['--period', '202604', '--from', 'x'], /^--period: .*"202604"/],
    [['--payer', '111122223333'], /^--payer goes with --from/],
    [['--period', '2026-04'], /^--period goes with --from/],
    [['--from'], /--from/],
    [['--watch=yes'], /--watch/],
    [['--unknown'], /--unknown/],
    [['stray'], /stray/],
    [['--from', 'a', '--from', 'b'], /^--from is given twice: "a" and "b"$/],
    [['--from', ''], /^--from must not be empty, got ""$/],
    [['--keep='], /^--keep must not be empty/],
    [['--quiet', '10', '--max-wait', '5'], /^--max-wait must not be less than --quiet, got 5 and 10/],
    [['--memory', '1000'], /^--memory: must be a size such as 512MB or 2GB, got "1000"$/],
    [['--memory', '2 apples'], /^--memory: must be a size such as 512MB or 2GB, got "2 apples"$/],
    [['--memory', '268MB'], /^--memory: must be at least 269MB, which DuckDB needs .*, got "268MB"$/],
    [['--status', '--memory', '1GB'], /^--memory does not go with --status$/],
    [['--owner-key', 'a\\b'], /^--owner-key: must be the key of a tag: .*, got /],
    [
      ['--required-tags', 'a,,b'],
      /^--required-tags: must be 1 to 20 different keys of tags with commas .*, got "a,,b"$/,
    ],
    [['--status', '--owner-key', 'a'], /^--owner-key does not go with --status$/],
    [['--min-saving', '-1'], /--min-saving/],
    [['--min-saving', '1,5'], /^--min-saving: must be an amount such as 0 or 2\.50, got "1,5"$/],
    [['--group-by', 'team'], /^--group-by: must be one of check, account, service, owner, got "team"$/],
    [['--csv', '-', '--json'], /^--csv - does not go with --json/],
    [['--csv', 'x/a.csv', '--from', 'x'], /^--csv must not lie in the folder of --from/],
    [['--status', '--csv', 'a.csv'], /^--csv does not go with --status$/],
    [['--sql', 'select 1', '--check', 'idle'], /^--check does not go with --sql$/],
    [['--findings', '--memory', '1GB'], /^--memory does not go with --findings$/],
    [['--findings', '--watch'], /^--findings does not go with --watch/],
    [['--explain', 'idle', '--from', 'x'], /^--from does not go with --explain$/],
    [['--sql', '  '], /^--sql: must be a statement, got " {2}"$/],
    [['--sql', 'select 1', '--payer', '111122223333'], /^--payer does not go with --sql$/],
    [['--sql', 'select 1', '--watch'], /^--sql does not go with --watch/],
    [['--reset', '--forget', '111122223333'], /^--reset does not go with --forget/],
    [['--reset', '--quiet', '1'], /^--quiet does not go with --reset$/],
    [['--forget', '1111'], /^--forget: payer must be .*"1111"$/],
    [['--forget', '111122223333/2026-13'], /^--forget: period must be .*"2026-13"$/],
    [['--forget', '111122223333/2026-10/x'], /^--forget: must be PAYER or PAYER\/YYYY-MM, got/],
  ])('that are wrong are named with their value: %j', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });

  it('are all in the help', () => {
    for (const option of optionNames) expect(HELP, option).toMatch(new RegExp(`^  --${option} `, 'm'));
  });

  it("do not let the state lie in the folder that is read: what is staged would be taken for the person's files", () => {
    for (const keep of ['cur', 'cur/state', 'cur/a/../.local']) {
      expect(() => parse('--from', 'cur', '--keep', keep), keep).toThrow(UsageError);
    }
    expect(() => parse('--from', '.')).toThrow(/--keep/);
    expect(parse('--from', 'cur', '--keep', 'cur-state')).toMatchObject({ keep: `${HERE}/cur-state` });
  });
});

describe('the name of a state', () => {
  it('is a plain folder name and the name of a bucket, whatever the folder is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (name) => {
        expect(stateName(path.resolve('/', name))).toMatch(/^[A-Za-z0-9._-]*-[0-9a-f]{8}$/);
      }),
    );
  });

  it.each(['/data/.hidden', '/data/_cur', '/', '/data/費用', '/data/-x', `/data/${'x'.repeat(255)}`])(
    'is one that an event may carry: %s',
    (folder) => {
      // What parseObjectCreated takes for a bucket's name.
      expect(stateName(folder)).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/);
    },
  );
});
