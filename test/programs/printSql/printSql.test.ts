import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadWastageScript } from '../../../src/analytics/checks/readChecks.ts';
import { sqlPath } from '../../analytics/lineItems.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/programs/printSql/main.ts', import.meta.url));

const print = (...options: string[]) => spawnSync(process.execPath, [PROGRAM, ...options], { encoding: 'utf8' });

describe('npm run sql:print', () => {
  it('prints the script with its checks, as it is run', async () => {
    const { stdout, status } = print();
    expect(status).toBe(0);
    expect(stdout).toBe(`${await loadWastageScript(sqlPath(''))}\n`);
  });

  it('prints one check’s statement, with the values of its thresholds', () => {
    const { stdout, status } = print('--check', 'idle-nat-gateway');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^-- reactor: check idle-nat-gateway\ninsert into cur_new_findings /);
    expect(stdout).toContain('hours > 336');
  });

  it('names the checks that there are when it is asked for another one', () => {
    const { stdout, stderr, status } = print('--check', 'idle-everything');
    expect([stdout, status]).toEqual(['', 2]);
    expect(stderr).toMatch(/^--check must be one of .*idle-nat-gateway.*, got "idle-everything"\n/);
  });

  it('says what it can do', () => {
    expect(print('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--check NAME') });
    expect(print('--sql')).toMatchObject({ status: 2, stderr: expect.stringContaining('--help') });
  });
});
