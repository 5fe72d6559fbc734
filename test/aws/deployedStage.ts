import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { addCopyConditions } from '../adapters/s3/copyConditions.ts';
import { type PackagedStage, packageStage } from '../resources/packaged.ts';
import { type AwsRequest, type Fault, type FaultProxy, startFaultProxy } from './faultProxy.ts';
import { type MotoServer, startMotoServer } from './motoServer.ts';

const run = promisify(execFile);
const STAGE = 'dev';
/** In place of the made-up one, which nobody can deploy. */
const PARAMS = { stagingBucket: 'wiring-cur-staging' };
const TIMEOUT_MS = 500_000;

/** A stage that was packaged and deployed, as a person does it, to moto's server. */
export interface DeployedStage {
  readonly moto: MotoServer;
  readonly packaged: PackagedStage;
  /** In front of moto; what speaks to it meets S3's conditions of copies. */
  readonly proxy: FaultProxy;
  /** What `sls deploy` said. */
  readonly said: string;
  /** `sls invoke local`, as a person types it: what it printed. */
  readonly invokeLocal: (functionName: string, input: object) => Promise<string>;
  /** The environment that the template gives a function, and where the server is. */
  readonly environmentOf: (functionName: string) => Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Packages the stage `dev` with these payers (`sls package`), deploys what was packaged (`sls
 * deploy --package`) to moto's server, and stops Lambda there from taking messages: moto would run
 * the functions in containers.
 */
export async function deployStage(payersYaml: string): Promise<DeployedStage> {
  const [moto, packaged] = await Promise.all([startMotoServer(), packageWith(payersYaml)]);
  const proxy = await startFaultProxy(moto.endpoint);
  addCopyConditions(proxy, moto.endpoint, stackQuestions);
  const env = { ...moto.env, AWS_ENDPOINT_URL: proxy.endpoint };
  const close = async () => {
    await proxy.close();
    await moto.close();
    await packaged.remove();
  };
  try {
    const sls = (...args: string[]) => framework(packaged, env, args);
    const said = await sls('deploy', '--package', packaged.directory);
    await stopEventSources(moto);
    const environmentOf = (name: string) => ({ ...environmentIn(packaged, name), ...env });
    const invokeLocal = (name: string, input: object) =>
      sls('invoke', 'local', '--function', name, '--data', JSON.stringify(input));
    return { moto, packaged, proxy, said, environmentOf, invokeLocal, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function packageWith(payersYaml: string): Promise<PackagedStage> {
  const change = (tree: string) => writeFile(join(tree, 'resources/payers.yml'), payersYaml);
  return packageStage(STAGE, { params: PARAMS, change });
}

/** Runs the framework in the folder that the stage was packaged in; answers all that it said. */
async function framework(
  { directory }: PackagedStage,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<string> {
  const tree = join(directory, '..');
  const script = join(tree, 'node_modules/serverless/bin/serverless.js');
  const given = Object.entries(PARAMS).map(([name, value]) => `--param=${name}=${value}`);
  const environment = { PATH: process.env.PATH, HOME: tree, TMPDIR: tree, ...env };
  const options = { cwd: tree, env: environment, timeout: TIMEOUT_MS };
  const { stdout, stderr } = await run(process.execPath, [script, ...args, '--stage', STAGE, ...given], options);
  return `${stdout}${stderr}`;
}

/**
 * Two questions that the framework asks beside deploying, which moto answers otherwise than AWS: it
 * takes a linter's warnings for errors, and fails to list a stack with resources that it does not
 * know.
 */
function stackQuestions({ body }: AwsRequest): Fault {
  const action = /(?:^|&)Action=(ValidateTemplate|ListStackResources)(?:&|$)/.exec(body)?.[1];
  if (action === undefined) return undefined;
  const empty = action === 'ValidateTemplate' ? '<Parameters/>' : '<StackResourceSummaries/>';
  const answer = `<${action}Response><${action}Result>${empty}</${action}Result></${action}Response>`;
  return { status: 200, headers: { 'content-type': 'text/xml' }, body: answer };
}

async function stopEventSources({ clientConfig }: MotoServer): Promise<void> {
  const client = new LambdaClient(clientConfig);
  const { EventSourceMappings = [] } = await client.send(new ListEventSourceMappingsCommand({}));
  for (const { UUID } of EventSourceMappings) {
    await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  }
  client.destroy();
}

function environmentIn({ template }: PackagedStage, name: string): Record<string, string> {
  const resource = `${name[0]?.toUpperCase()}${name.slice(1)}LambdaFunction`;
  const properties = template.Resources[resource]?.Properties as { Environment?: { Variables?: object } } | undefined;
  const variables = Object.entries(properties?.Environment?.Variables ?? {});
  return Object.fromEntries(variables.map(([key, value]) => [key, String(value)]));
}
