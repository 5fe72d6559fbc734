import { totalmem } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDuckdbWarehouse } from '../../../src/adapters/duckdb/warehouse.ts';
import { type Partition, partitionName } from '../../../src/billing/partition.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';
import { describeWarehouseContract } from '../../warehouse/contract.ts';
import { ALPHA, BETA, PERIOD, publicationOf, rowsOf, runOf } from '../../warehouse/harness.ts';
import { runScript } from '../../warehouse/runScript.ts';
import { type DuckdbHarness, makeDuckdbHarness } from './harness.ts';

describeWarehouseContract('DuckDB', makeDuckdbHarness);

let harness: DuckdbHarness;
beforeEach(async () => {
  harness = await makeDuckdbHarness();
});
afterEach(() => harness.close());

describe('the database file', () => {
  it('shows a reader the old set or the new set while publications run, never a mix', async () => {
    const sets: StagedFile[][] = [];
    for (const set of ['old', 'new']) {
      const files: StagedFile[] = [];
      for (const part of [1, 2, 3])
        files.push(await harness.stage({ partition: ALPHA, name: `${set}${part}`, rows: rowsOf([`${set}${part}`]) }));
      await harness.warehouse.register(ALPHA, files);
      sets.push(files);
    }
    let isPublishing = true;
    const writer = (async () => {
      for (let epoch = 1; epoch <= 40; epoch++) {
        await harness.warehouse.publish(PERIOD, epoch, [publicationOf(ALPHA, sets[epoch % 2] ?? [])]);
      }
      isPublishing = false;
    })();
    const seen = new Set<string>();
    do {
      seen.add((await harness.visibleRows(ALPHA)).join());
    } while (isPublishing);
    await writer;
    for (const set of seen) expect(['', 'new1,new2,new3', 'old1,old2,old3']).toContain(set);
    expect(await harness.visibleRows(ALPHA)).toEqual(['old1', 'old2', 'old3']);
  });

  it('takes calls at the same time: their transactions do not get into one another', async () => {
    const partitions = [ALPHA, BETA, { payer: ALPHA.payer, period: parsePeriod('2026-09') }];
    const staged = new Map<Partition, StagedFile>();
    for (const partition of partitions) {
      staged.set(partition, await harness.stage({ partition, name: 'a', rows: rowsOf([partitionName(partition)]) }));
    }
    await Promise.all(
      [...staged].map(async ([partition, file]) => {
        await harness.warehouse.register(partition, [file]);
        await harness.warehouse.publish(partition.period, 1, [publicationOf(partition, [file])]);
      }),
    );
    for (const partition of partitions)
      expect(await harness.visibleRows(partition)).toEqual([partitionName(partition)]);
  });

  it('bounds DuckDB’s memory as it is configured, else by half of the machine’s, and spills beside the database', async () => {
    const settings = async () => {
      const [row] = await harness.query(
        `select current_setting('memory_limit') as memory, current_setting('temp_directory') as spill`,
      );
      return row;
    };
    const [, amount, unit] = /^([\d.]+) (MiB|GiB)$/.exec(String((await settings())?.memory)) ?? [];
    const limitBytes = Number(amount) * (unit === 'GiB' ? 1024 ** 3 : 1024 ** 2);
    expect(limitBytes).toBeLessThanOrEqual(totalmem() * 0.51);
    expect(await settings()).toMatchObject({ spill: `${harness.path}.tmp` });
    const options = { ...harness, analyticsStatements: () => [] };
    const warehouse = await openDuckdbWarehouse({ ...options, memoryLimitBytes: 300 * 1024 ** 2 });
    expect(await settings()).toMatchObject({ memory: '300.0 MiB' });
    await warehouse.close();
    for (const memoryLimitBytes of [0, 1024, 3e8 + 0.5, Number.NaN]) {
      await expect(openDuckdbWarehouse({ ...options, memoryLimitBytes })).rejects.toThrow(
        `memoryLimitBytes must be a whole number of at least 268435456, got ${memoryLimitBytes}`,
      );
    }
  });

  it('holds one row group for each thread of a load, and is written in the storage of DuckDB 1.3', async () => {
    expect(
      await harness.query(
        `select current_setting('write_buffer_row_group_count') as buffered, tags['storage_version'] as storage
         from duckdb_databases() where database_name = current_database()`,
      ),
    ).toEqual([{ buffered: 1n, storage: 'v1.3.0+' }]);
  });

  it('in memory belongs to one warehouse alone', async () => {
    const options = { path: ':memory:', stagingRoot: harness.stagingRoot, analyticsStatements: () => [] };
    const [one, other] = [await openDuckdbWarehouse(options), await openDuckdbWarehouse(options)];
    await one.raiseFence(PERIOD, 2);
    await other.raiseFence(PERIOD, 1);
    await one.close();
    await other.close();
  });
});

describe('a database that DuckDB has given up', () => {
  const broken = {
    name: 'WarehouseBroken',
    message: expect.stringMatching(/^the warehouse has to be opened again: .*abort/i),
  };

  beforeEach(async () => {
    const file = await harness.stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    await harness.warehouse.register(ALPHA, [file]);
    // Stands for an fsync that fails: the same kind of error at the same place.
    await harness.query("set global debug_checkpoint_abort = 'before_header'");
    await expect(harness.query('checkpoint')).rejects.toThrow('FATAL');
  });

  it('is reported by every method as what it is, with the first reason: no file and no script is blamed for it', async () => {
    const { warehouse } = harness;
    const file = await harness.stage({ partition: BETA, name: 'b', rows: rowsOf(['b1']) });
    await expect(warehouse.raiseFence(PERIOD, 1)).rejects.toMatchObject(broken);
    await expect(warehouse.register(BETA, [file, { ...file, stagedKey: 'c' }])).rejects.toMatchObject(broken);
    await expect(warehouse.audit(BETA, [file])).rejects.toMatchObject(broken);
    await expect(warehouse.publish(PERIOD, 1, [publicationOf(BETA, [file])])).rejects.toMatchObject(broken);
    await expect(warehouse.totals(PERIOD, [ALPHA.payer])).rejects.toMatchObject(broken);
    await expect(runScript(warehouse.script, runOf(1), [ALPHA.payer])).rejects.toMatchObject(broken);
    await expect(warehouse.summary()).rejects.toMatchObject(broken);
  });
});
