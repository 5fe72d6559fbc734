import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { queueUrlOf, SqsQueue } from '../../../src/adapters/sqs/queue.ts';
import { type AwsRequest, type Fault, type FaultProxy, startFaultProxy } from '../../aws/faultProxy.ts';
import { type MotoServer, startMotoServer } from '../../aws/motoServer.ts';
import { describeQueueContract } from '../../queue/queueContract.ts';
import { createSqsWorld, type SqsWorld } from './sqsWorld.ts';

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMotoServer();
});
afterAll(() => moto.close());

describeQueueContract('SqsQueue', () => createSqsWorld(moto));

describe('SqsQueue', () => {
  let world: SqsWorld;
  let proxy: FaultProxy;
  let client: SQSClient;
  let queue: SqsQueue<unknown>;
  let waited: number[];
  beforeEach(async () => {
    world = await createSqsWorld(moto);
    proxy = await startFaultProxy(moto.endpoint);
    client = new SQSClient({ ...moto.clientConfig, endpoint: proxy.endpoint, maxAttempts: 1 });
    waited = [];
    queue = new SqsQueue(client, queueUrlOf(client, world.queueName), async (attempt) => void waited.push(attempt));
  });
  afterEach(async () => {
    client.destroy();
    await proxy.close();
    await world.close();
  });

  const batches = () => proxy.requests.filter(({ operation }) => operation === 'SendMessageBatch');
  const entries = ({ body }: AwsRequest): { Id: string; MessageBody: string }[] => JSON.parse(body).Entries;
  const bodies = async () => (await world.receive()).map(({ body }) => body).sort();
  /** SQS's answer to a batch: which entries it took, and why not the others. */
  const answering = (
    failed: readonly { Id: string; SenderFault: boolean; Code: string; Message?: string }[],
    taken: readonly { Id: string; MessageBody: string }[] = [],
  ): Fault => {
    const Successful = taken.map(({ Id, MessageBody }) => ({
      Id,
      MessageId: Id,
      MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
    }));
    const headers = { 'content-type': 'application/x-amz-json-1.0' };
    return { status: 200, headers, body: JSON.stringify({ Successful, Failed: failed }) };
  };
  const error = (code: string): Fault => ({
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: code }),
  });
  const batchesAnswer = (answer: (request: AwsRequest) => Fault) => {
    proxy.decide = (request) => (request.operation === 'SendMessageBatch' ? answer(request) : undefined);
  };

  it('a group becomes the message group, and a message without one has none', async () => {
    await queue.send([
      { body: 'of a payer', group: '111122223333' },
      { body: 'of a period', group: '2026-04' },
      { body: 'of none' },
    ]);
    const groupOf = new Map(
      (await world.receiveRaw()).map(({ Body, Attributes }) => [Body, Attributes?.MessageGroupId]),
    );
    expect(groupOf.size).toBe(3);
    expect(['"of a payer"', '"of a period"', '"of none"'].map((body) => groupOf.get(body))).toEqual([
      '111122223333',
      '2026-04',
      undefined,
    ]);
  });

  it('messages go ten at a time, and the queue is looked up once', async () => {
    await queue.send(Array.from({ length: 95 }, (_, n) => ({ body: n })));
    await queue.send([{ body: 95 }]);
    expect(batches().map((batch) => entries(batch).length)).toEqual([...Array.from({ length: 9 }, () => 10), 5, 1]);
    const sent = batches().flatMap((batch) => entries(batch).map(({ MessageBody }) => Number(MessageBody)));
    expect(sent.sort((a, b) => a - b)).toEqual(Array.from({ length: 96 }, (_, n) => n));
    expect(proxy.requests.filter(({ operation }) => operation === 'GetQueueUrl')).toHaveLength(1);
  });

  it('sending nothing asks nothing of SQS', async () => {
    await queue.send([]);
    expect(proxy.requests).toEqual([]);
  });

  it('what SQS failed to take is sent again, after a wait, and nothing else is', async () => {
    batchesAnswer((request) => {
      if (batches().length > 1) return undefined;
      const taken = entries(request).filter(({ Id }) => Id !== '1');
      return answering([{ Id: '1', SenderFault: false, Code: 'InternalError' }], taken);
    });
    await queue.send(['a', 'b', 'c'].map((body) => ({ body })));
    expect(batches().map((batch) => entries(batch).map(({ MessageBody }) => MessageBody))).toEqual([
      ['"a"', '"b"', '"c"'],
      ['"b"'],
    ]);
    expect([waited, await bodies()]).toEqual([[1], ['b']]);
  });

  it('what SQS never takes is an error that counts it and names the first reason', async () => {
    const reason = { SenderFault: false, Code: 'InternalError', Message: 'no room' };
    batchesAnswer((request) => answering(entries(request).map(({ Id }) => ({ Id, ...reason }))));
    const send = queue.send(Array.from({ length: 12 }, (_, body) => ({ body })));
    await expect(send).rejects.toThrow('SQS has not taken 12 of 12 messages: InternalError: no room');
    expect(batches()).toHaveLength(2 * 5);
  });

  it('what SQS refuses for good is not sent again, while the rest of the batch is', async () => {
    batchesAnswer((request) => {
      if (entries(request).length === 1) return undefined;
      return answering([
        { Id: '0', SenderFault: true, Code: 'InvalidMessageContents' },
        { Id: '1', SenderFault: false, Code: 'InternalError' },
      ]);
    });
    const send = queue.send([{ body: 'bad' }, { body: 'good' }]);
    await expect(send).rejects.toThrow('SQS has not taken 1 of 2 messages: InvalidMessageContents');
    expect(await bodies()).toEqual(['good']);
  });

  it('an entry that the answer leaves out was not taken', async () => {
    batchesAnswer(() => (batches().length === 1 ? answering([]) : undefined));
    await queue.send([{ body: 'x' }]);
    expect([batches().length, await bodies()]).toEqual([2, ['x']]);
  });

  it('a request that SQS refuses as a whole is its own error', async () => {
    batchesAnswer(() => error('AccessDeniedException'));
    await expect(queue.send([{ body: 'x' }])).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('a body beyond 1 MiB is refused before anything is sent', async () => {
    const send = queue.send([{ body: 'fine' }, { body: 'é'.repeat(512 * 1024) }]);
    await expect(send).rejects.toThrow(new RangeError('a message body must have 1048576 bytes at most, got 1048578'));
    await expect(queue.send([{ body: 'fine' }, { body: undefined }])).rejects.toThrow(TypeError);
    expect(proxy.requests).toEqual([]);
  });

  it('the largest body that SQS takes arrives', async () => {
    const body = 'x'.repeat(1024 * 1024 - 2);
    await queue.send([{ body: 'small' }, { body }]);
    const received = (await world.receive()).map(({ body }) => (body === 'small' ? body : String(body).length));
    expect(new Set(received)).toEqual(new Set(['small', body.length]));
  });

  it('a look-up of the queue that failed is made again at the next send', async () => {
    proxy.decide = () => error('QueueDoesNotExist');
    const sends = [queue.send([{ body: 'x' }]), queue.send([{ body: 'y' }])];
    for (const send of sends) await expect(send).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
    expect(proxy.requests).toHaveLength(1);
    proxy.decide = () => undefined;
    await queue.send([{ body: 'z' }]);
    expect(await bodies()).toEqual(['z']);
  });
});
