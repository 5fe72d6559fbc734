import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startFaultProxy } from '../aws/faultProxy.ts';
import type { MotoServer } from '../aws/motoServer.ts';
import { type BundledFunctions, sqsEvent } from '../functions/bundledFunction.ts';
import { Deployment } from '../functions/deployment.ts';
import { reportFile, widestFile } from './stagingFiles.ts';
import type { Announced, Order, Took, Work } from './stagingProcess.ts';

const PROCESS = fileURLToPath(new URL('stagingProcess.ts', import.meta.url));
const SOURCE = 'payer-cur';
const FOLDER = 'cur/daily/data/BILLING_PERIOD=2026-10/';
/** As the copy queue delivers them. */
const BATCH = 10;
/** The first ones also pay for what the engine compiles. */
const ROUNDS = 5;
const WORKS: readonly Work[] = ['staging', 'CopyObject', 'and a ranged read', 'and DynamoDB'];

/** What something costs a file, in the round in which it took the least CPU. */
interface Cost {
  readonly cpuMs: number;
  readonly filesPerSecond: number;
  readonly s3Requests: number;
  readonly ledgerRequests: number;
}

type Costs = ReadonlyMap<Work, Cost>;

/**
 * Stages about so many files by the bundled copy function, in batches of ten, and has the same
 * process do parts of that by its clients alone, in turns, so that a machine that is busy with
 * other things disturbs all alike. Answers what it found, in lines. The payers file must have payer
 * 111122223333 with `cur` in bucket `payer-cur`.
 */
export async function measureStaging(
  moto: MotoServer,
  functions: BundledFunctions,
  files: number,
): Promise<readonly string[]> {
  const stage = await Deployment.create(moto);
  await stage.createBucket(SOURCE);
  const bundle = await functions.path('copy');
  const reports = Array.from({ length: BATCH }, (_, nth) => reportFile(nth));
  const contents = reports.map(({ bytes }) => bytes);
  const batches = Math.max(1, Math.round(files / ROUNDS / BATCH));
  const widest = widestFile();
  const kilobytes = (bytes = 0) => `${Math.round(bytes / 1000)} kB`;
  const costs = await measureRounds(moto, stage, bundle, { contents, batches });
  const usualMiB = await peakMiBOf(stage, bundle, 'usual', contents);
  const widestMiB = await peakMiBOf(
    stage,
    bundle,
    'widest',
    Array.from({ length: BATCH }, () => widest.bytes),
  );
  return [
    `Staging ${ROUNDS * batches * BATCH} files of ${reports[0]?.columns} columns and ${kilobytes(contents[0]?.length)}, in batches of ${BATCH}`,
    ...WORKS.flatMap((work) => costLine(work, costs.get(work))),
    '  CPU is that of one process, in the best of its rounds.',
    `  One batch takes ${usualMiB} MiB of memory at its peak; one of footers of ${kilobytes(widest.footerBytes)} and`,
    `  ${widest.columns} columns ${widestMiB} MiB.`,
  ];
}

const LABELS: Readonly<Record<Work, string>> = {
  staging: 'the copy function',
  CopyObject: 'its clients alone: CopyObject',
  'and a ranged read': '  … and a ranged GetObject',
  'and DynamoDB': '  … and as many requests to DynamoDB',
};

function costLine(work: Work, cost: Cost | undefined): string[] {
  if (!cost) return [];
  const requests = `${cost.s3Requests.toFixed(1)} requests to S3, ${cost.ledgerRequests.toFixed(1)} to DynamoDB`;
  const rate = `${cost.filesPerSecond.toFixed(0)} files a second`;
  return [`  ${LABELS[work].padEnd(38)} ${cost.cpuMs.toFixed(2)} ms of CPU a file, ${requests}, ${rate}`];
}

/**
 * A proxy keeps the process' connections, as AWS does: moto's server ends each after one request.
 */
async function measureRounds(
  moto: MotoServer,
  stage: Deployment,
  bundle: string,
  { contents, batches }: { readonly contents: readonly Uint8Array[]; readonly batches: number },
): Promise<Costs> {
  const best = new Map<Work, Cost>();
  const proxy = await startFaultProxy(moto.endpoint);
  const process = startProcess(bundle, { ...stage.environment, AWS_ENDPOINT_URL: proxy.endpoint });
  for (let round = 0; round < ROUNDS; round += 1) {
    const delivered = await deliver(stage, `round-${round}`, batches, contents);
    let ledgerRequests = 0;
    for (const work of WORKS) {
      const took = await process.order({ work, batches: delivered, ledgerRequests });
      if (work === 'staging') ledgerRequests = Math.round(took.ledgerRequests / batches);
      const cost = costOf(took, batches * BATCH);
      if (cost.cpuMs < (best.get(work)?.cpuMs ?? Number.POSITIVE_INFINITY)) best.set(work, cost);
    }
    proxy.requests.length = 0;
  }
  process.end();
  await proxy.close();
  return best;
}

/** The most memory that a process takes for one batch of these, its start included. */
async function peakMiBOf(stage: Deployment, bundle: string, name: string, contents: readonly Uint8Array[]) {
  const batches = await deliver(stage, name, 1, contents);
  const process = startProcess(bundle, stage.environment);
  const { peakMiB } = await process.order({ work: 'staging', batches, ledgerRequests: 0 });
  process.end();
  return Math.round(peakMiB);
}

function costOf({ cpuMs, seconds, s3Requests, ledgerRequests }: Took, files: number): Cost {
  return {
    cpuMs: cpuMs / files,
    filesPerSecond: files / seconds,
    s3Requests: s3Requests / files,
    ledgerRequests: ledgerRequests / files,
  };
}

/** Puts batches of these files at the source, under names that begin with `name`. */
async function deliver(
  stage: Deployment,
  name: string,
  batches: number,
  contents: readonly Uint8Array[],
): Promise<Announced[][]> {
  const delivered: Announced[][] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    delivered.push(
      await Promise.all(
        contents.map(async (bytes, nth) => {
          const key = `${FOLDER}${name}-${batch}-${nth}.snappy.parquet`;
          const [record] = sqsEvent({ [`${name}-${batch}-${nth}`]: await stage.put(SOURCE, key, bytes) }).Records;
          if (!record) throw new Error(`nothing announces ${key}`);
          return { bucket: SOURCE, key, record };
        }),
      ),
    );
  }
  return delivered;
}

/** A process that stands for one warm Lambda. */
function startProcess(bundle: string, environment: Readonly<Record<string, string>>) {
  const settings = {
    QUIET_SECONDS: '300',
    MAX_WAIT_SECONDS: '7200',
    PAYER_METRICS: '20',
    POWERTOOLS_LOG_LEVEL: 'INFO',
  };
  const child = fork(PROCESS, [bundle], { env: { ...environment, ...settings }, silent: true, execArgv: [] });
  let words = '';
  child.stdout?.resume();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2000);
  });
  const exited = once(child, 'exit');
  return {
    /** Throws an Error with the last words of a process that has ended, or failed at a file. */
    async order(order: Order): Promise<Took> {
      const answered = once(child, 'message');
      child.send(order);
      const [took] = (await Promise.race([answered, exited])) as [Took | number | null];
      if (typeof took !== 'object' || took === null) throw new Error(`the process ended: ${words}`);
      if (took.failed > 0) throw new Error(`${order.work} failed at ${took.failed} files: ${words}`);
      return took;
    },
    end: () => child.disconnect(),
  };
}
