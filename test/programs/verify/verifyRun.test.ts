import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRunFiles } from '../../../src/programs/verify/runFiles.ts';
import { summaryTables, summaryViews } from '../../../src/warehouse/summaries.ts';
import { parseSnowflake } from '../../adapters/snowflake/snowflakeGrammar.ts';
import { blockTextOf } from '../../adapters/snowflake/snowflakeScripting.ts';
import { fakeAccount, type Rule, refuse, rowsOf, when } from './fakeAccount.ts';
import { runVerify } from './verifyProcess.ts';
import { schemasOf, startVerifyWorld, type VerifyWorld } from './verifyWorld.ts';

const SCRATCH = /^CUR_REACTOR_DEV\.CUR_VERIFY_[0-9A-F]{16}$/;
const QUESTIONS = 33;

let world: VerifyWorld;
beforeAll(async () => {
  world = await startVerifyWorld();
});
afterAll(() => world?.close());

const linesOf = ({ stdout }: { readonly stdout: string }) => stdout.trimEnd().split('\n');

describe('npm run snowflake:verify', () => {
  it('asks every question, finds an account as it should be, and leaves nothing behind', async () => {
    const ended = await world.verify(['--slow', '1']);
    expect(linesOf(ended).filter((line) => !line.startsWith('ok '))).toEqual([]);
    expect(linesOf(ended).length).toBe(QUESTIONS);
    expect(linesOf(ended).find((line) => line.includes('partitions-view'))).toContain('found 1 of 3');
    expect([ended.status, ended.stderr]).toEqual([0, '']);
    const { created, dropped } = schemasOf(ended);
    expect(created).toEqual([expect.stringMatching(SCRATCH)]);
    expect(dropped).toEqual(created);
    expect(await world.filesLeft()).toEqual([]);
  });

  it('changes nothing outside of its own schema, but for the use of it', async () => {
    const { queries } = await world.verify(['--slow', '1']);
    const changes = queries
      .map(({ sql }) => sql)
      .filter((sql) => /^(create|alter external|insert|drop|grant)/.test(sql));
    expect(changes.length).toBeGreaterThan(20);
    const elsewhere = changes.filter((sql) => !/^[^(]*\bCUR_REACTOR_DEV\.CUR_VERIFY_[0-9A-F]{16}\b/.test(sql));
    // In the schema that is in use: the scripts of findings and summaries name none.
    expect(elsewhere.map((sql) => /^create (?:table if not exists|or replace view) (\w+)/.exec(sql)?.[1])).toEqual([
      'cur_findings',
      'cur_check_runs',
      ...summaryTables,
      ...summaryViews,
    ]);
  });

  it('signs in as each of the roles, and logs out of every session but those of submitted queries', async () => {
    const { logins, openSessions, queries } = await world.verify([]);
    const roles = new Set(logins.map(({ roleName }) => roleName));
    expect(roles).toEqual(new Set(['SYSADMIN', 'CUR_REACTOR_DEV', 'CUR_REACTOR_DEV_READER']));
    const submitting = new Set(queries.filter(({ isAsync }) => isAsync).map(({ sessionId }) => sessionId));
    expect(openSessions.filter((session) => !submitting.has(session))).toEqual([]);
  });

  it('asks what a role may do with that role alone, whatever else its user may', async () => {
    const { queries } = await world.verify([]);
    for (const asked of queries.filter(({ sql }) => /^(show grants|explain|create temporary)/.test(sql))) {
      const [, first] = queries.filter(({ sessionId }) => sessionId === asked.sessionId);
      expect(first?.sql).toBe('use secondary roles none');
    }
  });

  it('sends nothing but Snowflake SQL', async () => {
    const { queries } = await world.verify(['--slow', '1']);
    const texts = queries.flatMap(({ sql }) => [sql, blockTextOf(sql)?.replace(/;$/, '') ?? sql]);
    // The grammar knows no binds, and no ALTER SESSION with several parameters: the session's own.
    const sent = [...new Set(texts)].filter((sql) => !/^alter session set \w+ = \S+ /.test(sql));
    const statements = sent.map((sql) => sql.replaceAll('?', "'bound'"));
    // It takes a block's declarations for a statement of their own.
    const { length: blocks } = statements.filter((sql) => sql.startsWith('declare'));
    expect(blocks).toBe(3);
    expect(await parseSnowflake(statements.join(';\n'))).toHaveLength(statements.length + blocks);
  });

  it('goes on when a question fails, and says which and why', async () => {
    const ended = await world.verify([], refuse(/^create external table .*_GONE/, '003001', 'Insufficient privileges'));
    const failed = linesOf(ended).filter((line) => !line.startsWith('ok '));
    expect(failed).toEqual([expect.stringMatching(/^unknown {2}file-gone .*003001: Insufficient privileges/)]);
    expect(linesOf(ended).length).toBe(QUESTIONS - 1);
    expect(ended.status).toBe(3);
  });

  it('asks what needs no schema when none can be made, and drops what may be there of it', async () => {
    const ended = await world.verify([], refuse(/^create table if not exists cur_findings/, '003001', 'Insufficient'));
    const marks = new Set(linesOf(ended).map((line) => line.split(' ')[0]));
    expect(marks).toEqual(new Set(['ok', 'unknown']));
    expect(linesOf(ended).find((line) => line.includes('contract-row'))).toContain('003001: Insufficient');
    expect(schemasOf(ended).dropped).toEqual(schemasOf(ended).created);
    expect(ended.status).toBe(3);
  });

  it('asks what needs no files where there are no credentials for AWS', async () => {
    const ended = await runVerify([], () => fakeAccount(world.grants), { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });
    const unknown = linesOf(ended).filter((line) => line.startsWith('unknown '));
    expect(unknown.length).toBeGreaterThan(10);
    for (const line of unknown) expect(line).toContain('there are no credentials for AWS');
    expect(linesOf(ended).filter((line) => line.startsWith('ok ')).length).toBe(QUESTIONS - 1 - unknown.length);
    expect(schemasOf(ended).dropped).toEqual(schemasOf(ended).created);
    expect(ended.status).toBe(3);
  });

  it('drops schemas that killed runs have left, and no other', async () => {
    const left = 'CUR_VERIFY_0123456789ABCDEF';
    const listed = rowsOf(['SCHEMA_NAME'], [left], ['CUR_VERIFY_OF_A_PERSON']);
    const ended = await world.verify(
      ['--only', 'time-zone'],
      when(/information_schema\.schemata/, () => listed),
    );
    expect(schemasOf(ended)).toEqual({ created: [], dropped: [`CUR_REACTOR_DEV.${left}`] });
    expect(ended.stderr).toContain(`removed the schema CUR_REACTOR_DEV.${left}, which an earlier run had left`);
    expect(ended.status).toBe(0);
  });

  it('removes its own files, and none that another run may be using', async () => {
    const Key = 'verify/0123456789abcdef/year=2026/month=01/payer-000000000001/sample.parquet';
    await world.s3.send(new PutObjectCommand({ Bucket: world.bucket, Key, Body: 'a' }));
    await world.verify(['--only', 'file-gone']);
    expect(await world.filesLeft()).toEqual([Key]);
  });

  it('removes files that killed runs have left, a day later', async () => {
    const files = createRunFiles(world.s3, world.bucket, 'fedcba9876543210');
    await files.put('own.parquet', new Uint8Array(1));
    const [left, ...others] = (await world.filesLeft()).filter((key) => !key.startsWith(files.folder));
    expect([left, others]).toEqual([expect.stringMatching(/^verify\/0123456789abcdef\//), []]);
    expect(await files.clear(Date.now() + 60_000)).toBe(1);
    expect(await world.filesLeft()).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('removes what it has made when it is stopped by %s', async (signal) => {
    const ended = await runVerify(
      [],
      ({ kill }) => {
        const stopping = when(/^explain .*CUR_VERIFY_/s, () => {
          kill(signal);
          return rowsOf(['status']);
        });
        return fakeAccount(world.grants, [stopping]);
      },
      world.env,
    );
    const { created, dropped } = schemasOf(ended);
    expect(created).toEqual([expect.stringMatching(SCRATCH)]);
    expect(dropped).toEqual(created);
    expect(linesOf(ended).length).toBeLessThan(QUESTIONS);
    expect(ended.stderr).toBe('stopping: what this run has made is removed\n');
    expect(ended.status).toBe({ SIGINT: 130, SIGTERM: 143 }[signal]);
  });

  it('drops the schema once the last that was being made in it is there', async () => {
    const ended = await runVerify(
      ['--only', 'script-step'],
      ({ kill }) => {
        const stopping = when(/^create external table/, () => {
          kill('SIGTERM');
          return rowsOf(['status']);
        });
        return fakeAccount(world.grants, [stopping]);
      },
      world.env,
    );
    const statements = ended.queries.map(({ sql }) => sql);
    expect(statements.findLastIndex((sql) => /^create /.test(sql))).toBeGreaterThan(2);
    expect(statements.findIndex((sql) => /^drop schema/.test(sql))).toBe(statements.length - 1);
    expect(ended.status).toBe(143);
  });

  it('cancels what it has submitted when it is stopped', async () => {
    const ended = await runVerify(
      ['--only', 'block-outlives-session', '--slow', '300'],
      ({ kill }) => {
        const waiting: Rule = (sql) => {
          if (!sql.includes('system$wait')) return undefined;
          kill('SIGTERM');
          return new Promise(() => undefined);
        };
        return fakeAccount(world.grants, [waiting]);
      },
      world.env,
    );
    const block = ended.queries.find(({ sql }) => sql.includes('system$wait'));
    expect([block?.status, ended.status]).toEqual(['ABORTED', 143]);
  });

  it('says so when it cannot remove what it has made', async () => {
    const ended = await world.verify(['--only', 'script-step'], refuse(/^drop schema/, '003001', 'Insufficient'));
    expect(ended.stderr).toContain('003001: Insufficient');
    expect(ended.status).toBe(1);
  });

  it('answers with one document when asked to', async () => {
    const { stdout, status } = await world.verify(['--only', 'time-zone', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      stage: 'dev',
      answers: [
        {
          id: 'time-zone',
          is: 'as-expected',
          asks: "the account's time zone",
          expected: 'UTC',
          found: 'UTC',
          follows: 'nothing to do',
        },
      ],
    });
    expect(status).toBe(0);
  });

  it('prints no secret, whatever Snowflake answers', async () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----';
    const { stdout, stderr, privateKey } = await world.verify(
      [],
      refuse(/^(explain|create|show|execute)/, '000603', key),
    );
    const said = stdout + stderr;
    expect(said).not.toContain('MIIE');
    expect(said).not.toContain(privateKey.split('\n')[1]);
    expect(said).not.toContain(world.env.AWS_SECRET_ACCESS_KEY);
  });

  it('stops at once where nobody can sign in, or setup has not run', async () => {
    const ended = await world.verify(
      [],
      refuse(/information_schema/, '002003', "Database 'CUR_REACTOR_DEV' does not exist"),
    );
    expect([ended.status, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toMatch(/^SnowflakeFailure: .*002003: Database 'CUR_REACTOR_DEV' does not exist/);
  });

  it.each([
    [['--bogus'], '--bogus'],
    [['--only', 'nothing'], '--only must be one of time-zone, '],
    [['--slow', 'x'], '--slow must be minutes from 1 to 350, got "x"'],
    [['--stage', 'a b'], 'stage must be'],
  ])('refuses %j with status 2', async (args, message) => {
    const { status, stdout, stderr, queries } = await world.verify(args);
    expect([status, stdout, queries]).toEqual([2, '', []]);
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
  });

  it('lists its options', async () => {
    const { status, stdout, stderr } = await world.verify(['--help']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('--slow MINUTES');
  });
});
