import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Queue } from '../../src/queue/queue.ts';
import { eventually } from '../eventually.ts';

/**
 * One implementation with an empty queue, its dead letters, and a clock that the suite may move.
 */
export interface QueueHarness {
  readonly queue: Queue<unknown>;
  /** How often a message is received before it becomes a dead letter: 2 or more. */
  readonly maxReceives: number;
  /** Messages that can be had now, 10 at most. Once it answers none, there are none. */
  receive(): Promise<ReceivedMessage[]>;
  acknowledge(receipt: string): Promise<void>;
  /** Makes a received message visible again at once. */
  release(receipt: string): Promise<void>;
  /** Lets seconds go by: a clock in the test's hands, or waiting. */
  elapse(seconds: number): Promise<void>;
  /** Longer than a received message stays hidden. */
  readonly pastVisibilitySeconds: number;
  /** Longer than a few calls take. */
  readonly delaySeconds: number;
  deadBodies(): Promise<unknown[]>;
  close(): Promise<void>;
}

export interface ReceivedMessage {
  readonly body: unknown;
  readonly receipt: string;
  readonly receiveCount: number;
}

/**
 * The rules that every queue keeps, checked on a fresh harness each. They promise no order: SQS has
 * none.
 */
export function describeQueueContract(name: string, makeHarness: () => Promise<QueueHarness>): void {
  describe(`${name} as a queue`, () => {
    let harness: QueueHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(() => harness.close());

    const receiveAll = async (): Promise<ReceivedMessage[]> => {
      const all: ReceivedMessage[] = [];
      for (let some = await harness.receive(); some.length > 0; some = await harness.receive()) all.push(...some);
      return all;
    };
    const only = async (): Promise<ReceivedMessage> => {
      const [message, ...others] = await receiveAll();
      if (message === undefined || others.length > 0) throw new Error('expected one message');
      return message;
    };

    it('every message of a large batch arrives, and acknowledged ones are gone', async () => {
      const sent = Array.from({ length: 25 }, (_, n) => ({ n }));
      await harness.queue.send(sent.map((body) => ({ body })));
      const received = await receiveAll();
      expect(received.map(({ body }) => JSON.stringify(body)).sort()).toEqual(
        sent.map((n) => JSON.stringify(n)).sort(),
      );
      expect(received.every(({ receiveCount }) => receiveCount === 1)).toBe(true);
      for (const { receipt } of received) await harness.acknowledge(receipt);
      await harness.elapse(harness.pastVisibilitySeconds);
      expect(await receiveAll()).toEqual([]);
      expect(await harness.deadBodies()).toEqual([]);
    });

    it('sending nothing is no error', async () => {
      await harness.queue.send([]);
      expect(await receiveAll()).toEqual([]);
    });

    it('a body comes back as it was, also with characters that SQS refuses in raw text', async () => {
      const body = { key: `a+b%20 é🙂"\\\n\u0000\ud800\ufffe\uffff`, list: [1, null, true, { deep: [] }], n: 1e-7 };
      await harness.queue.send([{ body }]);
      expect((await only()).body).toEqual(body);
    });

    it('a delayed message arrives after its delay and not before', async () => {
      await harness.queue.send([{ body: 'later', delaySeconds: harness.delaySeconds }, { body: 'now' }]);
      expect((await only()).body).toBe('now');
      await harness.elapse(harness.delaySeconds);
      expect((await eventually(only)).body).toBe('later');
    });

    it('a message that is received is hidden, and comes again if nobody acknowledges it', async () => {
      await harness.queue.send([{ body: 'x' }]);
      expect((await only()).receiveCount).toBe(1);
      expect(await harness.receive()).toEqual([]);
      await harness.elapse(harness.pastVisibilitySeconds);
      const again = await eventually(only);
      expect([again.body, again.receiveCount]).toEqual(['x', 2]);
    });

    it('a message that is received too often becomes a dead letter with its body', async () => {
      await harness.queue.send([{ body: { poison: 1 } }]);
      for (let count = 1; count <= harness.maxReceives; count++) {
        const message = await only();
        expect(message.receiveCount).toBe(count);
        await harness.release(message.receipt);
      }
      expect(await receiveAll()).toEqual([]);
      expect(await harness.deadBodies()).toEqual([{ poison: 1 }]);
    });

    it('messages of every group arrive', async () => {
      await harness.queue.send(
        ['a', 'b', undefined, 'a'].map((group) => ({ body: group ?? 'none', ...(group && { group }) })),
      );
      expect((await receiveAll()).map(({ body }) => body).sort()).toEqual(['a', 'a', 'b', 'none']);
    });

    it.each([-1, 901, 1.5, Number.NaN])(
      'a delay of %d seconds is refused by its value, and nothing is sent',
      async (delaySeconds) => {
        const send = harness.queue.send([{ body: 'fine' }, { body: 'wrong', delaySeconds }]);
        await expect(send).rejects.toThrow(RangeError);
        await expect(send).rejects.toThrow(String(delaySeconds));
        expect(await receiveAll()).toEqual([]);
      },
    );
  });
}
