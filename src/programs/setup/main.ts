import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '../../adapters/snowflake/connection.ts';
import { CredentialsInvalid, readSnowflakeEnvironment } from '../../adapters/snowflake/credentials.ts';
import { loadScript } from '../../analytics/script.ts';
import { UsageError } from '../../base/commandLine.ts';
import { withDeadline } from '../../base/deadline.ts';
import { printable } from '../../base/printable.ts';
import { readStageSettings, SettingsInvalid } from '../packaging/stageSettings.ts';
import { applySetup } from './applySetup.ts';
import { bucketCheckSql, checkBucket } from './bucketCheck.ts';
import { failingAs, type RunStatement } from './runStatement.ts';
import { HELP, parsePayersTable, parseSetupOptions, type SetupOptions } from './setupOptions.ts';
import {
  bucketAccessOf,
  printedSetup,
  type SetupSettings,
  type SetupStep,
  setupSteps,
  storageRoleArn,
} from './snowflakeSetup.ts';

const PROJECT = new URL('../../../', import.meta.url);
/** Stands for the AWS account in what is only printed. */
const SOME_ACCOUNT = '000000000000';
/** What is run after all steps is called in messages. */
const CHECK = 'check of the staging bucket';
const CONNECT_SECONDS = 60;
const STATEMENT_SECONDS = 300;

const EXIT_TROUBLE = 1;
const EXIT_USAGE = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseSetupOptions(args);
    if (options === 'help') process.stdout.write(HELP);
    else await run(options);
    return 0;
  } catch (error) {
    const usage = error instanceof UsageError || error instanceof SettingsInvalid || error instanceof RangeError;
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    process.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`);
    if (usage || error instanceof CredentialsInvalid) {
      process.stderr.write('npm run snowflake:setup -- --help lists the options\n');
      return EXIT_USAGE;
    }
    return EXIT_TROUBLE;
  }
}

async function run(options: SetupOptions): Promise<void> {
  const stage = readStageSettings(await readFile(new URL('serverless.yml', PROJECT), 'utf8'), options.stage);
  const settings: SetupSettings = {
    ...stage,
    accountId: options.accountId ?? SOME_ACCOUNT,
    fill: options.fill,
    payersTable: parsePayersTable(options.payersTable ?? stage.payersTable),
    workloadIdentity: options.workloadIdentity,
    payersPolicy: options.payersPolicy,
  };
  const steps = await setupSteps(settings, (file) => loadScript(fileURLToPath(new URL(`sql/${file}`, PROJECT))));
  if (options.print) {
    const check = { name: CHECK, sql: bucketCheckSql(bucketAccessOf(settings)) };
    process.stdout.write(`${heading(settings, options)}\n${printedSetup([...steps, check])}`);
  } else await apply(settings, steps);
}

function heading(settings: SetupSettings, { accountId }: SetupOptions): string {
  const lines = [
    `-- ${settings.service}, stage ${settings.stage}: bucket ${settings.stagingBucket} in ${settings.region}`,
    `-- Snowflake reads it as ${storageRoleArn(settings)}`,
  ];
  if (accountId === undefined)
    lines.push(`-- Put the bucket's AWS account in place of ${SOME_ACCOUNT}, or give --account`);
  return `${lines.join('\n')}\n`;
}

/**
 * One connection and no second try: a new session would have forgotten the role. All of it can be
 * run again.
 */
async function apply(settings: SetupSettings, steps: readonly SetupStep[]): Promise<void> {
  const credentials = await readSnowflakeEnvironment(process.env, (path) => readFile(path, 'utf8'));
  const { database, schema, warehouse, service } = settings;
  const place = { database, schema, warehouse, application: service, whenClosed: 'sessionEnds' } as const;
  const signingIn = { what: 'signing in to Snowflake', seconds: CONNECT_SECONDS };
  const connection = await withDeadline(signingIn, (signal) => connect(credentials, place, signal));
  try {
    const run: RunStatement = (sql) =>
      withDeadline({ what: 'a statement in Snowflake', seconds: STATEMENT_SECONDS }, (signal) =>
        connection.execute(sql, [], randomUUID(), signal),
      );
    const report = (line: string) => void process.stdout.write(`${printable(line)}\n`);
    await applySetup(steps, run, report);
    await checkBucket(bucketAccessOf(settings), failingAs(CHECK, run), report);
  } finally {
    await connection.close();
  }
}
