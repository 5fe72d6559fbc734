import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createS3Client } from '../../adapters/s3/client.ts';
import {
  CredentialsInvalid,
  readSnowflakeEnvironment,
  type SnowflakeCredentials,
} from '../../adapters/snowflake/credentials.ts';
import { openSession, type Session } from '../../adapters/snowflake/session.ts';
import { loadScript } from '../../analytics/script.ts';
import { UsageError } from '../../base/commandLine.ts';
import { withDeadline } from '../../base/deadline.ts';
import { printable } from '../../base/printable.ts';
import { readStageSettings, SettingsInvalid, type StageSettings } from '../packaging/stageSettings.ts';
import { accountQuestions } from './accountQuestions.ts';
import { type Answered, askAll } from './askAll.ts';
import { blockQuestions, outlivingQuestion } from './blockQuestions.ts';
import { fileQuestions } from './fileQuestions.ts';
import { createGround, type Ground, scratchSchema } from './ground.ts';
import { Interrupted, interruption } from './interruption.ts';
import { loadQuestions } from './loadQuestions.ts';
import { pruningQuestions } from './pruningQuestions.ts';
import type { Asker, Question, VerifiedStage } from './question.ts';
import { documentOf, isWell, lineOf } from './report.ts';
import { createRunFiles, type StagingFolder } from './runFiles.ts';
import { typeQuestions } from './typeQuestions.ts';
import { verifiedStage, warehouseStatements } from './verifiedStage.ts';
import { HELP, parseVerifyOptions, type VerifyOptions } from './verifyOptions.ts';

const PROJECT = new URL('../../../', import.meta.url);
/** Who owns the database, as sql/02_database.sql says. */
const ADMINISTRATOR = 'SYSADMIN';

const CONNECT_SECONDS = 30;
const STATEMENT_SECONDS = 60;
const LOCK_SECONDS = 30;
const QUESTION_SECONDS = 90;
const CLEAR_SECONDS = 60;

const EXIT_TROUBLE = 1;
const EXIT_USAGE = 2;
const EXIT_FOUND = 3;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseVerifyOptions(args);
    if (options !== 'help') return await verify(options);
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) return error.status;
    note(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    const isUsage = [UsageError, SettingsInvalid, RangeError, CredentialsInvalid].some((kind) => error instanceof kind);
    if (!isUsage) return EXIT_TROUBLE;
    note('npm run snowflake:verify -- --help lists the options');
    return EXIT_USAGE;
  }
}

/** What a run knows before it signs in. */
interface Run {
  readonly name: string;
  readonly settings: StageSettings;
  readonly stage: VerifiedStage;
  readonly warehouse: readonly string[];
  readonly files: StagingFolder;
  readonly openSession: (asker: Asker) => Promise<Session>;
}

async function verify(options: VerifyOptions): Promise<number> {
  const settings = readStageSettings(await readFile(new URL('serverless.yml', PROJECT), 'utf8'), options.stage);
  const questions = chosen(options);
  const credentials = await readSnowflakeEnvironment(process.env, (path) => readFile(path, 'utf8'));
  const run = await prepare(settings, credentials);
  const interrupted = interruption(() => note('stopping: what this run has made is removed'));
  const session = await run.openSession('administrator');
  const ground = createGround({ ...run, session, schema: settings.schema, run: run.name });
  try {
    (await ground.clearLeft()).forEach(note);
    const answered = await ask(questions, options, { run, ground, interrupted });
    if (options.json) process.stdout.write(documentOf(options.stage, answered));
    return isWell(answered) ? 0 : EXIT_FOUND;
  } finally {
    try {
      const clearing = { what: 'removing what this run has made (the next one does it)', seconds: CLEAR_SECONDS };
      (await withDeadline(clearing, () => ground.clear(Date.now()))).forEach(note);
    } finally {
      await session.close();
    }
  }
}

function ask(
  questions: readonly Question[],
  { json }: VerifyOptions,
  { run, ground, interrupted }: { readonly run: Run; readonly ground: Ground; readonly interrupted: AbortSignal },
): Promise<Answered[]> {
  const { stage, files } = run;
  const { scratch, samples } = ground;
  const shared = { stage, run: run.name, files, scratch, samples, openSession: run.openSession };
  return askAll(questions, { ...shared, interrupted, questionSeconds: QUESTION_SECONDS }, (answered) => {
    if (!json) process.stdout.write(lineOf(answered));
  });
}

function chosen({ only, slowMinutes }: VerifyOptions): readonly Question[] {
  const all = [
    ...accountQuestions,
    ...typeQuestions,
    ...fileQuestions,
    ...loadQuestions,
    ...pruningQuestions,
    ...blockQuestions,
    ...(slowMinutes === undefined ? [] : [outlivingQuestion(slowMinutes)]),
  ];
  if (only === undefined) return all;
  const one = all.filter(({ id }) => id === only);
  if (one.length > 0) return one;
  throw new UsageError(`--only must be one of ${all.map(({ id }) => id).join(', ')}, got ${JSON.stringify(only)}`);
}

async function prepare(settings: StageSettings, credentials: SnowflakeCredentials): Promise<Run> {
  const name = randomBytes(8).toString('hex');
  const readScript = (file: string) => loadScript(fileURLToPath(new URL(`sql/${file}`, PROJECT)));
  const stage = await verifiedStage(settings, readScript);
  const scratch = { ...settings, schema: scratchSchema(settings.schema, name) };
  return {
    name,
    settings,
    stage,
    warehouse: await warehouseStatements(scratch, readScript),
    files: createRunFiles(createS3Client({ region: settings.region }), settings.stagingBucket, name),
    openSession: (asker) => open(settings, { ...credentials, role: roleOf(stage, asker) }),
  };
}

function roleOf({ role, readerRole }: VerifiedStage, asker: Asker): string {
  return { administrator: ADMINISTRATOR, reactor: role, reader: readerRole }[asker];
}

async function open(settings: StageSettings, credentials: SnowflakeCredentials): Promise<Session> {
  const { database, schema, warehouse, service } = settings;
  const session = await openSession({
    readCredentials: async () => credentials,
    database,
    schema,
    warehouse,
    application: service,
    queryTag: `${service} verify`,
    statementTimeoutSeconds: STATEMENT_SECONDS,
    lockTimeoutSeconds: LOCK_SECONDS,
    deadlines: { connectSeconds: CONNECT_SECONDS, statementSeconds: STATEMENT_SECONDS },
  });
  // Else whatever the user may do by another role would pass for what this one may.
  await session.run('use secondary roles none');
  return session;
}

function note(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}
