import { expect, it } from 'vitest';
import { type CopyRequest, copyRequest } from '../../src/queue/copyMessage.ts';
import { CopyQueues } from '../../src/queue/copyQueues.ts';
import type { Queue, QueueMessage } from '../../src/queue/queue.ts';

const FILE = 'cur/daily/data/BILLING_PERIOD=2026-10/daily-00001.snappy.parquet';
const MANIFEST = 'cur/daily/metadata/BILLING_PERIOD=2026-10/daily-Manifest.json';

function recording(): { readonly queue: Queue<CopyRequest>; readonly sent: (readonly QueueMessage<CopyRequest>[])[] } {
  const sent: (readonly QueueMessage<CopyRequest>[])[] = [];
  return { queue: { send: async (messages) => void sent.push(messages) }, sent };
}

const request = (kind: CopyRequest['kind'], key: string) => ({
  body: copyRequest(kind, { bucket: 'payer-cur', key }),
  group: '111122223333',
});

it('requests for manifests go to the queue of manifests, all others to that of files, each with what it has', async () => {
  const [files, manifests] = [recording(), recording()];
  const [file, again, look] = [request('copy', FILE), request('restore-copy', FILE), request('second-look', MANIFEST)];
  const found = request('discovered', MANIFEST);
  const later = { ...look, delaySeconds: 300 };
  await new CopyQueues(files.queue, manifests.queue).send([file, later, again, found]);
  expect(files.sent).toEqual([[file, again]]);
  expect(manifests.sent).toEqual([[later, found]]);
});

it('a queue that gets nothing is not asked', async () => {
  const [files, manifests] = [recording(), recording()];
  const queues = new CopyQueues(files.queue, manifests.queue);
  await queues.send([]);
  await queues.send([request('copy', FILE)]);
  expect([files.sent.length, manifests.sent.length]).toEqual([1, 0]);
});
