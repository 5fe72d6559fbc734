import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadScript } from '../../../src/analytics/script.ts';
import { statementsOf } from '../../../src/analytics/statements.ts';
import {
  applySetup,
  printedSetup,
  SetupFailed,
  type SetupSettings,
  type SetupStep,
  setupSteps,
} from '../../../src/programs/setup/snowflakeSetup.ts';
import { parseSnowflake } from '../../adapters/snowflake/snowflakeGrammar.ts';

const PAYERS_TABLE = { database: 'aws_az_share', schema: 'metadata', table: 'pro_refresh_config' };

const SETTINGS: SetupSettings = {
  stage: 'prod',
  service: 'cur-reactor',
  region: 'us-east-1',
  stagingBucket: 'example-cur-staging-prod',
  database: 'CUR_DB',
  schema: 'CUR',
  warehouse: 'CUR_WH',
  role: 'CUR_ROLE',
  target: 'external',
  accountId: '111122223333',
  payersTable: PAYERS_TABLE,
  fill: false,
  payersFile: 'resources/payers.yml',
  rolePath: '/',
};
const readScript = (file: string) => loadScript(fileURLToPath(new URL(`../../../sql/${file}`, import.meta.url)));
const stepsWith = (change: Partial<SetupSettings>) => setupSteps({ ...SETTINGS, ...change }, readScript);

/** Creates what is not there, replaces views only, and drops nothing. */
const REPEATABLE =
  /^(create (((external|transient) )?table|view|role|database|schema|warehouse|storage integration|stage|file format) if not exists|alter table \S+ add column if not exists|create or replace view \S+ copy grants|grant|use (role|schema)|desc integration) /;

let steps: SetupStep[];
let statements: string[];
beforeAll(async () => {
  steps = await stepsWith({});
  statements = steps.flatMap(({ sql }) => statementsOf(sql)).map((statement) => statement.replaceAll(/\s+/g, ' '));
});

const granted = (role: string) => statements.filter((text) => new RegExp(`^grant .* to role ${role}\\b`).test(text));

describe('the setup', () => {
  it('is Snowflake SQL from its first statement to its last', async () => {
    expect(await parseSnowflake(printedSetup(steps))).toHaveLength(statements.length);
  });

  it('can be repeated, and takes nothing away: it creates what is not there, replaces views only, drops nothing', () => {
    for (const statement of statements) {
      expect(statement).toMatch(REPEATABLE);
    }
  });

  it('makes every object before something names it', () => {
    const positions = ['CUR_STAGE', 'CUR_EXTERNAL', 'CUR_CURRENT_FILES', 'CUR_COLUMNS_BY_VALUE', 'cur_findings'].map(
      (name) => statements.findIndex((text) => new RegExp(`^create (external )?(table|stage) .*${name}`).test(text)),
    );
    const view = statements.findIndex((text) => text.startsWith('create view if not exists CUR_DB.CUR.CUR_LINE_ITEMS'));
    expect([...positions, view]).toEqual([...positions, view].toSorted((a, b) => a - b));
    const grants = statements.findIndex((text) => text.startsWith('grant ownership'));
    expect(grants).toBeGreaterThan(statements.findLastIndex((text) => text.startsWith('create or replace view')));
  });

  it('creates the findings, whose script names no schema, in the reactor’s', () => {
    const findings = statements.findIndex((text) => text.startsWith('create table if not exists cur_findings'));
    expect(statements[findings - 1]).toBe('use schema CUR_DB.CUR');
  });

  it('lets the reactor write its tables, and own the external table and the view over it: nothing more', () => {
    expect(granted('CUR_ROLE').filter((text) => !text.includes('usage on'))).toEqual([
      'grant create view on schema CUR_DB.CUR to role CUR_ROLE',
      'grant ownership on view CUR_DB.CUR.CUR_LINE_ITEMS to role CUR_ROLE copy current grants',
      'grant select, insert, delete on table CUR_DB.CUR.CUR_CURRENT_FILES to role CUR_ROLE',
      'grant select, insert, update, delete on table CUR_DB.CUR.CUR_PUBLICATIONS to role CUR_ROLE',
      'grant select, insert on table CUR_DB.CUR.CUR_COLUMNS_BY_VALUE to role CUR_ROLE',
      'grant select, insert, update on table CUR_DB.CUR.CUR_FENCE to role CUR_ROLE',
      'grant select, insert, delete on table CUR_DB.CUR.CUR_FINDINGS to role CUR_ROLE',
      'grant ownership on external table CUR_DB.CUR.CUR_EXTERNAL to role CUR_ROLE copy current grants',
      'grant select on table AWS_AZ_SHARE.METADATA.PRO_REFRESH_CONFIG to role CUR_ROLE',
    ]);
  });

  it('for a native table makes it, replaces the view by one over it, and makes no external table', async () => {
    const forTable = await stepsWith({ target: 'table' });
    const native = forTable.flatMap(({ sql }) => statementsOf(sql)).map((text) => text.replaceAll(/\s+/g, ' '));
    expect(await parseSnowflake(printedSetup(forTable))).toHaveLength(native.length);
    expect(native.filter((text) => /CUR_EXTERNAL|external table/i.test(text))).toEqual([]);
    for (const statement of native) expect(statement).toMatch(REPEATABLE);
    const made = native.findIndex((text) =>
      text.startsWith('create transient table if not exists CUR_DB.CUR.CUR_LOADED '),
    );
    const viewed = native.findIndex((text) => text.startsWith('create or replace view CUR_DB.CUR.CUR_LINE_ITEMS '));
    expect([made, viewed]).toEqual([made, viewed].toSorted((a, b) => a - b));
    expect(made).toBeGreaterThan(-1);
    expect(native[viewed]).toContain(' from CUR_DB.CUR.CUR_LOADED as registered ');
    const loaded = native.filter((text) => /^grant .*CUR_LOADED/.test(text));
    expect(loaded).toEqual(['grant select, insert, delete on table CUR_DB.CUR.CUR_LOADED to role CUR_ROLE']);
  });

  it('fills a native table with what is published, before the view over it, where it is asked to', async () => {
    const sql = (await stepsWith({ target: 'table', fill: true })).flatMap((step) => statementsOf(step.sql));
    const [filled, viewed] = [
      'insert into CUR_DB.CUR.CUR_LOADED',
      'create or replace view CUR_DB.CUR.CUR_LINE_ITEMS',
    ].map((start) => sql.findIndex((text) => text.startsWith(start)));
    expect(filled).toBeGreaterThan(
      sql.findIndex((text) => text.startsWith('create table if not exists CUR_DB.CUR.CUR_PUB')),
    );
    expect(filled).toBeLessThan(viewed ?? 0);
    await expect(stepsWith({ fill: true })).rejects.toThrow('--fill is for a stage whose warehouseTarget is table');
  });

  it('takes every column for one of unknown types where files are published already, when it first asks', () => {
    const [made] = statements
      .filter((text) => text.includes('CUR_COLUMNS_BY_VALUE'))
      .filter((text) => /^create/.test(text));
    expect(made).toMatch(
      / as select '\*', min\(staged_key\), sysdate\(\) from CUR_DB\.CUR\.CUR_CURRENT_FILES having count\(\*\) > 0$/,
    );
  });

  it('lets readers see views, and no table', () => {
    expect(granted('CUR_ROLE_READER')).toEqual([
      'grant usage on database CUR_DB to role CUR_ROLE_READER',
      'grant usage on schema CUR_DB.CUR to role CUR_ROLE_READER',
      'grant select on view CUR_DB.CUR.CUR_LINE_ITEMS to role CUR_ROLE_READER',
      'grant select on view CUR_DB.CUR.CUR_WASTAGE to role CUR_ROLE_READER',
      'grant select on view CUR_DB.CUR.CUR_FRESHNESS to role CUR_ROLE_READER',
    ]);
  });

  it('names the AWS role in the partition of the region, and under its path', async () => {
    for (const [region, partition] of [
      ['us-gov-west-1', 'aws-us-gov'],
      ['cn-north-1', 'aws-cn'],
    ]) {
      const elsewhere = JSON.stringify(await stepsWith({ region: region ?? '', rolePath: '/reactor/' }));
      expect(elsewhere).toContain(`arn:${partition}:iam::111122223333:role/reactor/cur-reactor-prod-snowflake`);
    }
  });

  it('reads the stage’s bucket alone, as a role of the stage’s own', () => {
    const sql = printedSetup(steps);
    expect(sql).toContain("storage_allowed_locations = ('s3://example-cur-staging-prod/')");
    expect(sql).toContain("storage_aws_role_arn = 'arn:aws:iam::111122223333:role/cur-reactor-prod-snowflake'");
  });

  it('leaves the payers table to others when asked to', async () => {
    const others = await stepsWith({ payersTable: undefined });
    expect(printedSetup(others)).not.toMatch(/AWS_AZ_SHARE|PRO_REFRESH_CONFIG/i);
    expect(others.length).toBe(steps.length - 1);
  });

  it.each([
    [{ database: 'a.b' }, 'database must be an identifier'],
    [{ schema: "x'" }, 'schema must be an identifier'],
    [{ warehouse: 'w h' }, 'warehouse must be an identifier'],
    [{ role: 'r; drop role r' }, 'role must be an identifier'],
    [{ stagingBucket: "b'; drop" }, 'stagingBucket must match'],
    [{ accountId: '123' }, 'role ARN must match'],
    [{ payersTable: { ...PAYERS_TABLE, table: 'a b' } }, 'payers table must be an identifier'],
  ])('refuses %o, and says what it is', async (change, message) => {
    await expect(stepsWith(change)).rejects.toThrow(RangeError);
    await expect(stepsWith(change)).rejects.toThrow(message);
  });

  it('stops at the first statement that is refused, and names its step and number', async () => {
    const run: string[] = [];
    const applied = applySetup(
      steps,
      async (sql) => {
        run.push(sql);
        if (sql.startsWith('create stage')) throw new Error('003001: not allowed');
        return [];
      },
      () => undefined,
    );
    await expect(applied).rejects.toThrow(SetupFailed);
    await expect(applied).rejects.toThrow(
      '04_stage.sql, statement 2 (create stage if not exists CUR_DB.CUR.CUR_STAGE): 003001: not allowed',
    );
    expect(run.at(-1)).toMatch(/^create stage/);
  });
});
