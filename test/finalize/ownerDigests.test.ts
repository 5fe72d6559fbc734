import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partitionName } from '../../src/billing/partition.ts';
import { type Payer, parsePayer } from '../../src/billing/payer.ts';
import type { FinalizeServices } from '../../src/finalize/services.ts';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import type { OwnerDigest } from '../../src/warehouse/ownerDigest.ts';
import { ALPHA, BETA, PERIOD } from '../ledger/records.ts';
import { override } from '../simulation/observed.ts';
import { FinalizerWorld, SETTINGS } from './finalizerWorld.ts';

let world: FinalizerWorld;
beforeEach(() => {
  world = new FinalizerWorld({ ownerDigests: { titles: new Map([['idle', 'Idle things']]) } });
});
afterEach(() => world.close());

const SAVING = { currency: 'USD', estimatedSaving: 5, wholeMonthSaving: 6 };
const FINDING = {
  ...SAVING,
  check: 'idle',
  account: '1',
  accountName: null,
  region: null,
  resource: 'r',
  evidence: 'e',
};
const digest = (owner: string): OwnerDigest => ({
  owner,
  findings: 2,
  belowThreshold: 1,
  savings: [SAVING],
  largest: [FINDING],
});
const partitionOf = (payer: number) => ({ payer: parsePayer(String(100_000_000_000 + payer)), period: PERIOD });
const messages = async () =>
  (await world.ledger.outbox()).map(({ routingKey, body }) => ({ routingKey, owners: body.owners }));
const keys = async () => (await messages()).map(({ routingKey }) => routingKey).sort();

describe('owners of what was found', () => {
  beforeEach(async () => {
    world.tables.digests.set(partitionName(ALPHA), { owners: [digest('team-a'), digest('team-b')], leftOut: 4 });
    for (const partition of [ALPHA, BETA]) await world.stage({ partition });
    world.now += SETTINGS.quietSeconds * 1000;
  });

  it('get a message each beside the month’s own, which says how many did, and how many did not', async () => {
    await world.tick();
    const [alpha, beta] = [ALPHA, BETA].map(({ payer }) => `cur.${payer}.${PERIOD}`);
    expect(await keys()).toEqual(
      [`${alpha}.finalized`, `${alpha}.owner.team-a`, `${alpha}.owner.team-b`, `${beta}.finalized`].sort(),
    );
    expect(await messages()).toContainEqual({
      routingKey: `${alpha}.finalized`,
      owners: { notified: 2, leftOut: 4 },
    });
  });

  it('get the same message again, under the same id, when a run was cut off before it was recorded', async () => {
    const cut = override<FinalizeServices['ledger']>(world.ledger, {
      commit: async (partition, epoch, commit) => {
        if (commit.kind === 'analysed') throw new Error('cut off');
        return world.ledger.commit(partition, epoch, commit);
      },
    });
    await expect(world.tick({ ledger: cut })).rejects.toThrow('cut off');
    const before = (await world.ledger.outbox()).map(({ id }) => id);
    expect(before).toHaveLength(4);
    world.redeliver();
    await world.drain();
    expect((await world.ledger.outbox()).map(({ id }) => id)).toEqual(before);
    expect(isDirty(await world.record())).toBe(false);
  });

  it('hear nothing where nobody has asked for it, and the warehouse is not asked either', async () => {
    const silent = new FinalizerWorld();
    await silent.stage();
    silent.now += SETTINGS.quietSeconds * 1000;
    const warehouse = override<FinalizeServices['warehouse']>(silent.tables, {
      ownerDigests: async () => expect.unreachable(),
    });
    await silent.tick({ warehouse });
    const [only, ...others] = await silent.ledger.outbox();
    expect([only?.body.what, only?.body.owners, others]).toEqual(['finalized', undefined, []]);
    silent.close();
  });

  it('of one payer whom the warehouse cannot name are that month’s problem: the others’ are sent, and it is tried again', async () => {
    const failing = override<FinalizeServices['warehouse']>(world.tables, {
      ownerDigests: async (period, payers) => {
        if (payers.includes(ALPHA.payer)) throw new Error('out of memory');
        return world.tables.ownerDigests(period, payers);
      },
    });
    await world.tick({ warehouse: failing });
    expect((await world.record()).problem).toMatchObject({
      what: 'analytics-failed',
      message: 'what they found cannot be reported: out of memory',
    });
    expect(await keys()).toEqual([
      expect.stringMatching(new RegExp(`${ALPHA.payer}.*analytics-failed`)),
      `cur.${BETA.payer}.${PERIOD}.finalized`,
    ]);
    await world.drain();
    expect(await keys()).toContain(`cur.${ALPHA.payer}.${PERIOD}.owner.team-b`);
    expect(isDirty(await world.record())).toBe(false);
  });
});

describe('owners of many payers’ findings', () => {
  const MANY = 25;
  const AT_ONCE = 10;
  beforeEach(async () => {
    for (let payer = 0; payer < MANY; payer += 1) {
      await world.stage({ partition: partitionOf(payer) });
      world.tables.digests.set(partitionName(partitionOf(payer)), { owners: [digest('team')], leftOut: 0 });
    }
    world.now += SETTINGS.quietSeconds * 1000;
  });

  it('are asked for ten payers at a time', async () => {
    const asked: (readonly Payer[])[] = [];
    const warehouse = override<FinalizeServices['warehouse']>(world.tables, {
      ownerDigests: async (period, payers) => {
        asked.push(payers);
        return world.tables.ownerDigests(period, payers);
      },
    });
    await world.tick({ warehouse });
    expect(asked.map(({ length }) => length)).toEqual([AT_ONCE, AT_ONCE, MANY - 2 * AT_ONCE]);
    expect(new Set(asked.flat()).size).toBe(MANY);
    expect(await keys()).toHaveLength(2 * MANY);
  });

  it('wait for the next invocation where this one has no time for more, and each hears once', async () => {
    const warehouse = override<FinalizeServices['warehouse']>(world.tables, {
      ownerDigests: async (period, payers) => {
        world.now += 100_000;
        return world.tables.ownerDigests(period, payers);
      },
    });
    await world.tick({ warehouse, yieldAt: world.now + 150_000 });
    expect(await keys()).toHaveLength(2 * AT_ONCE);
    expect(world.ticks.length).toBeGreaterThan(0);
    await world.drain();
    expect(await keys()).toHaveLength(2 * MANY);
    expect(isDirty(await world.record(partitionOf(MANY - 1)))).toBe(false);
    expect(world.reported('partition-finalized')).toHaveLength(MANY);
  });
});
