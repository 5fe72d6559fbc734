import { fileURLToPath } from 'node:url';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { snowflakeNames } from '../../src/adapters/snowflake/names.ts';
import { compactScript } from '../../src/analytics/checks/compact.ts';
import { loadWastageScript } from '../../src/analytics/checks/readChecks.ts';
import { analyticsStatements } from '../../src/analytics/script.ts';
import { DEFAULT_TAG_KEYS } from '../../src/analytics/tagKeys.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import {
  type ProtocolServer,
  type StatementResult,
  startProtocolServer,
} from '../adapters/snowflake/protocolServer.ts';
import { createKey } from '../adapters/snowflake/sessionHarness.ts';
import { makeSnowflakeState, type SnowflakeState } from '../adapters/snowflake/snowflakeState.ts';
import { type MotoServer, startMotoServer } from '../aws/motoServer.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';
import { BundledFunctions, type Outcome, sqsEvent } from './bundledFunction.ts';
import { Deployment } from './deployment.ts';

const PAYER = parsePayer('111122223333');
const PERIOD = parsePeriod('2026-10');
const KEY = 'daily/data/BILLING_PERIOD=2026-10/daily-00001.snappy.parquet';
const SQL = fileURLToPath(new URL('../../sql/', import.meta.url));
const NAMES = snowflakeNames({ database: 'CUR_REACTOR', schema: 'CUR', target: 'external' });
const ROWS = 3;

let moto: MotoServer;
let functions: BundledFunctions;
let script: ReadonlySet<string>;
let state: SnowflakeState;
let snowflake: ProtocolServer;
let stage: Deployment;
/** What Snowflake answers to who asks for the payers; undefined refuses. */
let payersTable: StatementResult | undefined;
/** What a statement of the wastage script waits for. */
let mayRun: Promise<void>;

beforeAll(async () => {
  const payers = `- payer: '${PAYER}'\n  bucket: payer-cur\n  bucketOwner: self\n  manifests: false\n`;
  [moto, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(payers)]);
  const scope = { period: PERIOD, payers: [PAYER], tagKeys: DEFAULT_TAG_KEYS };
  const statements = analyticsStatements(compactScript(await loadWastageScript(SQL)), scope);
  script = new Set(statements.flatMap(({ sql }) => (/^(begin|commit)/.test(sql) ? [] : sql)));
  await (await Deployment.create(moto)).createBucket('payer-cur');
});
afterAll(async () => {
  await functions?.close();
  await moto?.close();
});
beforeEach(async () => {
  state = makeSnowflakeState(NAMES, (sessionId) => snowflake.openSessions().includes(sessionId));
  // What the wastage script finds is DuckDB's business to test; here it only has to arrive.
  const executed = { columns: [], rows: [] };
  payersTable = undefined;
  mayRun = Promise.resolve();
  snowflake = await startProtocolServer(async (statement, running) => {
    if (payersTable && statement.sql.includes('SHARED.METADATA.PAYERS')) return payersTable;
    const isOfScript = script.has(statement.sql) || /^insert into cur_statement_outcomes /.test(statement.sql);
    if (!isOfScript) return state.execute(statement, running);
    await mayRun;
    return executed;
  });
  stage = await Deployment.create(moto);
});
afterEach(() => snowflake.close());

/** Puts the stage's secret where it belongs. */
async function saveSecret(secret: object): Promise<void> {
  const client = new SecretsManagerClient(moto.clientConfig);
  const Name = stage.environment.SNOWFLAKE_SECRET;
  await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(secret) }));
  client.destroy();
}

const secret = () => ({
  account: 'example-account',
  accessUrl: snowflake.accessUrl,
  username: 'CUR_REACTOR',
  privateKey: createKey().privateKey,
});

/** Stages one file by the bundled copy function; answers its staged key. */
async function stageFile(): Promise<string> {
  const event = await stage.put('payer-cur', KEY, parquetBytes(ROWS));
  await functions.run('copy', stage.environment, [sqsEvent({ m: event })]);
  const [stagedKey = ''] = await stage.stagedKeys();
  return stagedKey;
}

function finalize(...times: readonly string[]): Promise<Outcome> {
  return functions.run(
    'finalize',
    stage.environment,
    times.map((id) => sqsEvent({ [id]: { period: PERIOD } })),
  );
}

const ACKNOWLEDGED = { answer: { batchItemFailures: [] } };

describe('the bundled reconcile, with a payers table', () => {
  const table = { PAYERS_TABLE: 'shared.metadata.payers' };
  const reconcile = () =>
    functions.run('reconcile', { ...stage.environment, ...table }, [{ periods: [PERIOD], dryRun: true }]);
  const answerOf = ({ answers }: Outcome) => answers[0]?.answer;

  it('takes the payers from it, through Snowflake’s own driver, and skips a row that is wrong', async () => {
    await saveSecret(secret());
    const names = ['PAYER_ID', 'BUCKET', 'PREFIX', 'BUCKET_OWNER', 'KMS_KEY', 'MANIFESTS', 'REPORT', 'ENABLED'];
    payersTable = {
      columns: names.map((name) => ({ name, type: 'text' })),
      rows: [
        ['444455556666', 'payer-cur', null, null, null, null, null, null],
        ['four', 'payer-cur', 'x', null, null, null, null, null],
      ],
    };
    expect(answerOf(await reconcile())).toMatchObject({
      configuration: { from: 'table', payers: 1, wrongRows: [{ row: 2, reason: expect.stringContaining('four') }] },
      partitions: [{ payer: '444455556666' }],
    });
  });

  it('goes on with the payers file when it cannot be read, and says why', async () => {
    await saveSecret(secret());
    const outcome = await reconcile();
    expect(answerOf(outcome)).toMatchObject({
      configuration: { from: 'fallback', payers: 1 },
      partitions: [{ payer: PAYER }],
    });
    expect(outcome.logs).toContainEqual(expect.objectContaining({ message: 'configuration-fallback' }));
  });
});

describe('the bundled finalizer, with Snowflake’s own driver', () => {
  it('publishes what copy has staged, runs the wastage script, and leaves nothing to do for the next tick', async () => {
    await saveSecret(secret());
    const stagedKey = await stageFile();
    state.stage.set(
      stagedKey,
      Array.from({ length: ROWS }, (_, n) => ({ identity_line_item_id: `id-${n}`, line_item_unblended_cost: 1 })),
    );

    const { answers, metrics, output } = await finalize('first', 'second');

    expect(answers).toEqual([ACKNOWLEDGED, ACKNOWLEDGED]);
    expect(metrics).toMatchObject({ PartitionsPublished: 1, AnalyticsDone: 1, RunsStarted: 1 });
    expect(state.lineItems('year=2026/month=10/')).toHaveLength(ROWS);
    expect(output).not.toContain('PRIVATE KEY');
    const record = await stage.ledger.partition({ payer: PAYER, period: PERIOD });
    expect(record).toMatchObject({ published: { files: 1, rows: ROWS }, settledChanges: record?.changes });
  });

  it('leaves a script that outlasts its time to later invocations: submitted once, its session never logged out', async () => {
    await saveSecret(secret());
    state.stage.set(await stageFile(), Array(ROWS).fill({ identity_line_item_id: 'a', line_item_unblended_cost: 1 }));
    const gate = Promise.withResolvers<void>();
    mayRun = gate.promise;
    const tick = sqsEvent({ tick: { period: PERIOD } });
    // Ten seconds until it leaves its work to the next: enough for a payer, not for the script.
    const nearItsEnd = { ...stage.environment, REMAINING_MS: '100000', PARTITION_SECONDS: '5' };

    for (let invocation = 0; invocation < 2; invocation += 1) {
      const { answers, metrics } = await functions.run('finalize', nearItsEnd, [tick]);
      expect([answers, metrics.AnalyticsHandedOn]).toEqual([[ACKNOWLEDGED], 1]);
    }
    expect(state.lineItems('year=2026/month=10/')).toHaveLength(ROWS);
    expect(snowflake.requests).not.toContain('logout');
    gate.resolve();
    const { metrics } = await finalize('last');

    expect(metrics.AnalyticsDone).toBe(1);
    expect(snowflake.queries.filter(({ isAsync }) => isAsync)).toHaveLength(1);
    expect(await stage.ledger.analytics(PERIOD)).toMatchObject({ status: 'done', run: 1, steps: 1 });
  });

  it('signs in by its own role, without a key, where the secret says so', async () => {
    const { privateKey: _, ...who } = secret();
    await saveSecret({ ...who, authenticator: 'WORKLOAD_IDENTITY' });
    state.stage.set(await stageFile(), [
      { identity_line_item_id: 'a', line_item_unblended_cost: 1 },
      { identity_line_item_id: 'b' },
      {},
    ]);

    // The driver proves its identity to Snowflake's own hosts only.
    const environment = { ...stage.environment, SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES: '127.0.0.1' };
    const { answers, metrics } = await functions.run('finalize', environment, [sqsEvent({ tick: { period: PERIOD } })]);

    expect([answers, metrics.PartitionsPublished]).toEqual([[ACKNOWLEDGED], 1]);
  });

  it('publishes nothing when Snowflake reads fewer rows than the footer promises', async () => {
    await saveSecret(secret());
    state.stage.set(await stageFile(), [{ identity_line_item_id: 'id-1' }]);

    const { answers, logs } = await finalize('tick');

    expect(answers).toEqual([ACKNOWLEDGED]);
    expect(state.lineItems('year=2026/month=10/')).toEqual([]);
    expect(logs).toContainEqual(expect.objectContaining({ level: 'ERROR', message: 'verification-failed' }));
  });

  it('keeps the tick when its secret is wrong, and names what is wrong without showing it', async () => {
    await saveSecret({ ...secret(), privateKey: 'hunter2', username: '' });
    await stageFile();

    const { answers, logs, output } = await finalize('tick');

    expect(answers).toEqual([{ answer: { batchItemFailures: [{ itemIdentifier: 'tick' }] } }]);
    expect(logs).toContainEqual(
      expect.objectContaining({ reason: expect.stringContaining('username must be the name of a user') }),
    );
    expect(output).not.toContain('hunter2');
  });
});
