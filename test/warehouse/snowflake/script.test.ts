import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { analyticsStatements, loadScript } from '../../../src/analytics/script.ts';
import { stepsOf } from '../../../src/warehouse/snowflake/script.ts';
import { AnalyticsFailed, FencedOff } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, PERIOD } from '../contract.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';

describe('stepsOf', () => {
  it('keeps together what stands between begin and commit, and lets the rest stand alone', () => {
    expect(stepsOf(['a', 'BEGIN', 'b', 'c', 'commit', 'd', 'begin transaction', 'COMMIT WORK'])).toEqual([
      { is: 'statement', statement: { number: 1, sql: 'a' } },
      {
        is: 'transaction',
        statements: [
          { number: 3, sql: 'b' },
          { number: 4, sql: 'c' },
        ],
        commitNumber: 5,
      },
      { is: 'statement', statement: { number: 6, sql: 'd' } },
      { is: 'transaction', statements: [], commitNumber: 8 },
    ]);
    expect(stepsOf([])).toEqual([]);
  });

  it('takes the analytics that this project comes with for one transaction', async () => {
    const script = await loadScript(
      fileURLToPath(new URL('../../../sql/analytics_wastage_queries.sql', import.meta.url)),
    );
    const steps = stepsOf(analyticsStatements(script, PERIOD, [ALPHA.payer]));
    expect(steps.map((step) => step.is)).toEqual(['transaction']);
  });

  it('refuses a script that ends inside a transaction', () => {
    expect(() => stepsOf(['begin', 'a'])).toThrow(AnalyticsFailed);
  });
});

describe('a script', () => {
  let harness: SnowflakeHarness;
  beforeEach(async () => {
    harness = await makeSnowflakeHarness();
  });
  afterEach(() => harness.close());

  const insert = (payer: string) => `insert into cur_findings (payer, year, month) values ('${payer}', 2026, 10)`;
  const analyse = () => harness.warehouse.analyse(PERIOD, 1, [ALPHA.payer]);

  it('that fails names the statement, its first line, and the code and words of Snowflake', async () => {
    harness.script([insert('111111111111'), 'begin', 'insert into no_such_table\nselect 1', 'commit']);
    await expect(analyse()).rejects.toThrow(
      /^statement 3 \(insert into no_such_table\): .*002003: .*Object 'NO_SUCH_TABLE' does not exist/,
    );
    expect(harness.state.tables.findings).toHaveLength(1);
  });

  it('that cannot commit names where the transaction ends, and leaves nothing', async () => {
    harness.script([insert('222222222222'), 'begin', insert('111111111111'), 'commit']);
    harness.state.beforeStatement = async (text) => {
      if (text.startsWith('update <fence>')) harness.server.order('query', { code: '000603' }, 2);
    };
    await expect(analyse()).rejects.toThrow(/^the transaction that ends at statement 4: .*000603/);
    expect(harness.state.tables.findings.map(({ payer }) => payer)).toEqual(['222222222222']);
  });

  it('of a run that is overtaken meanwhile commits nothing more', async () => {
    const newer = (await harness.another()).warehouse;
    harness.script(['begin', insert('111111111111'), 'commit', insert('222222222222')]);
    let isOvertaken = false;
    harness.state.beforeStatement = async (text) => {
      if (isOvertaken || !text.startsWith('insert into cur_findings')) return;
      isOvertaken = true;
      await newer.raiseFence(PERIOD, 2);
    };
    await expect(analyse()).rejects.toThrow(FencedOff);
    expect(harness.state.tables.findings).toEqual([]);
  });

  it('of a run that is overtaken between two of its steps does not begin the next', async () => {
    const newer = (await harness.another()).warehouse;
    harness.script([insert('111111111111'), insert('222222222222')]);
    harness.state.beforeStatement = async (text) => {
      if (!text.includes('111111111111')) return;
      await newer.raiseFence(PERIOD, 2);
    };
    await expect(analyse()).rejects.toThrow(FencedOff);
    expect(harness.state.tables.findings.map(({ payer }) => payer)).toEqual(['111111111111']);
  });
});
