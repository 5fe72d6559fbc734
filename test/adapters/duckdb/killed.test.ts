import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDuckdbWarehouse } from '../../../src/adapters/duckdb/warehouse.ts';
import { ALPHA, PERIOD, publicationOf, rowsOf } from '../../warehouse/harness.ts';
import { type DuckdbHarness, makeDuckdbHarness } from './harness.ts';

const PROCESS = fileURLToPath(new URL('killedProcess.ts', import.meta.url));

let harness: DuckdbHarness;
let folder: string;
beforeEach(async () => {
  harness = await makeDuckdbHarness();
  folder = await mkdtemp(path.join(os.tmpdir(), 'killed-warehouse-'));
});
afterEach(async () => {
  await harness.close();
  await rm(folder, { recursive: true });
});

it('a warehouse whose process was killed opens with every transaction whole, and everything can be repeated', async () => {
  const files = [];
  for (const name of ['a', 'b', 'c']) {
    files.push(await harness.stage({ partition: ALPHA, name, rows: rowsOf([`${name}1`, `${name}2`]) }));
  }
  const options = { path: path.join(folder, 'warehouse.duckdb'), stagingRoot: harness.stagingRoot };
  for (const killAfterMs of [0, 20, 60, 150]) {
    await killWhileWriting({ ...options, ...ALPHA, files }, killAfterMs);

    const warehouse = await openDuckdbWarehouse({ ...options, analyticsStatements: () => [] });
    const published = (await warehouse.published(PERIOD, [ALPHA.payer])).get(ALPHA.payer)?.stagedKeys ?? [];
    expect([0, files.length]).toContain(published.length);
    const counts = (await warehouse.audit(ALPHA, files)).map(({ rows }) => rows);
    expect([
      [0, 0, 0],
      [2, 2, 2],
    ]).toContainEqual(counts);
    if (published.length > 0) expect(counts).toEqual([2, 2, 2]);

    await warehouse.register(ALPHA, files);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, files)]);
    expect(await warehouse.summary()).toMatchObject([{ files: 3, rows: 6 }]);
    await warehouse.close();
  }
});

/** Kills the process some time after it has published once: at whatever it is doing then. */
async function killWhileWriting(task: object, killAfterMs: number): Promise<void> {
  const child = spawn(process.execPath, [PROCESS, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), exit]);
  expect(child.exitCode).toBeNull();
  await new Promise((resolve) => setTimeout(resolve, killAfterMs));
  child.kill('SIGKILL');
  await exit;
}
