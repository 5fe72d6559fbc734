import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consume } from '../../../src/adapters/memory/consume.ts';
import { type Due, DueHeap } from '../../../src/adapters/memory/dueHeap.ts';
import { MemoryQueue, type SetTimer } from '../../../src/adapters/memory/queue.ts';
import { describeQueueContract } from '../../queue/queueContract.ts';

describeQueueContract('MemoryQueue', async () => {
  const clock = makeClock();
  const queue = new MemoryQueue<unknown>({ visibilitySeconds: 30, maxReceives: 3, ...clock });
  return {
    queue,
    maxReceives: 3,
    pastVisibilitySeconds: 31,
    delaySeconds: 2,
    receive: async () => queue.receive(10),
    acknowledge: async (receipt) => void queue.acknowledge(receipt),
    release: async (receipt) => void queue.retry(receipt),
    elapse: async (seconds) => clock.advance(seconds * 1_000),
    deadBodies: async () => queue.deadLetters().map(({ body }) => body),
    close: async () => {},
  };
});

describe('MemoryQueue', () => {
  const make = (maxReceives = 3) => {
    const clock = makeClock();
    return { clock, queue: new MemoryQueue<string>({ visibilitySeconds: 30, maxReceives, ...clock }) };
  };
  const send = (queue: MemoryQueue<string>, ...bodies: string[]) => queue.send(bodies.map((body) => ({ body })));

  it('groups take turns, and within a group the first comes first', async () => {
    const { queue } = make();
    await queue.send(['a1', 'a2', 'a3', 'b1', 'c1', 'c2'].map((body) => ({ body, group: body.slice(0, 1) })));
    expect(queue.receive(99).map(({ body }) => body)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  it('a body is copied when it is sent and whenever it is received', async () => {
    const queue = new MemoryQueue<{ n: number[] }>({ visibilitySeconds: 30, maxReceives: 3, ...makeClock() });
    const body = { n: [1] };
    await queue.send([{ body }]);
    body.n.push(2);
    const [first] = queue.receive(1);
    expect(first?.body).toEqual({ n: [1] });
    first?.body.n.push(3);
    queue.retry(first?.receipt ?? '');
    expect(queue.receive(1)[0]?.body).toEqual({ n: [1] });
  });

  it('a body that is not JSON is refused', async () => {
    const queue = new MemoryQueue<unknown>({ visibilitySeconds: 30, maxReceives: 3, ...makeClock() });
    await expect(queue.send([{ body: undefined }])).rejects.toThrow(TypeError);
  });

  it('a receipt is no longer good once its message is visible again', async () => {
    const { queue, clock } = make();
    await send(queue, 'x');
    const [first] = queue.receive(1);
    clock.advance(30_000);
    const [second] = queue.receive(1);
    expect(queue.acknowledge(first?.receipt ?? '')).toBe(false);
    expect(queue.retry(first?.receipt ?? '')).toBe(false);
    expect(queue.pending()).toMatchObject({ ready: 0, inFlight: 1 });
    expect(queue.acknowledge(second?.receipt ?? '')).toBe(true);
    expect(queue.acknowledge(second?.receipt ?? '')).toBe(false);
    expect(queue.pending()).toEqual({ ready: 0, delayed: 0, inFlight: 0, dead: 0 });
  });

  it('pending counts every state and names the time of the earliest delayed message', async () => {
    const { queue, clock } = make(1);
    const start = clock.now();
    await queue.send([
      { body: 'late', delaySeconds: 900 },
      { body: 'soon', delaySeconds: 5 },
      { body: 'a' },
      { body: 'b' },
      { body: 'c' },
    ]);
    queue.receive(1);
    queue.retry(queue.receive(1)[0]?.receipt ?? '', 0, 'broken');
    expect(queue.pending()).toEqual({ ready: 1, delayed: 2, inFlight: 1, dead: 1, nextDueEpochMs: start + 5_000 });
    clock.advance(4_999);
    expect(queue.pending().ready).toBe(1);
    clock.advance(1);
    expect(queue.pending()).toMatchObject({ ready: 2, delayed: 1, nextDueEpochMs: start + 900_000 });
  });

  it('a dead letter keeps what its last retry said, and says nothing if nobody answered', async () => {
    const { queue, clock } = make(2);
    await send(queue, 'x');
    for (const error of ['first', 'second']) queue.retry(queue.receive(1)[0]?.receipt ?? '', 0, error);
    await send(queue, 'y');
    queue.retry(queue.receive(1)[0]?.receipt ?? '', 0, 'first');
    queue.receive(1);
    clock.advance(30_000);
    expect(queue.deadLetters()).toEqual([
      { body: 'x', receiveCount: 2, error: 'second' },
      { body: 'y', receiveCount: 2 },
    ]);
  });

  it.each([{ visibilitySeconds: 0 }, { visibilitySeconds: 43_201 }, { maxReceives: 0 }, { maxReceives: 1.5 }])(
    'a queue with %j is refused by its value',
    (option) => {
      const build = () => new MemoryQueue({ visibilitySeconds: 30, maxReceives: 3, ...makeClock(), ...option });
      expect(build).toThrow(RangeError);
      expect(build).toThrow(`${Object.values(option)[0]}`);
    },
  );

  it('no timer runs unless somebody listens for something that falls due', async () => {
    const { queue, clock } = make();
    await queue.send([{ body: 'x', delaySeconds: 5 }]);
    expect(clock.timers()).toBe(0);
    const stop = queue.onChange(() => {});
    expect(clock.timers()).toBe(1);
    stop();
    expect(clock.timers()).toBe(0);
  });

  it('does what a plain list of messages would do, whatever happens in whatever order', async () => {
    const step = fc.tuple(fc.constantFrom(...STEPS), fc.nat(60));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (steps) => {
        const { queue, clock } = make();
        const model = makeModel(clock.now, { visibilityMs: 30_000, maxReceives: 3 });
        for (const [act, n] of steps) {
          await act({ queue, clock, model }, n);
          expect(queue.pending()).toMatchObject(model.counts());
        }
        expect(
          queue
            .deadLetters()
            .map(({ body }) => body)
            .sort(),
        ).toEqual([...model.dead].sort());
      }),
      { numRuns: 200 },
    );
  });
});

describe('consume', () => {
  const setUp = (maxReceives = 3) => {
    const clock = makeClock();
    const queue = new MemoryQueue<string>({ visibilitySeconds: 600, maxReceives, ...clock });
    const stop = new AbortController();
    return {
      clock,
      queue,
      stop,
      options: { concurrency: 4, signal: stop.signal, backoffSeconds: (n: number) => 10 * n },
    };
  };

  it('every message ends up acknowledged or dead, none is lost and none invented', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ failures: fc.nat(4), delaySeconds: fc.nat(900), group: fc.constantFrom('a', 'b') }), {
          maxLength: 60,
          size: 'max',
        }),
        fc.integer({ min: 1, max: 5 }),
        async (messages, concurrency) => {
          const { clock, queue, stop, options } = setUp();
          const done: string[] = [];
          let running = 0;
          const consumer = consume(
            queue,
            async (body, { receiveCount }) => {
              expect(++running).toBeLessThanOrEqual(concurrency);
              await Promise.resolve();
              running--;
              if (receiveCount <= (messages[Number(body)]?.failures ?? 0))
                throw new Error(`${body} at ${receiveCount}`);
              done.push(body);
            },
            { ...options, concurrency },
          );
          await queue.send(
            messages.map(({ delaySeconds, group }, index) => ({ body: String(index), delaySeconds, group })),
          );
          await runOut(clock, queue, consumer);
          const dead = queue.deadLetters();
          const bodies = messages.map((_, index) => String(index));
          expect([...done, ...dead.map(({ body }) => body)].sort()).toEqual(bodies.sort());
          for (const { body, error } of dead) expect(error).toBe(`Error: ${body} at 3`);
          expect(dead.length).toBe(messages.filter(({ failures }) => failures >= 3).length);
          stop.abort();
          await consumer.stopped;
        },
      ),
      { numRuns: 100 },
    );
  });

  it('a failed message comes again after its backoff and not before', async () => {
    const { clock, queue, options } = setUp();
    const seenAt: number[] = [];
    const start = clock.now();
    const consumer = consume(
      queue,
      async () => {
        seenAt.push(clock.now() - start);
        throw new Error('no');
      },
      options,
    );
    await queue.send([{ body: 'x' }]);
    await runOut(clock, queue, consumer);
    expect(seenAt).toEqual([0, 10_000, 30_000]);
    expect(queue.deadLetters()).toEqual([{ body: 'x', receiveCount: 3, error: 'Error: no' }]);
  });

  it('idle waits for what is ready and in flight, not for what is delayed', async () => {
    const { queue, options } = setUp();
    const gate = Promise.withResolvers<void>();
    const consumer = consume(queue, () => gate.promise, options);
    await queue.send([...'abcdefgh'].map((body) => ({ body })));
    await queue.send([{ body: 'later', delaySeconds: 60 }]);
    let isIdle = false;
    const idle = consumer.idle().then(() => {
      isIdle = true;
    });
    await turn();
    expect([isIdle, queue.pending().inFlight, queue.pending().ready]).toEqual([false, 4, 4]);
    gate.resolve();
    await idle;
    expect(queue.pending()).toMatchObject({ ready: 0, inFlight: 0, delayed: 1 });
  });

  it('after the abort nothing is taken any more, and stopped waits for the handlers that run', async () => {
    const { queue, stop, options } = setUp();
    const gate = Promise.withResolvers<void>();
    const handled: string[] = [];
    const consumer = consume(
      queue,
      async (body) => {
        await gate.promise;
        handled.push(body);
      },
      { ...options, concurrency: 2 },
    );
    await queue.send(['a', 'b', 'c'].map((body) => ({ body })));
    const idle = consumer.idle();
    let isStopped = false;
    const stopped = consumer.stopped.then(() => {
      isStopped = true;
    });
    stop.abort(new Error('closing time'));
    await expect(idle).rejects.toThrow('closing time');
    await expect(consumer.idle()).rejects.toThrow('closing time');
    await turn();
    expect(isStopped).toBe(false);
    gate.resolve();
    await stopped;
    expect(handled).toEqual(['a', 'b']);
    expect(queue.pending()).toMatchObject({ ready: 1, inFlight: 0 });
  });

  it('a signal that is aborted already takes nothing', async () => {
    const { queue, stop, options } = setUp();
    await queue.send([{ body: 'x' }]);
    stop.abort();
    await consume(queue, async () => expect.unreachable(), options).stopped;
    expect(queue.pending().ready).toBe(1);
  });

  it('a backoff that is not a delay stops the consumer, which says so', async () => {
    const { queue, options } = setUp();
    const consumer = consume(queue, () => Promise.reject(new Error('no')), { ...options, backoffSeconds: () => -1 });
    await queue.send([{ body: 'x' }]);
    await expect(consumer.stopped).rejects.toThrow('-1');
    await expect(consumer.idle()).rejects.toThrow('-1');
    expect(queue.pending().inFlight).toBe(1);
  });

  it('a concurrency below one is refused', () => {
    const { queue, options } = setUp();
    expect(() => consume(queue, async () => {}, { ...options, concurrency: 0 })).toThrow(RangeError);
  });
});

describe('DueHeap', () => {
  it('gives back the earliest first, whatever was taken out from the middle', () => {
    const entries = fc.array(fc.record({ dueEpochMs: fc.nat(50), isTakenOut: fc.boolean() }), {
      maxLength: 60,
      size: 'max',
    });
    fc.assert(
      fc.property(entries, (drawn) => {
        const all = drawn.map((entry, order): Due & { isTakenOut: boolean } => ({ ...entry, order, heapIndex: -1 }));
        const heap = new DueHeap<Due>();
        for (const entry of all) heap.add(entry);
        for (const entry of all) if (entry.isTakenOut) heap.remove(entry);
        const left: Due[] = [];
        for (let due = heap.takeDue(50); due !== undefined; due = heap.takeDue(50)) left.push(due);
        const kept = all.filter(({ isTakenOut }) => !isTakenOut);
        expect(left).toEqual(kept.sort((a, b) => a.dueEpochMs - b.dueEpochMs || a.order - b.order));
        expect(heap.size).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

interface Run {
  readonly queue: MemoryQueue<string>;
  readonly clock: ReturnType<typeof makeClock>;
  readonly model: ReturnType<typeof makeModel>;
}

/** What may happen to a queue. `n` is a number of seconds or of messages, or picks a message. */
const STEPS: ((run: Run, n: number) => Promise<void>)[] = [
  async ({ queue, model }, n) => {
    const body = model.add(n);
    await queue.send([{ body, delaySeconds: n, group: String(n % 3) }]);
  },
  async ({ clock, model }, n) => {
    clock.advance(n * 1_000);
    model.settle();
  },
  async ({ queue, model }, n) => {
    const readyBefore = model.counts().ready;
    const received = queue.receive(n);
    expect(received.length).toBe(Math.min(n, readyBefore));
    for (const { body, receipt, receiveCount } of received) expect(receiveCount).toBe(model.take(body, receipt));
  },
  async ({ queue, model }, n) => {
    const receipt = model.drop(n);
    if (receipt !== undefined) expect(queue.acknowledge(receipt)).toBe(true);
  },
  async ({ queue, model }, n) => {
    const receipt = model.giveBack(n);
    if (receipt !== undefined) expect(queue.retry(receipt, n)).toBe(true);
  },
];

/**
 * The queue as a plain list that is searched for everything. `receipt` is there while the message
 * is in flight.
 */
function makeModel(now: () => number, options: { visibilityMs: number; maxReceives: number }) {
  const messages = new Map<string, { dueEpochMs: number; count: number; receipt?: string }>();
  const dead: string[] = [];
  let added = 0;
  const again = (body: string, dueEpochMs: number): void => {
    const count = messages.get(body)?.count ?? 0;
    if (count < options.maxReceives) messages.set(body, { dueEpochMs, count });
    else if (messages.delete(body)) dead.push(body);
  };
  const inFlight = (n: number) => {
    const held = [...messages].filter(([, { receipt }]) => receipt !== undefined);
    return held[n % Math.max(1, held.length)];
  };
  return {
    dead,
    add: (delaySeconds: number): string => {
      const body = `m${added++}`;
      messages.set(body, { dueEpochMs: now() + delaySeconds * 1_000, count: 0 });
      return body;
    },
    settle: (): void => {
      for (const [body, { receipt, dueEpochMs }] of messages) {
        if (receipt !== undefined && dueEpochMs <= now()) again(body, now());
      }
    },
    /** The count that this receive must have. */
    take: (body: string, receipt: string): number => {
      const message = messages.get(body);
      if (message === undefined || message.receipt !== undefined || message.dueEpochMs > now()) return -1;
      messages.set(body, { dueEpochMs: now() + options.visibilityMs, count: message.count + 1, receipt });
      return message.count + 1;
    },
    drop: (n: number): string | undefined => {
      const [body, message] = inFlight(n) ?? [];
      if (body !== undefined) messages.delete(body);
      return message?.receipt;
    },
    giveBack: (n: number): string | undefined => {
      const [body, message] = inFlight(n) ?? [];
      if (body !== undefined) again(body, now() + n * 1_000);
      return message?.receipt;
    },
    counts: () => {
      const all = [...messages.values()];
      const waiting = all.filter(({ receipt }) => receipt === undefined);
      const ready = waiting.filter(({ dueEpochMs }) => dueEpochMs <= now()).length;
      return { ready, delayed: waiting.length - ready, inFlight: all.length - waiting.length, dead: dead.length };
    },
  };
}

/** A clock that moves when it is asked to. `advance` fires timers at their time, in order. */
function makeClock() {
  let epochMs = Date.UTC(2026, 3, 1);
  const timers = new Set<{ dueEpochMs: number; callback: () => void }>();
  const setTimer: SetTimer = (callback, delayMs) => {
    const timer = { dueEpochMs: epochMs + delayMs, callback };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => epochMs,
    setTimer,
    timers: () => timers.size,
    advance: (byMs: number) => {
      const untilMs = epochMs + byMs;
      for (;;) {
        const next = [...timers].sort((a, b) => a.dueEpochMs - b.dueEpochMs)[0];
        if (next === undefined || next.dueEpochMs > untilMs) break;
        timers.delete(next);
        epochMs = next.dueEpochMs;
        next.callback();
      }
      epochMs = untilMs;
    },
  };
}

/** Moves the clock from one delayed message to the next until none is left. */
async function runOut(
  clock: ReturnType<typeof makeClock>,
  queue: MemoryQueue<string>,
  consumer: { idle(): Promise<void> },
): Promise<void> {
  for (;;) {
    await consumer.idle();
    const { nextDueEpochMs } = queue.pending();
    if (nextDueEpochMs === undefined) return;
    clock.advance(nextDueEpochMs - clock.now());
  }
}

/** Lets everything run that does not wait for the clock. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
