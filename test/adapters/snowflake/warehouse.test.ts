import { describe, expect, test } from 'vitest';
import { snowflakeNames } from '../../../src/adapters/snowflake/names.ts';
import { openSnowflakeWarehouse } from '../../../src/adapters/snowflake/warehouse.ts';
import type { Warehouse } from '../../../src/warehouse/warehouse.ts';
import { WarehouseUnavailable } from '../../../src/warehouse/warehouse.ts';
import { eventually } from '../../eventually.ts';
import { ALPHA, PERIOD } from '../../ledger/records.ts';
import { StatementError } from './protocolServer.ts';
import { failureOf, type SessionWorld, useSessionWorlds } from './sessionHarness.ts';

const createWorld = useSessionWorlds();
const FILES = [{ stagedKey: 'a', rows: 1, sizeBytes: 1, columns: [] }];

function warehouseOn(world: SessionWorld): Warehouse {
  return openSnowflakeWarehouse({
    // The driver goes on trying for a minute.
    session: () => world.open({ deadlines: { connectSeconds: 1 } }),
    names: snowflakeNames({ database: 'COSTS', schema: 'CUR', target: 'external' }),
    stage: 'test',
    analyticsStatements: () => [],
  });
}

describe('a Snowflake that cannot be reached', () => {
  test('is unavailable, whatever the statement is about', async () => {
    const world = await createWorld();
    const warehouse = warehouseOn(world);
    for (const call of [() => warehouse.register(ALPHA, FILES), () => warehouse.published(PERIOD, [ALPHA.payer])]) {
      world.server.order('login', 'unavailable', 100);
      await expect(call()).rejects.toThrow(WarehouseUnavailable);
    }
  });

  test('is not one that refuses a statement: that failure stays what it is', async () => {
    const world = await createWorld(async () => {
      throw new StatementError('002003', "Table 'X' does not exist or not authorized.", '42S02');
    });
    expect((await failureOf(warehouseOn(world).register(ALPHA, FILES))).code).toBe('002003');
  });
});

test('a registration whose signal is aborted is cancelled in Snowflake', async () => {
  const world = await createWorld(
    (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cancelled')))),
  );
  const budget = new AbortController();
  const registering = warehouseOn(world).register(ALPHA, FILES, budget.signal);
  await eventually(() => expect(world.executed).toHaveLength(1));
  budget.abort(new Error('the budget is used up'));
  await expect(registering).rejects.toThrow('the budget is used up');
  await eventually(() => expect(world.server.queries.at(-1)?.status).toBe('ABORTED'));
});
