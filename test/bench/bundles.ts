import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';
import { options } from '../../esbuild.config.cjs';
import { BundledFunctions, FUNCTIONS, type FunctionName } from '../functions/bundledFunction.ts';

const run = promisify(execFile);

const BARE_CLIENTS = fileURLToPath(new URL('bareClients.ts', import.meta.url));
/**
 * A zip's headers for one file, but for its name, which stands there twice (PKWARE APPNOTE: 30 + 46
 * + 22 bytes).
 */
const ZIP_HEADERS_BYTES = 98;
/** Everything that a cold start reads. */
const ENVIRONMENT = {
  AWS_REGION: 'us-east-2',
  STAGE: 'bench',
  POWERTOOLS_SERVICE_NAME: 'cur-reactor',
  POWERTOOLS_METRICS_NAMESPACE: 'cur-reactor',
  LEDGER_TABLE: 'ledger',
  STAGING_BUCKET: 'staging',
  COPY_QUEUE: 'copy',
  MANIFEST_QUEUE: 'manifest',
  FINALIZE_QUEUE: 'finalize',
  RECONCILE_QUEUE: 'reconcile',
  QUIET_SECONDS: '300',
  MAX_WAIT_SECONDS: '7200',
  PAYER_METRICS: '20',
  SUPERSEDED_GRACE_SECONDS: '86400',
  LEASE_SECONDS: '960',
  RETRY_BASE_SECONDS: '60',
  RETRY_MAX_SECONDS: '3600',
  FINALIZE_STATEMENTS: '8',
  PARTITION_SECONDS: '240',
  SNOWFLAKE_SECRET: 'cur-reactor/prod/snowflake',
  SNOWFLAKE_DATABASE: 'CUR_REACTOR',
  SNOWFLAKE_SCHEMA: 'CUR',
  SNOWFLAKE_WAREHOUSE: 'CUR_REACTOR',
  SNOWFLAKE_ANALYTICS_WAREHOUSE: 'none',
  SNOWFLAKE_QUEUE_SECONDS: '600',
  SNOWFLAKE_ROLE: 'CUR_REACTOR',
  SNOWFLAKE_USER: 'CUR_REACTOR_FINALIZE',
  WAREHOUSE_TARGET: 'external',
  OWNER_KEY: 'user_owner',
  ENVIRONMENT_KEY: 'user_environment',
  REQUIRED_TAGS: 'user_owner',
  OWNER_DIGESTS: 'off',
  RECONCILE_CONCURRENCY: '8',
  PAYERS_TABLE: 'none',
  STALE_AFTER_HOURS: '36',
  RABBITMQ_SECRET: 'cur-reactor/prod/rabbitmq',
  RABBITMQ_VIRTUAL_HOST: 'cur-reactor-prod',
  QUEUES: 'cur-reactor-prod-copy,cur-reactor-prod-finalize',
  DEAD_LETTER_QUEUES: 'cur-reactor-prod-copy-dlq',
  RELEASE: '0.1.0+4f1c2d3e5a6b',
};
/** Lambda's runtime has opened the output before it loads a function. */
const MEASURE_LOADING = `
  process.stderr;
  process.stdout;
  const before = process.cpuUsage();
  require(process.argv[1]);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(String((user + system) / 1000));
`;

export interface BundleMeasures {
  readonly name: FunctionName;
  readonly zipBytes: number;
  /**
   * CPU time, the mean of all rounds. Time on the clock would measure what else the machine does.
   */
  readonly loadMilliseconds: number;
  /** In relation to the bare clients', as they come: with the same options, without our plugins. */
  readonly loadRatio: number;
}

/**
 * Zip size and loading time of each function. Every round loads each of them, and the bare clients,
 * in a fresh process, so that all of them meet the same machine.
 */
export async function measureBundles(functions: BundledFunctions, rounds: number): Promise<BundleMeasures[]> {
  const bare = join(functions.folder, 'bareClients.cjs');
  await build({ ...options, entryPoints: [BARE_CLIENTS], outfile: bare });
  const paths = new Map(await Promise.all(FUNCTIONS.map(async (name) => [name, await functions.path(name)] as const)));
  const sums = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    for (const path of [bare, ...paths.values()]) sums.set(path, (sums.get(path) ?? 0) + (await loadOnce(path)));
  }
  const millisecondsOf = (path: string) => (sums.get(path) ?? 0) / rounds;
  return Promise.all(
    [...paths].map(async ([name, path]) => ({
      name,
      zipBytes: await zipBytesOf(path),
      loadMilliseconds: millisecondsOf(path),
      loadRatio: millisecondsOf(path) / millisecondsOf(bare),
    })),
  );
}

const PAYERS = `
- payer: '111122223333'
  bucket: payer-cur
`;
const ROUNDS = 15;

/** The measures of all functions, a line each. */
export async function describeBundles(): Promise<string[]> {
  const functions = await BundledFunctions.create(PAYERS);
  try {
    const measures = await measureBundles(functions, ROUNDS);
    const lines = measures.map(({ name, zipBytes, loadMilliseconds, loadRatio }) => {
      const size = `${(zipBytes / 1000).toFixed(0).padStart(3)} kB zipped`;
      return `  ${name.padEnd(10)} ${size}   loads in ${loadMilliseconds.toFixed(0)} ms of CPU time   ${loadRatio.toFixed(2)} × the bare clients`;
    });
    return ['Bundles of the functions', ...lines];
  } finally {
    await functions.close();
  }
}

/**
 * The size of the zip that holds just this file, as packaging makes it: serverless-esbuild
 * compresses fast, not well.
 */
export async function zipBytesOf(path: string): Promise<number> {
  const compressed = deflateRawSync(await readFile(path), { level: 1 });
  return compressed.length + ZIP_HEADERS_BYTES + 2 * basename(path).length;
}

async function loadOnce(path: string): Promise<number> {
  const { stdout } = await run(process.execPath, ['--eval', MEASURE_LOADING, path], { env: ENVIRONMENT });
  return Number(stdout);
}
