import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Message } from '../../src/ledger/message.ts';
import type { Queue } from '../../src/queue/queue.ts';
import type { Tick } from '../../src/queue/tick.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import {
  CopyWorld,
  chunk,
  DAILY,
  DEBOUNCE,
  LOOSE,
  manifestBytes,
  NOON,
  OVERWRITE,
  OVERWRITE_MANIFEST,
  PERIOD,
  partitionOf,
} from './copyWorld.ts';
import { CutOff, cutAt } from './interception.ts';
import { parquetBytes } from './parquetBytes.ts';

const MINUTE = 60_000;
const KEYS = [chunk(OVERWRITE, 1), chunk(OVERWRITE, 2)];

/** Prepares a world, and answers the message whose work is cut off. */
type Given = (world: CopyWorld) => Promise<object>;

const SITUATIONS: [string, Given][] = [
  ['the first file of a partition', (world) => world.put(KEYS[0] ?? '', parquetBytes(2))],
  [
    'a file of a source without manifests',
    (world) => world.put('year=2026/month=10/a.parquet', parquetBytes(2), { bucket: LOOSE.bucket }),
  ],
  [
    'a file that completes its delivery',
    async (world) => {
      await world.handle(await world.put(KEYS[0] ?? '', parquetBytes(2, 'a'), { at: NOON - MINUTE }));
      const last = await world.put(KEYS[1] ?? '', parquetBytes(3, 'b'), { at: NOON - MINUTE });
      await world.handle(await world.put(OVERWRITE_MANIFEST, manifestBytes('e1', KEYS)));
      for (const { receipt } of world.copyQueue.memory.receive(10)) world.copyQueue.memory.acknowledge(receipt);
      return last;
    },
  ],
  ['a file that is no Parquet', (world) => world.put(KEYS[0] ?? '', Buffer.from('no Parquet at all'))],
  ['a manifest that is nonsense', (world) => world.put(OVERWRITE_MANIFEST, Buffer.from('{'))],
  ['an empty file', (world) => world.put(KEYS[0] ?? '', new Uint8Array())],
  [
    'content that comes back',
    async (world) => {
      for (const label of ['a', 'b']) {
        await world.handle(
          await world.put(KEYS[0] ?? '', parquetBytes(1, label), { at: NOON - (label === 'a' ? 3 : 2) * MINUTE }),
        );
      }
      return world.put(KEYS[0] ?? '', parquetBytes(1, 'a'));
    },
  ],
  [
    'a version that was removed',
    async (world) => {
      const event = await world.put(KEYS[0] ?? '', parquetBytes(1));
      await world.handle(event);
      const lease = await world.ledger.acquireLease(PERIOD, 'run', NOON, NOON);
      const [version] = await world.ledger.versions(partitionOf(DAILY));
      if (!lease.taken || !version) throw new Error('nothing to remove');
      await world.ledger.markRemoved(partitionOf(DAILY), lease.epoch, [version.id], 0);
      return event;
    },
  ],
  [
    'a manifest whose files are staged',
    async (world) => {
      for (const [index, key] of KEYS.entries()) {
        await world.handle(await world.put(key, parquetBytes(index + 1), { at: NOON - MINUTE }));
      }
      return world.put(OVERWRITE_MANIFEST, manifestBytes('e1', KEYS));
    },
  ],
  [
    'a manifest whose files are not staged, one of them newer, one not there',
    async (world) => {
      await world.put(KEYS[0] ?? '', parquetBytes(1), { at: NOON - MINUTE });
      await world.put(KEYS[1] ?? '', parquetBytes(2), { at: NOON + MINUTE });
      return world.put(OVERWRITE_MANIFEST, manifestBytes('e1', [...KEYS, chunk(OVERWRITE, 3)]));
    },
  ],
  ['a manifest that is nonsense', (world) => world.put(OVERWRITE_MANIFEST, Buffer.from('{'))],
  [
    'an object that was overwritten, in a partition that is dirty',
    async (world) => {
      const event = await world.put(KEYS[0] ?? '', parquetBytes(1));
      await world.handle(event);
      await world.put(KEYS[0] ?? '', parquetBytes(2));
      return event;
    },
  ],
];

/**
 * Everything that outlives the processes: the ledger, the staged files, and which messages are to
 * be had, without doubles.
 */
async function stateOf(world: CopyWorld) {
  const { ledger } = world;
  const partitions = await ledger.partitions(PERIOD);
  return {
    partitions,
    versions: await Promise.all(partitions.map(({ partition }) => ledger.versions(partition))),
    deliveries: await Promise.all(
      partitions.map(({ partition, delivery }) => delivery && ledger.delivery(partition, delivery.id)),
    ),
    staged: (await world.staged()).map(({ key, etag }) => ({ key, etag })),
    requests: withoutDoubles(world.copyQueue.sent),
    ticks: withoutDoubles(world.finalizeQueue.sent),
    outbox: await ledger.outbox(),
  };
}

function withoutDoubles(messages: readonly unknown[]): string[] {
  return [...new Set(messages.map((message) => JSON.stringify(message)))].sort();
}

async function inWorld<Answer>(act: (world: CopyWorld) => Promise<Answer>): Promise<Answer> {
  const world = await CopyWorld.create();
  try {
    return await act(world);
  } finally {
    await world.close();
  }
}

/**
 * The state after a message whose work was cut off at the nth effect and which then came again;
 * undefined when there is no nth effect.
 */
function afterCut(given: Given, nth: number, moment: 'before' | 'after') {
  return inWorld(async (world) => {
    const message = await given(world);
    const cut = cutAt(nth, moment);
    const ledger = cut.wrap<Ledger>(world.ledger);
    const changes = {
      store: cut.wrap<ObjectStore>(world.store),
      ledger,
      notify: (messages: readonly Message[]) => ledger.putIntoOutbox(messages),
      copyQueue: cut.wrap<Queue<object>>(world.copyQueue),
      finalizeQueue: cut.wrap<Queue<Tick>>(world.finalizeQueue),
    };
    const error = await world.handle(message, changes).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!cut.happened()) return undefined;
    // No step may hide that it was cut off: then the message would be acknowledged.
    expect(error).toBeInstanceOf(CutOff);
    await world.handle(message);
    return { soon: await stateOf(world), later: await afterRest(world) };
  });
}

async function afterRest(world: CopyWorld) {
  for (let look = 0; look < 3; look++) await world.playAfter(DEBOUNCE.quietSeconds);
  return stateOf(world);
}

describe('a message that is cut off at any of its effects and comes again ends in the same state:', () => {
  it.each(SITUATIONS)('%s', async (_what, given) => {
    const expected = await inWorld(async (world) => {
      await world.handle(await given(world));
      return { soon: await stateOf(world), later: await afterRest(world) };
    });
    for (const moment of ['before', 'after'] as const) {
      let nth = 1;
      for (let state = await afterCut(given, nth, moment); state; state = await afterCut(given, nth, moment)) {
        expect(state, `cut off ${moment} effect ${nth}`).toEqual(expected);
        nth += 1;
      }
      expect(nth).toBeGreaterThan(2);
    }
  });
});
