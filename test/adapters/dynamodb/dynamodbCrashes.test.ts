import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../../src/adapters/sqlite/ledger.ts';
import type { Partition } from '../../../src/billing/partition.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { anotherPartition } from '../../ledger/contract/anotherPartition.ts';
import { byId, PERIOD, START } from '../../ledger/records.ts';
import { type DynamodbWorld, isWrite, startDynamodbWorld } from './dynamodbHarness.ts';
import { aStep, take } from './dynamodbSteps.ts';

let world: DynamodbWorld;
beforeAll(async () => {
  world = await startDynamodbWorld();
});
afterEach(() => {
  world.proxy.decide = () => undefined;
  world.proxy.afterwards = () => undefined;
});
afterAll(() => world.close());

/**
 * A step, and where the process dies in it at first: at its nth write, before or after it took
 * effect.
 */
const aCutOffStep = fc.record({
  step: aStep,
  crash: fc.option(fc.record({ write: fc.integer({ min: 1, max: 5 }), tookEffect: fc.boolean() }), { nil: undefined }),
});

describe('any sequence of calls, cut off anywhere and repeated', () => {
  it('ends as the same calls do on the embedded ledger, and asks for the same ticks', async () => {
    const crashing = await world.ledger({ foldEvery: 3, maxAttempts: 1 });
    const model = openSqliteLedger(':memory:');
    const epoch = await leaseOf(crashing);
    expect(await leaseOf(model)).toBe(epoch);
    let crashes = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(aCutOffStep, { minLength: 5, maxLength: 14, size: 'max' }), async (steps) => {
        const partition = anotherPartition();
        for (const [index, { step, crash }] of steps.entries()) {
          const changes = (await model.partition(partition))?.changes ?? 0;
          const context = { partition, epoch, changes, now: START + index * 1000 };
          if (crash) cutOff(crash.write, crash.tookEffect);
          const first = await take(crashing, step, context).catch(() => 'crashed' as const);
          world.proxy.decide = () => undefined;
          world.proxy.afterwards = () => undefined;
          const expected = await take(model, step, context);
          if (first === 'crashed') {
            crashes += 1;
            const repeated = await take(crashing, step, context);
            expect(repeated?.tick).toBe(expected?.tick);
          } else {
            expect([first?.isNew, first?.tick]).toEqual([expected?.isNew, expected?.tick]);
          }
          expect(await stateOf(crashing, partition)).toEqual(await stateOf(model, partition));
        }
      }),
      { numRuns: 40 },
    );
    expect(crashes).toBeGreaterThan(20);
    model.close();
  });
});

async function leaseOf(ledger: Ledger): Promise<number> {
  const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
  if (!lease.taken) throw new Error('the lease is held');
  return lease.epoch;
}

async function stateOf(ledger: Ledger, partition: Partition) {
  const deliveries = ['d1', 'd2', 'd3'].map((id) => ledger.delivery(partition, id));
  return {
    record: await ledger.partition(partition),
    versions: byId(await ledger.versions(partition)),
    deliveries: await Promise.all(deliveries),
  };
}

/**
 * From the nth write on, no answer comes back; that write itself takes effect or not, the later
 * ones do not.
 */
function cutOff(write: number, tookEffect: boolean): void {
  let writes = 0;
  world.proxy.decide = (request) => {
    if (isWrite(request)) writes += 1;
    return writes > write || (writes === write && !tookEffect) ? 'drop' : undefined;
  };
  world.proxy.afterwards = () => (writes >= write ? 'drop' : undefined);
}
