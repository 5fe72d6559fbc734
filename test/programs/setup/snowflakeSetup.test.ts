import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { loadScript } from '../../../src/analytics/script.ts';
import { statementsOf } from '../../../src/analytics/statements.ts';
import { applySetup } from '../../../src/programs/setup/applySetup.ts';
import { SetupFailed } from '../../../src/programs/setup/runStatement.ts';
import {
  bucketAccessOf,
  printedSetup,
  type SetupSettings,
  type SetupStep,
  setupSteps,
} from '../../../src/programs/setup/snowflakeSetup.ts';
import { summaryTables, summaryViews } from '../../../src/warehouse/summaries.ts';
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
  warehouseSize: 'small',
  analyticsWarehouse: 'CUR_ANALYTICS_WH',
  analyticsWarehouseSize: 'large',
  monthlyCredits: 500,
  role: 'CUR_ROLE',
  externalId: '0000',
  target: 'external',
  accountId: '111122223333',
  payersTable: PAYERS_TABLE,
  fill: false,
  workloadIdentity: true,
  payersPolicy: true,
  payersFile: 'resources/payers.yml',
  rolePath: '/',
};
const readScript = (file: string) => loadScript(fileURLToPath(new URL(`../../../sql/${file}`, import.meta.url)));
const stepsWith = (change: Partial<SetupSettings>) => setupSteps({ ...SETTINGS, ...change }, readScript);

/** As the framework writes it; a template here would be none. */
const ROLE_PARAM = '$' + '{param:snowflakeRole}';
const FunctionsWithUsers = z.object({
  functions: z.record(
    z.string(),
    z.object({ environment: z.record(z.string(), z.unknown().transform(String)).optional() }),
  ),
});
/** Creates what is not there, replaces views only, and drops nothing. */
const REPEATABLE =
  /^(create (((external|transient) )?table|view|role|user|database|schema|warehouse|storage integration|stage|file format|resource monitor|row access policy) if not exists|alter resource monitor \S+ set credit_quota|alter warehouse \S+ set resource_monitor|alter table \S+ add column if not exists|create or replace view \S+ copy grants|grant|execute immediate|use (role|schema|warehouse)|desc integration) /;

let steps: SetupStep[];
let statements: string[];
beforeAll(async () => {
  steps = await stepsWith({});
  statements = steps.flatMap(({ sql }) => statementsOf(sql)).map((statement) => statement.replaceAll(/\s+/g, ' '));
});

const SUMMARIES = summaryTables.map((table) => `CUR_DB.CUR.${table}`);
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

  it('creates findings and summaries, whose scripts name no schema, in the reactor’s', () => {
    const unqualified = statements.flatMap((text, index) => (/^create .*?\bcur_\w+ /.test(text) ? [index] : []));
    const first = unqualified[0] ?? 0;
    expect(statements[first - 1]).toBe('use schema CUR_DB.CUR');
    expect(statements.slice(first, unqualified.at(-1)).filter((text) => text.startsWith('use schema'))).toEqual([]);
  });

  it('lists every table and view of the summaries, and keeps the grants on a view that it replaces', () => {
    const made = (what: string) =>
      statements.flatMap((text) => new RegExp(`^create ${what} (cur_\\w+)`).exec(text)?.[1] ?? []);
    expect(made('table if not exists')).toEqual(expect.arrayContaining([...summaryTables]));
    expect(made('or replace view')).toEqual([...summaryViews]);
    const views = statements.filter((text) => text.startsWith('create or replace view cur_'));
    for (const view of views) expect(view).toMatch(/^create or replace view cur_\w+ copy grants as /);
  });

  it('lets the reactor write its tables, own the external table and the view over it, create in the scratch schema: nothing more', () => {
    expect(granted('CUR_ROLE').filter((text) => !text.includes('usage on'))).toEqual([
      'grant usage, create table, create view, create procedure, create function on schema CUR_DB.CUR_SCRATCH to role CUR_ROLE',
      'grant create view on schema CUR_DB.CUR to role CUR_ROLE',
      'grant ownership on view CUR_DB.CUR.CUR_LINE_ITEMS to role CUR_ROLE copy current grants',
      'grant select, insert, delete on table CUR_DB.CUR.CUR_CURRENT_FILES to role CUR_ROLE',
      'grant select, insert, update, delete on table CUR_DB.CUR.CUR_PUBLICATIONS to role CUR_ROLE',
      'grant select, insert on table CUR_DB.CUR.CUR_COLUMNS_BY_VALUE to role CUR_ROLE',
      'grant select, insert, update on table CUR_DB.CUR.CUR_FENCE to role CUR_ROLE',
      'grant select, insert, update, delete on table CUR_DB.CUR.CUR_FINDINGS to role CUR_ROLE',
      'grant select, insert, update, delete on table CUR_DB.CUR.CUR_CHECK_RUNS to role CUR_ROLE',
      ...SUMMARIES.map((table) => `grant select, insert, delete on table ${table} to role CUR_ROLE`),
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

  it('lets readers see views, and of tables the summaries alone', () => {
    expect(granted('CUR_ROLE_READER')).toEqual([
      'grant usage on database CUR_DB to role CUR_ROLE_READER',
      'grant usage on schema CUR_DB.CUR to role CUR_ROLE_READER',
      'grant select on view CUR_DB.CUR.CUR_LINE_ITEMS to role CUR_ROLE_READER',
      'grant select on view CUR_DB.CUR.CUR_RAW to role CUR_ROLE_READER',
      'grant select on view CUR_DB.CUR.CUR_WASTAGE to role CUR_ROLE_READER',
      'grant select on view CUR_DB.CUR.CUR_CHECKS to role CUR_ROLE_READER',
      'grant select on view CUR_DB.CUR.CUR_FRESHNESS to role CUR_ROLE_READER',
      ...SUMMARIES.map((table) => `grant select on table ${table} to role CUR_ROLE_READER`),
      ...summaryViews.map((view) => `grant select on view CUR_DB.CUR.${view} to role CUR_ROLE_READER`),
    ]);
  });

  it('lets a policy by payer, where one is asked for, lie on the tables that all views of readers read through', async () => {
    const blocks = statements.filter((text) => text.startsWith('execute immediate'));
    const text = blocks[0]?.replace(/^execute immediate \$\$ /, '').replace(/; \$\$$/, '') ?? '';
    expect(await parseSnowflake(text)).toHaveLength(1);
    const tables = blocks.map(
      (block) =>
        /alter table (\S+) add row access policy CUR_DB\.CUR\.CUR_PAYERS_POLICY on \(payer\)/.exec(block)?.[1] ?? '',
    );
    for (const [index, table] of tables.entries()) expect(blocks[index]).toContain(`ref_entity_name => '${table}'`);
    const policed = ['CUR_CURRENT_FILES', 'CUR_PUBLICATIONS', 'CUR_FINDINGS', 'CUR_CHECK_RUNS'].map(
      (name) => `CUR_DB.CUR.${name}`,
    );
    expect(tables).toEqual([...policed, ...SUMMARIES]);
    const views = granted('CUR_ROLE_READER').flatMap(
      (grant) => /on view (CUR_DB\.CUR\.CUR_\w+)/.exec(grant)?.[1] ?? [],
    );
    expect(views).toHaveLength(5);
    for (const view of views) {
      const sql = statements.find((text) => /^create .*view /.test(text) && text.includes(` ${view} `)) ?? '';
      expect(tables.filter((table) => sql.includes(`from ${table}`))).not.toEqual([]);
    }
    expect(printedSetup(await stepsWith({ payersPolicy: false }))).not.toMatch(/policy/i);
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

  it('has a user for each function that connects, as which serverless.yml lets it sign in, by its own AWS role', async () => {
    const yaml = await readFile(new URL('../../../serverless.yml', import.meta.url), 'utf8');
    const { functions } = FunctionsWithUsers.parse(parse(yaml, { logLevel: 'silent' }));
    const connecting = Object.entries(functions).filter(([, { environment }]) => environment?.SNOWFLAKE_SECRET);
    expect(connecting.map(([name]) => name)).toEqual(['finalize', 'reconcile']);
    for (const [name, { environment }] of connecting) {
      const user = environment?.SNOWFLAKE_USER?.replace(ROLE_PARAM, SETTINGS.role);
      const arn = `arn:aws:iam::111122223333:role/cur-reactor-prod-${name}`;
      expect(statements.find((text) => text.startsWith(`create user if not exists ${user} `))).toContain(
        `type = service default_role = CUR_ROLE workload_identity = (type = aws arn = '${arn}')`,
      );
      expect(statements).toContain(`grant role CUR_ROLE to user ${user}`);
    }
  });

  it('gives the analytics script a warehouse of its own where there is one, and both one quota', async () => {
    expect(statements.filter((text) => text.includes('warehouse_size'))).toEqual([
      expect.stringMatching(/^create warehouse if not exists CUR_WH warehouse_size = small /),
      expect.stringMatching(/^create warehouse if not exists CUR_ANALYTICS_WH warehouse_size = large /),
    ]);
    expect(granted('CUR_ROLE')).toContain('grant usage on warehouse CUR_ANALYTICS_WH to role CUR_ROLE');
    expect(statements.filter((text) => /credit_quota|set resource_monitor/.test(text))).toEqual([
      expect.stringContaining('credit_quota = 500 frequency = monthly'),
      'alter resource monitor CUR_ROLE_CREDITS set credit_quota = 500',
      'alter warehouse CUR_WH set resource_monitor = CUR_ROLE_CREDITS',
      'alter warehouse CUR_ANALYTICS_WH set resource_monitor = CUR_ROLE_CREDITS',
    ]);
  });

  it('leaves one warehouse without a quota where serverless.yml says no more', async () => {
    const sql = printedSetup(await stepsWith({ analyticsWarehouse: 'none', monthlyCredits: 0 }));
    expect(sql).not.toMatch(/CUR_ANALYTICS_WH|resource monitor/);
  });

  it('makes no users where a key signs in', async () => {
    expect(printedSetup(await stepsWith({ workloadIdentity: false }))).not.toContain('create user');
  });

  it('reads the stage’s bucket alone, as a role of the stage’s own', () => {
    const sql = printedSetup(steps);
    expect(sql).toContain("storage_allowed_locations = ('s3://example-cur-staging-prod/')");
    expect(sql).toContain("storage_aws_role_arn = 'arn:aws:iam::111122223333:role/cur-reactor-prod-snowflake'");
  });

  it('lets Snowflake make up the external id, unless serverless.yml has one', async () => {
    expect(printedSetup(steps)).not.toMatch(/external_id =/i);
    // sqlfluff's grammar does not know this clause.
    const chosen = await stepsWith({ externalId: 'team:cur/1' });
    expect(printedSetup(chosen)).toContain("storage_aws_external_id = 'team:cur/1'");
  });

  it('reaches buckets of other partitions by their own protocol', async () => {
    const china = printedSetup(await stepsWith({ region: 'cn-north-1' }));
    expect(china).toContain("storage_provider = 'S3CHINA'");
    expect(china.match(/s3china:\/\/example-cur-staging-prod\//g)).toHaveLength(2);
    expect(bucketAccessOf({ ...SETTINGS, region: 'us-gov-west-1' }).bucketUrl).toBe(
      's3gov://example-cur-staging-prod/',
    );
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
    [{ warehouseSize: 'small; drop' }, 'snowflakeWarehouseSize must match'],
    [{ analyticsWarehouse: 'w h' }, 'analytics warehouse must be an identifier'],
    [{ role: 'r; drop role r' }, 'role must be an identifier'],
    [{ stagingBucket: "b'; drop" }, 'stagingBucket must match'],
    [{ accountId: '123' }, 'role ARN must match'],
    [{ externalId: "x' y" }, 'snowflakeExternalId must match'],
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
