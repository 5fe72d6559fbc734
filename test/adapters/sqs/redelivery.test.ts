import { afterAll, beforeAll, expect, it } from 'vitest';
import { queueUrlOf } from '../../../src/adapters/sqs/queue.ts';
import { SqsRedelivery } from '../../../src/adapters/sqs/redelivery.ts';
import { type MotoServer, startMotoServer } from '../../aws/motoServer.ts';
import { createSqsWorld, type SqsWorld } from './sqsWorld.ts';

let moto: MotoServer;
let world: SqsWorld;
let redelivery: SqsRedelivery;
beforeAll(async () => {
  moto = await startMotoServer();
  world = await createSqsWorld(moto);
  redelivery = new SqsRedelivery(world.client, queueUrlOf(world.client, world.queueName));
});
afterAll(async () => {
  await world?.close();
  await moto?.close();
});

async function receiveOne() {
  const [message] = await world.receiveRaw();
  const { ReceiptHandle: receiptHandle = '', Body: body = '', Attributes = {} } = message ?? {};
  return { receiptHandle, body, group: Attributes.MessageGroupId, receives: Attributes.ApproximateReceiveCount };
}

it('a message is shown again before its visibility timeout is over, as the same message', async () => {
  await world.queue.send([{ body: { n: 1 }, group: 'payer-1' }]);
  await redelivery.showAgain(await receiveOne(), 0);
  expect(await receiveOne()).toMatchObject({ body: '{"n":1}', group: 'payer-1', receives: '2' });
});

it('a message is sent again with its body and its group, and its receives are counted from the start', async () => {
  await redelivery.sendAgain({ receiptHandle: '', body: '{"n":2}', group: 'payer-2' }, 0);
  expect(await receiveOne()).toMatchObject({ body: '{"n":2}', group: 'payer-2', receives: '1' });
});

it('what SQS refuses is thrown: the message comes back after its visibility timeout', async () => {
  await expect(redelivery.showAgain({ receiptHandle: 'none', body: '{}' }, 10)).rejects.toThrow();
});
