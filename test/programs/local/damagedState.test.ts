import { mkdtempDisposable, open, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { runForOutcome, runReactor, tableOf } from './reactor.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';
const TABLE = [`2026-04/${PAYER} published: 1 files, 2 rows, cost 3`];

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeAll(async () => {
  folder = await mkdtempDisposable(path.join(tmpdir(), 'damaged-'));
});
afterAll(() => folder.remove());

/** A folder with one report, and a state that is up to date. */
async function settled(name: string) {
  const [from, keep] = [path.join(folder.path, name), path.join(folder.path, `${name}-state`)];
  await putFiles(from, { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1, 2)) });
  const where = ['--from', from, '--keep', keep];
  await runForOutcome(...where);
  return { where, ledger: path.join(keep, 'ledger.sqlite'), warehouse: path.join(keep, 'warehouse.duckdb') };
}

describe('a part of the state that a disk has changed', { concurrent: true }, () => {
  it('is named with what to do, and made again then: a record of the ledger', async ({ expect }) => {
    const { where, ledger } = await settled('record');
    const db = new DatabaseSync(ledger);
    db.exec(`update versions set body = substr(body, 1, 40)`);
    db.close();
    const advice = `${ledger} is damaged (malformed: 1 records of versions cannot be read): delete it and start again, it is rebuilt from the other files\n`;
    const damaged = await runReactor(...where);
    expect([damaged.status, damaged.stderr]).toEqual([1, expect.stringContaining(advice)]);
    await rm(ledger);
    const { status, outcome } = await runForOutcome(...where);
    expect([status, tableOf(outcome)]).toEqual([0, TABLE]);
  });

  it('is named with what to do, and made again then: the rows of the warehouse', async ({ expect }) => {
    const { where, warehouse } = await settled('rows');
    // Behind the headers, in every block: whichever is read first is found out.
    const { size } = await stat(warehouse);
    const file = await open(warehouse, 'r+');
    for (let at = 3 * 4096 + 100; at < size; at += 4096) await file.write('damaged', at);
    await file.close();
    const { status, stderr } = await runReactor(...where);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`${warehouse} is damaged (`)]);
    expect(stderr).toContain('delete it and start again');
    expect(stderr).not.toMatch(/^\s+at /m);
    await rm(warehouse);
    const next = await runForOutcome(...where);
    expect([next.status, tableOf(next.outcome)]).toEqual([0, TABLE]);
  });

  it('is named with what to do, and made again then: a warehouse that was cut off', async ({ expect }) => {
    const { where, warehouse } = await settled('cut off');
    await truncate(warehouse, 1438);
    const { status, stderr } = await runReactor(...where);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/warehouse\.duckdb is damaged \(.*\): delete it and start again/),
    ]);
    await rm(warehouse);
    const next = await runForOutcome(...where);
    expect([next.status, tableOf(next.outcome)]).toEqual([0, TABLE]);
  });
});
