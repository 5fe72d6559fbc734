import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/base/commandLine.ts';
import { HELP, parsePayersTable, parseSetupOptions } from '../../../src/programs/setup/setupOptions.ts';

describe('the options of the setup', () => {
  it('need an AWS account, unless nothing is run', () => {
    expect(parseSetupOptions(['--print'])).toEqual({
      stage: 'dev',
      print: true,
      fill: false,
      workloadIdentity: false,
      payersPolicy: false,
    });
    const account = ['--account', '012345678901', '--stage', 'prod'];
    expect(parseSetupOptions([...account, '--payers-table', 'none', '--workload-identity', '--payers-policy'])).toEqual(
      {
        stage: 'prod',
        print: false,
        fill: false,
        accountId: '012345678901',
        payersTable: 'none',
        workloadIdentity: true,
        payersPolicy: true,
      },
    );
    expect(() => parseSetupOptions([])).toThrow('--account ID is needed');
  });

  it.each([
    [['--prnt']],
    [['--print', 'extra']],
    [['--account=1234']],
    [['--stage']],
    [['--payers-table', 'a.b']],
    [['--payers-table', 'a..c']],
  ])('refuse %j', (args) => {
    expect(() => parseSetupOptions(args)).toThrow(UsageError);
  });

  it('name the payers table', () => {
    expect(parseSetupOptions(['--print', '--payers-table', 'a.b.c'])).toMatchObject({ payersTable: 'a.b.c' });
    expect(parsePayersTable('a.b.c')).toEqual({ database: 'a', schema: 'b', table: 'c' });
    expect(parsePayersTable('none')).toBeUndefined();
    expect(() => parsePayersTable('a.b')).toThrow('got "a.b"');
  });

  it('are all in the help', () => {
    expect(parseSetupOptions(['--stage', 'x', '-h'])).toBe('help');
    for (const option of [
      '--stage',
      '--account',
      '--payers-table',
      '--workload-identity',
      '--payers-policy',
      '--fill',
      '--print',
      '--help',
    ]) {
      expect(HELP).toMatch(new RegExp(`\\n  ${option}\\s`));
    }
  });
});
