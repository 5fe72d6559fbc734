import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger, type SqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import type { Message, OutboxPage } from '../../src/ledger/message.ts';
import type { SendResult } from '../../src/outbox/broker.ts';
import { outboxDepth } from '../../src/outbox/outboxDepth.ts';
import type { OutboxPlace } from '../../src/outbox/outboxPages.ts';
import { OUTBOX_LIMITS, type OutboxLimits, type OutboxPass, sendOutbox } from '../../src/outbox/sendOutbox.ts';
import type { ReactorEvent } from '../../src/telemetry/events.ts';

const NOON = Date.UTC(2026, 9, 5, 12);
const MINUTE = 60_000;
const DAY = 86_400_000;

let ledger: SqliteLedger;
let now: number;
let published: string[][];
let reports: ReactorEvent[];
beforeEach(() => {
  ledger = openSqliteLedger(':memory:');
  now = NOON;
  published = [];
  reports = [];
});
afterEach(() => ledger.close());

const messageOf = (id: string, createdAt = NOON): Message => ({
  id,
  routingKey: 'cur.111122223333.2026-10.finalized',
  body: { id },
  createdAt,
});
const put = (...messages: Message[]) => ledger.putIntoOutbox(messages);
const left = async () => (await ledger.outbox()).map(({ id }) => id);
const CONFIRMED: SendResult = { is: 'confirmed' };
const UNROUTABLE: SendResult = { is: 'unroutable' };
const FAILED: SendResult = { is: 'failed', reason: 'CONNECTION: refused' };

/** One pass, with a broker that answers as it is asked to. */
function send(
  fateOf: (id: string) => SendResult,
  limits: Partial<OutboxLimits> = {},
  from?: OutboxPlace,
): Promise<OutboxPass> {
  const broker = {
    publish: async (messages: readonly Message[]) => {
      published.push(messages.map(({ id }) => id));
      return messages.map(({ id }) => fateOf(id));
    },
  };
  const report = (event: ReactorEvent) => void reports.push(event);
  const sending = { ledger, broker, report, now: () => now };
  return sendOutbox(sending, { ...OUTBOX_LIMITS, until: NOON + DAY, ...limits }, from);
}

describe('a pass over the outbox', () => {
  it('of an empty one sends and reports nothing', async () => {
    expect(await send(() => CONFIRMED)).toEqual({ sent: 0, dropped: 0, kept: 0 });
    expect([published, reports]).toEqual([[], []]);
  });

  it('sends the oldest first, in batches, and takes out what is confirmed', async () => {
    await put(messageOf('c', NOON - 1), messageOf('a', NOON - 3), messageOf('b', NOON - 2));
    expect(await send(() => CONFIRMED, { batch: 2 })).toEqual({ sent: 3, dropped: 0, kept: 0 });
    expect(published).toEqual([['a', 'b'], ['c']]);
    expect(await left()).toEqual([]);
    expect(reports).toEqual([{ what: 'messages-sent', count: 3 }]);
  });

  it('ends with a batch that failed: the broker is down, and everything is kept', async () => {
    await put(messageOf('a'), messageOf('b'), messageOf('c'));
    const next = { after: 'b' };
    expect(await send(() => FAILED, { batch: 2 })).toEqual({ sent: 0, dropped: 0, kept: 3, next });
    expect(published).toEqual([['a', 'b']]);
    expect(await left()).toEqual(['a', 'b', 'c']);
    expect(reports).toEqual([{ what: 'messages-kept', count: 3, isAtLeast: true, reason: 'CONNECTION: refused' }]);
  });

  it('is not stopped by one message that cannot be sent', async () => {
    await put(messageOf('a'), messageOf('b'), messageOf('c'));
    expect(await send((id) => (id === 'a' ? FAILED : CONFIRMED), { batch: 2 })).toEqual({
      sent: 2,
      dropped: 0,
      kept: 1,
    });
    expect(await left()).toEqual(['a']);
    expect(reports).toEqual([
      { what: 'messages-sent', count: 2 },
      { what: 'messages-kept', count: 1, isAtLeast: false, reason: 'CONNECTION: refused' },
    ]);
  });

  it('keeps what no queue takes for a day, and then drops it', async () => {
    await put(messageOf('young', NOON - DAY + 1), messageOf('old', NOON - DAY));
    expect(await send(() => UNROUTABLE)).toEqual({ sent: 0, dropped: 1, kept: 1 });
    expect(await left()).toEqual(['young']);
    const { routingKey } = messageOf('young');
    expect(reports).toEqual([
      { what: 'message-dropped', id: 'old', routingKey, reason: 'no queue was bound for it' },
      { what: 'message-unroutable', id: 'young', routingKey },
    ]);
    now += 1;
    await send(() => UNROUTABLE);
    expect(await left()).toEqual([]);
  });

  it('goes on behind what no queue takes', async () => {
    await put(messageOf('a'), messageOf('b'));
    await send((id) => (id === 'a' ? UNROUTABLE : CONFIRMED), { batch: 1 });
    expect(await left()).toEqual(['a']);
  });

  it('drops what is 14 days old without sending it', async () => {
    await put(messageOf('old', NOON - 14 * DAY), messageOf('young', NOON - 14 * DAY + 1));
    expect(await send(() => FAILED)).toEqual({ sent: 0, dropped: 1, kept: 1 });
    expect(published).toEqual([['young']]);
    expect(await left()).toEqual(['young']);
    expect(reports[0]).toMatchObject({ what: 'message-dropped', id: 'old' });
  });

  it('begins no batch when its time is up', async () => {
    await put(messageOf('a'), messageOf('b'));
    const slow = (): SendResult => {
      now += MINUTE;
      return CONFIRMED;
    };
    expect(await send(slow, { batch: 1, until: NOON + MINUTE })).toEqual({
      sent: 1,
      dropped: 0,
      kept: 1,
      next: { after: 'a' },
    });
    expect(await left()).toEqual(['b']);
    expect(reports).toContainEqual({
      what: 'messages-kept',
      count: 1,
      isAtLeast: true,
      reason: 'there was no time left to send them',
    });
  });

  it('drops what an earlier deployment left where the stage has no broker any more', async () => {
    await put(messageOf('a'));
    const sending = { ledger, broker: undefined, report: (event: ReactorEvent) => void reports.push(event) };
    const pass = await sendOutbox({ ...sending, now: () => now }, { ...OUTBOX_LIMITS, until: NOON });
    expect(pass).toEqual({ sent: 0, dropped: 1, kept: 0 });
    expect(await left()).toEqual([]);
    expect(reports).toMatchObject([{ what: 'message-dropped', reason: 'the stage has no broker' }]);
  });

  it('keeps everything of a broker that throws, or says less than it was asked, and shows no secret of it', async () => {
    await put(messageOf('a'), messageOf('b'));
    const throwing = () => {
      throw new Error('amqps://user:password@host');
    };
    expect(await send(throwing)).toEqual({ sent: 0, dropped: 0, kept: 2 });
    expect(JSON.stringify(reports)).not.toContain('password');
    const broker = { publish: async () => [CONFIRMED] };
    await sendOutbox({ ledger, broker, report: () => {}, now: () => now }, { ...OUTBOX_LIMITS, until: NOON + DAY });
    expect(await left()).toEqual(['b']);
  });

  it('throws what the ledger throws', async () => {
    const failing = { outbox: () => Promise.reject(new Error('throttled')), takeFromOutbox: async () => {} };
    const sending = { ledger: failing, broker: { publish: async () => [] }, report: () => {}, now: () => now };
    await expect(sendOutbox(sending, { ...OUTBOX_LIMITS, until: NOON + DAY })).rejects.toThrow('throttled');
  });
});

describe('what is kept at the head of the outbox', () => {
  beforeEach(() => put(messageOf('a1'), messageOf('a2'), messageOf('a3'), messageOf('b'), messageOf('c')));
  const isHead = (id: string) => id.startsWith('a');

  it('does not keep those behind it from their turn, though a whole batch of it fails each time', async () => {
    const fate = (id: string) => (isHead(id) ? FAILED : CONFIRMED);
    const first = await send(fate, { batch: 2 });
    expect(await left()).toEqual(['a1', 'a2', 'a3', 'b', 'c']);
    expect(await send(fate, { batch: 2 }, first.next)).toEqual({ sent: 2, dropped: 0, kept: 3 });
    expect(published).toEqual([['a1', 'a2'], ['a3', 'b'], ['c'], ['a1', 'a2']]);
  });

  it('does not, though the time of each pass is up behind one batch', async () => {
    const slow = (id: string): SendResult => {
      if (id === 'a1' || id === 'a3' || id === 'c') now += MINUTE;
      return isHead(id) ? UNROUTABLE : CONFIRMED;
    };
    let place: OutboxPlace | undefined;
    for (let pass = 1; pass <= 3; pass += 1) {
      place = (await send(slow, { batch: 2, until: now + MINUTE }, place)).next;
    }
    expect(await left()).toEqual(['a1', 'a2', 'a3']);
  });
});

describe('an outbox of 20,000 messages', () => {
  const IDS = Array.from({ length: 20_000 }, (_, index) => `m${String(index).padStart(5, '0')}`);
  let pages: number[];
  const paged = {
    outbox: async (page?: OutboxPage) => {
      const messages = await ledger.outbox(page);
      pages.push(messages.length);
      return messages;
    },
    takeFromOutbox: (ids: readonly string[]) => ledger.takeFromOutbox(ids),
  };
  beforeEach(async () => {
    pages = [];
    await put(...IDS.map((id, index) => messageOf(id, NOON - index)));
  });

  it('is sent page by page, and nothing is read twice', async () => {
    const broker = { publish: async (messages: readonly Message[]) => messages.map(() => CONFIRMED) };
    const sending = { ledger: paged, broker, report: () => {}, now: () => now };
    const done = await sendOutbox(sending, { ...OUTBOX_LIMITS, until: NOON + DAY });
    expect(done).toEqual({ sent: 20_000, dropped: 0, kept: 0 });
    expect(pages).toEqual([...Array.from({ length: 200 }, () => 100), 0]);
  });

  it('is read for two batches where the broker is down', async () => {
    const broker = { publish: async (messages: readonly Message[]) => messages.map(() => FAILED) };
    const sending = { ledger: paged, broker, report: () => {}, now: () => now };
    const done = await sendOutbox(sending, { ...OUTBOX_LIMITS, until: NOON + DAY });
    expect(done).toMatchObject({ sent: 0, kept: 200, next: { after: 'm00099' } });
    expect(pages).toEqual([100, 100]);
  });

  it('is counted up to 10,000', async () => {
    expect(await outboxDepth(paged)).toEqual({ messages: 10_000, isAtLeast: true, oldestAt: NOON - 9_999 });
    expect(pages).toHaveLength(101);
    await ledger.takeFromOutbox(IDS.slice(10_000));
    expect(await outboxDepth(paged)).toEqual({ messages: 10_000, isAtLeast: false, oldestAt: NOON - 9_999 });
  });
});

class Crash extends Error {}

/** What happens at one effect of a pass: the process dies before it, after it, or lives on. */
type Death = 'before' | 'after' | 'never';

/**
 * One pass: the results that the broker answers with, how its effects go, and the time that has
 * passed since the last one.
 */
const pass = fc.record({
  results: fc.array(fc.constantFrom<SendResult>(CONFIRMED, UNROUTABLE, FAILED), { minLength: 1, maxLength: 5 }),
  deaths: fc.array(fc.constantFrom<Death>('never', 'never', 'never', 'before', 'after'), {
    minLength: 8,
    maxLength: 8,
  }),
  sleepMs: fc.constantFrom(0, 5 * MINUTE, DAY / 2, 5 * DAY),
  newMessages: fc.nat(4),
  batch: fc.integer({ min: 1, max: 3 }),
});

describe('whatever the broker does, and wherever the process dies', () => {
  it('no message is lost that was not confirmed or dropped by rule, and none that was taken out is sent again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pass, { minLength: 1, maxLength: 8 }), async (passes) => {
        const world = openSqliteLedger(':memory:');
        try {
          await playPasses(world, passes);
        } finally {
          world.close();
        }
      }),
      { numRuns: 300 },
    );
  });
});

async function playPasses(
  world: SqliteLedger,
  passes: readonly (typeof pass extends fc.Arbitrary<infer Value> ? Value : never)[],
): Promise<void> {
  const all = new Map<string, Message>();
  const confirmed = new Set<string>();
  const taken = new Set<string>();
  const unroutableAt = new Map<string, number>();
  let clock = NOON;
  let place: OutboxPlace | undefined;
  for (const { results, deaths, sleepMs, newMessages, batch } of passes) {
    const arrivals = Array.from({ length: newMessages }, (_, index) => messageOf(`m${all.size + index}`, clock));
    for (const message of arrivals) all.set(message.id, message);
    await world.putIntoOutbox(arrivals);
    clock += sleepMs;
    let [answers, effects, isDead] = [0, 0, false];
    const step = async <Answer>(effect: () => Promise<Answer>): Promise<Answer> => {
      const death = deaths[effects++] ?? 'never';
      isDead ||= death === 'before';
      if (isDead) throw new Crash();
      const answer = await effect();
      isDead = death === 'after';
      if (isDead) throw new Crash();
      return answer;
    };
    const publish = (messages: readonly Message[]): Promise<SendResult[]> =>
      step(async () =>
        messages.map(({ id }) => {
          expect(taken.has(id), `${id} is sent though it was taken out`).toBe(false);
          const result = results[answers++ % results.length] ?? CONFIRMED;
          if (result.is === 'confirmed') confirmed.add(id);
          if (result.is === 'unroutable') unroutableAt.set(id, clock);
          return result;
        }),
      );
    const takeFromOutbox = (ids: readonly string[]) =>
      step(async () => {
        await world.takeFromOutbox(ids);
        for (const id of ids) taken.add(id);
      });
    const sending = {
      ledger: { outbox: (page?: OutboxPage) => step(() => world.outbox(page)), takeFromOutbox },
      broker: { publish },
      report: () => {},
      now: () => clock,
    };
    const passed = await sendOutbox(sending, { ...OUTBOX_LIMITS, batch, until: clock + MINUTE }, place).catch(
      (error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      },
    );
    place = passed?.next;
    expectNoneLost(await world.outbox(), { all, confirmed, unroutableAt, clock });
  }
}

interface Known {
  readonly all: ReadonlyMap<string, Message>;
  readonly confirmed: ReadonlySet<string>;
  readonly unroutableAt: ReadonlyMap<string, number>;
  readonly clock: number;
}

function expectNoneLost(outbox: readonly Message[], { all, confirmed, unroutableAt, clock }: Known): void {
  const kept = new Set(outbox.map(({ id }) => id));
  for (const [id, { createdAt }] of all) {
    const isTooOld = clock - createdAt >= 14 * DAY;
    const wasUnwanted = (unroutableAt.get(id) ?? 0) - createdAt >= DAY;
    expect(kept.has(id) || confirmed.has(id) || isTooOld || wasUnwanted, `${id} is lost`).toBe(true);
  }
}
