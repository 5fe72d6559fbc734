import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partitionName } from '../../src/billing/partition.ts';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import type { Publication, Warehouse } from '../../src/warehouse/warehouse.ts';
import { ALPHA, BETA } from '../ledger/records.ts';
import { override } from '../simulation/observed.ts';
import { FinalizerWorld, keysOf } from './finalizerWorld.ts';

let world: FinalizerWorld;
beforeEach(() => {
  world = new FinalizerWorld();
});
afterEach(() => world.close());

/** A warehouse that refuses every publish with ALPHA in it, and notes whom each is for. */
function refusingAlpha(published: string[][]): Warehouse {
  return override<Warehouse>(world.tables, {
    publish: async (period, epoch, publications) => {
      published.push(publications.map(({ partition }) => partition.payer));
      if (publications.some(({ partition }) => partition.payer === ALPHA.payer)) throw new Error('invalid JSON');
      await world.tables.publish(period, epoch, publications);
    },
  });
}

describe('a publish', () => {
  it('says what the audit of its files found that they cost', async () => {
    for (const key of ['a', 'b']) await world.stage({ key });
    world.now += world.settings.maxWaitSeconds * 1000;
    const costs: Publication['costs'][] = [];
    const warehouse = override<Warehouse>(world.tables, {
      audit: async (partition, files) =>
        (await world.tables.audit(partition, files)).map((audit) => ({
          ...audit,
          costs: [{ currency: 'USD', cost: '0.100000000000000' }],
        })),
      publish: async (period, epoch, publications) => {
        costs.push(...publications.map((publication) => publication.costs));
        await world.tables.publish(period, epoch, publications);
      },
    });
    await world.tick({ warehouse });
    expect(costs).toEqual([[{ currency: 'USD', cost: 0.2 }]]);
  });

  it('that the warehouse refuses for one partition is that one’s failure: the others are published', async () => {
    await world.stage({ partition: ALPHA });
    const good = await world.stage({ partition: BETA });
    world.now += world.settings.maxWaitSeconds * 1000;
    await world.tick({ warehouse: refusingAlpha([]) });
    expect(world.visible(ALPHA)).toBeUndefined();
    expect(world.visible(BETA)).toEqual(keysOf(good));
    expect(isDirty(await world.record(BETA))).toBe(false);
    const message = `${partitionName(ALPHA)}: it was not published: invalid JSON`;
    expect((await world.record(ALPHA)).problem).toMatchObject({ what: 'registration-failed', message, attempts: 1 });
    await world.drain();
    expect(world.visible(ALPHA)).toHaveLength(1);
  });

  it('that fails together is done one by one, and no further', async () => {
    const published: string[][] = [];
    for (const partition of [ALPHA, BETA]) await world.stage({ partition });
    world.now += world.settings.maxWaitSeconds * 1000;
    const slow = refusingAlpha(published);
    // Both wait for each other at the audit, and so come to the same publish.
    const met = Promise.withResolvers<void>();
    let audits = 0;
    const warehouse = override<Warehouse>(slow, {
      audit: async (...asked) => {
        audits += 1;
        if (audits === 2) met.resolve();
        await met.promise;
        return slow.audit(...asked);
      },
    });
    await world.tick({ warehouse });
    const [alpha, beta] = [[ALPHA.payer], [BETA.payer]];
    expect(published).toEqual([[ALPHA.payer, BETA.payer], alpha, beta]);
    expect(world.visible(BETA)).toHaveLength(1);
  });

  it.each(['answers', 'does not answer'])(
    'of one partition that takes too long, while the warehouse %s',
    async (state) => {
      world.close();
      world = new FinalizerWorld({ partitionSeconds: 240 });
      await world.stage();
      world.now += world.settings.maxWaitSeconds * 1000;
      const timers = new Set<() => void>();
      const setTimer = (ring: () => void) => {
        timers.add(ring);
        return () => timers.delete(ring);
      };
      let isLate = false;
      const warehouse = override<Warehouse>(world.tables, {
        publish: () => {
          isLate = true;
          for (const ring of timers) ring();
          return new Promise(() => {});
        },
        published: async (period, payers) => {
          if (isLate && state !== 'answers') throw new Error('disk full');
          return world.tables.published(period, payers);
        },
      });
      await world.tick({ warehouse, setTimer });
      const message = `${partitionName(ALPHA)}: it was not published: a publish did not end within 240 s`;
      const isItsOwn = state === 'answers';
      expect((await world.record()).problem?.message).toBe(isItsOwn ? message : undefined);
      expect(world.reported('warehouse-unavailable')).toHaveLength(isItsOwn ? 0 : 1);
      await world.drain();
      expect(world.visible()).toHaveLength(1);
    },
  );

  it('that fails while the warehouse does not answer either blames nobody', async () => {
    await world.stage();
    world.now += world.settings.maxWaitSeconds * 1000;
    let isDown = false;
    const warehouse = override<Warehouse>(world.tables, {
      publish: async () => {
        isDown = true;
        throw new Error('disk full');
      },
      published: async (period, payers) => {
        if (isDown) throw new Error('disk full');
        return world.tables.published(period, payers);
      },
    });
    await world.tick({ warehouse });
    expect((await world.record()).problem).toBeUndefined();
    expect(world.reported('warehouse-unavailable')).toMatchObject([
      { reason: 'the warehouse does not answer: disk full' },
    ]);
    await world.tick();
    expect(world.visible()).toHaveLength(1);
  });
});
