import { describe, expect, it } from 'vitest';
import { DEFAULT_PAYERS_TABLE } from '../../../src/config/payersTable.ts';
import { HELP, parseSetupOptions, UsageError } from '../../../src/warehouse/snowflake/setupOptions.ts';

describe('the options of the setup', () => {
  it('need an AWS account, unless nothing is run', () => {
    expect(parseSetupOptions(['--print'])).toEqual({ stage: 'dev', print: true, payersTable: DEFAULT_PAYERS_TABLE });
    expect(parseSetupOptions(['--account', '012345678901', '--stage', 'prod', '--payers-table', 'none'])).toEqual({
      stage: 'prod',
      print: false,
      accountId: '012345678901',
    });
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
    const payersTable = { database: 'a', schema: 'b', table: 'c' };
    expect(parseSetupOptions(['--print', '--payers-table', 'a.b.c'])).toMatchObject({ payersTable });
  });

  it('are all in the help', () => {
    expect(parseSetupOptions(['--stage', 'x', '-h'])).toBe('help');
    for (const option of ['--stage', '--account', '--payers-table', '--print', '--help']) {
      expect(HELP).toContain(`\n  ${option} `);
    }
  });
});
