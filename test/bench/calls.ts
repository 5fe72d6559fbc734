import { addCopyConditions } from '../adapters/s3/copyConditions.ts';
import { type AwsRequest, startFaultProxy } from '../aws/faultProxy.ts';
import type { MotoServer } from '../aws/motoServer.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';
import { type BundledFunctions, sqsEvent } from '../functions/bundledFunction.ts';
import { Deployment } from '../functions/deployment.ts';
import { exportManifest } from '../programs/local/reports.ts';

const BATCH = 10;
const FOLDER = 'cur/daily/data/BILLING_PERIOD=2026-10/';
const MANIFEST = 'cur/daily/metadata/BILLING_PERIOD=2026-10/daily-Manifest.json';

/** How many calls of AWS a delivery cost, per data file. */
export interface CallsPerFile {
  readonly copies: number;
  readonly reads: number;
  /** Items written to DynamoDB: those of a transaction count one by one. */
  readonly ledgerWrites: number;
  readonly ledgerReads: number;
  readonly sends: number;
  readonly listings: number;
}

/**
 * Delivers `files` data files and their manifest to the bundled copy function, in batches of ten as
 * SQS gives them to one warm Lambda, and counts its requests. The payers file must have payer
 * 111122223333 with `cur` in bucket `payer-cur`.
 */
export async function measureCalls(
  moto: MotoServer,
  functions: BundledFunctions,
  files: number,
): Promise<CallsPerFile> {
  const stage = await Deployment.create(moto);
  await stage.createBucket('payer-cur');
  const proxy = await startFaultProxy(moto.endpoint);
  addCopyConditions(proxy, moto.endpoint);
  try {
    const keys = Array.from(
      { length: files },
      (_, n) => `${FOLDER}daily-${String(n + 1).padStart(5, '0')}.snappy.parquet`,
    );
    const events: object[] = [];
    for (const [n, key] of keys.entries()) events.push(await stage.put('payer-cur', key, parquetBytes(1, `file ${n}`)));
    events.push(await stage.put('payer-cur', MANIFEST, exportManifest('e1', keys, 'payer-cur')));
    const batches = Array.from({ length: Math.ceil(events.length / BATCH) }, (_, n) =>
      sqsEvent(Object.fromEntries(events.slice(n * BATCH, (n + 1) * BATCH).map((event, m) => [`m${n}-${m}`, event]))),
    );
    const environment = { ...stage.environment, AWS_ENDPOINT_URL: proxy.endpoint };
    const { answers, output } = await functions.run('copy', environment, batches);
    const failed = answers.length < batches.length || JSON.stringify(answers).includes('itemIdentifier');
    if (failed) throw new Error(`the copy function did not take the whole delivery: ${output.slice(-2000)}`);
    return count(proxy.requests, files);
  } finally {
    await proxy.close();
  }
}

function count(requests: readonly AwsRequest[], files: number): CallsPerFile {
  const perFile = (cost: (request: AwsRequest) => number) =>
    requests.reduce((sum, request) => sum + cost(request), 0) / files;
  const isOf =
    (...operations: string[]) =>
    (request: AwsRequest) =>
      Number(operations.includes(request.operation ?? ''));
  return {
    copies: perFile(({ method, headers }) => Number(method === 'PUT' && 'x-amz-copy-source' in headers)),
    reads: perFile(({ method, path }) => Number(method === 'GET' && !path.includes('list-type'))),
    ledgerWrites: perFile((request) => {
      if (request.operation !== 'TransactWriteItems') return isOf('PutItem', 'UpdateItem', 'DeleteItem')(request);
      return JSON.parse(request.body).TransactItems.length;
    }),
    ledgerReads: perFile(isOf('GetItem', 'Query', 'BatchGetItem')),
    sends: perFile(isOf('SendMessage', 'SendMessageBatch')),
    listings: perFile(({ path }) => Number(path.includes('list-type'))),
  };
}
