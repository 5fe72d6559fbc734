import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/config/commandLine.ts';
import { HELP, parseOptions, stateName } from '../../src/local/options.ts';

const HERE = '/home/someone/project';
const parse = (...args: string[]) => parseOptions(args, HERE);

describe('the options', () => {
  it('without any: the sample, its state in a folder of its own, no watch, tables', () => {
    expect(parse()).toEqual({ keep: `${HERE}/.local/sample`, watch: false, json: false });
  });

  it('are all taken as they are said, folders from where the person is', () => {
    const files = ['--payer', '012345678901', '--period', '2026-04', '--report', '/exports/daily/'];
    expect(parse('--from', '../cur', ...files, '--keep', '/var/state', '--watch', '--json')).toEqual({
      from: '/home/someone/cur',
      payer: '012345678901',
      period: '2026-04',
      report: 'exports/daily',
      keep: '/var/state',
      watch: true,
      json: true,
    });
  });

  it('set the debounce in whole seconds', () => {
    expect(parse('--quiet', '0', '--max-wait', '86400')).toMatchObject({ quietSeconds: 0, maxWaitSeconds: 86_400 });
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

  it('give each folder a state of its own, also folders of one name', () => {
    const keepOf = (folder: string) => {
      const options = parse('--from', folder);
      return options === 'help' ? undefined : options.keep;
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
    [['--report', 'daily'], /^--report goes with --from/],
    [['--report', '/', '--from', 'x'], /^--report: must be the name or path of a report, got "\/"/],
    [['--from'], /--from/],
    [['--watch=yes'], /--watch/],
    [['--unknown'], /--unknown/],
    [['stray'], /stray/],
  ])('that are wrong are named with their value: %j', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });

  it('are all told by the help', () => {
    for (const option of [
      'from DIR',
      'payer ID',
      'period YYYY-MM',
      'report NAME',
      'keep DIR',
      'watch',
      'json',
      'help',
    ]) {
      expect(HELP).toContain(`  --${option} `);
    }
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
