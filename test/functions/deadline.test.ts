import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bundle } from '../../esbuild.config.cjs';
import { startFaultProxy } from '../aws/faultProxy.ts';
import { startMotoServer } from '../aws/motoServer.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';
import { BundledFunctions, sqsEvent, startFunction } from './bundledFunction.ts';
import { Deployment } from './deployment.ts';

const PAYERS = `
- payer: '111122223333'
  bucket: payer-cur
  prefix: cur
  bucketOwner: self
`;
const SOURCE = fileURLToPath(new URL('copyWithinSeconds.ts', import.meta.url));

it('a message whose time is up begins no request to S3 any more, also when what it waited for comes', async () => {
  const [server, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(PAYERS)]);
  const proxy = await startFaultProxy(server.endpoint);
  const path = join(functions.folder, 'copyWithinSeconds.cjs');
  await bundle(SOURCE, path, { payersFile: join(functions.folder, 'payers.yml') });
  const stage = await Deployment.create(server);
  await stage.createBucket('payer-cur');
  const put = (file: string) =>
    stage.put('payer-cur', `cur/daily/data/BILLING_PERIOD=2026-10/${file}`, parquetBytes(1));
  const [slow, quick] = [await put('slow.parquet'), await put('quick.parquet')];
  const requestsFor = (file: string) => proxy.requests.filter((request) => request.path.includes(file));
  const goesOn = Promise.withResolvers<void>();
  proxy.decide = async ({ path: asked }) => {
    if (asked.includes('slow')) await goesOn.promise;
    return undefined;
  };
  const copy = startFunction(path, { ...stage.environment, AWS_ENDPOINT_URL_S3: proxy.endpoint });
  const late = await copy.invoke(sqsEvent({ slow }));
  goesOn.resolve();
  const next = await copy.invoke(sqsEvent({ quick }));
  await copy.end();
  await Promise.all([proxy.close(), server.close(), functions.close()]);

  expect(late).toEqual({ answer: { batchItemFailures: [{ itemIdentifier: 'slow' }] } });
  expect(next).toEqual({ answer: { batchItemFailures: [] } });
  expect(requestsFor('quick').map(({ method }) => method)).toContain('PUT');
  expect(requestsFor('slow').map(({ method }) => method)).toEqual(['GET']);
});
