import { readdirSync } from 'node:fs';
import { mkdtempDisposable, open, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { runForOutcome, tableOf } from './reactor.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeAll(async () => {
  folder = await mkdtempDisposable(path.join(tmpdir(), 'staged copies-'));
});
afterAll(() => folder.remove());

/** A folder with one report, a state that is up to date, and the report's staged copy in it. */
async function settled(name: string) {
  const [from, keep] = [path.join(folder.path, name), path.join(folder.path, `${name} state`)];
  await putFiles(from, { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1, 2)) });
  const run = () => runForOutcome('--from', from, '--keep', keep);
  await run();
  const staging = path.join(keep, 'staging');
  const [copy] = readdirSync(staging, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.parquet'));
  if (copy === undefined) throw new Error('nothing was staged');
  return { keep, run, copy: path.join(staging, copy) };
}

async function writeOver(file: string, text: string): Promise<void> {
  await using handle = await open(file, 'r+');
  await handle.write(text, 4);
}

describe('a staged copy that was damaged', { concurrent: true }, () => {
  it.for([
    ['cut off', (copy: string) => truncate(copy, 100)],
    ['written over', (copy: string) => writeOver(copy, 'nothing that was there before')],
  ] as const)('is made again when it is %s and its rows are to be loaded again', async ([name, damage], { expect }) => {
    const { keep, run, copy } = await settled(name);
    await damage(copy);
    await rm(path.join(keep, 'warehouse.duckdb'));
    const { status, stderr, outcome } = await run();
    expect(stderr).toMatch(
      /damaged .*the copy of "a\.parquet" has (100 bytes, not \d+|different bytes): it is made again/,
    );
    expect([status, ...tableOf(outcome)]).toEqual([0, `2026-04/${PAYER} published: 1 files, 2 rows, cost 3`]);
  });

  it('is not taken for the report when the ledger that knew it is gone', async ({ expect }) => {
    const { keep, run, copy } = await settled('no ledger');
    await writeOver(copy, 'nothing that was there before');
    for (const file of ['ledger.sqlite', 'warehouse.duckdb']) await rm(path.join(keep, file));
    const { status, stderr, outcome } = await run();
    expect(stderr).toContain('deleted 1 staged copy that the ledger does not count on');
    expect([status, ...tableOf(outcome)]).toEqual([0, `2026-04/${PAYER} published: 1 files, 2 rows, cost 3`]);
  });

  it('does no harm while readers see what was loaded from it', async ({ expect }) => {
    const { run, copy } = await settled('not needed');
    await writeOver(copy, 'nothing that was there before');
    const { status, outcome } = await run();
    expect([status, ...tableOf(outcome)]).toEqual([0, `2026-04/${PAYER} published: 1 files, 2 rows, cost 3`]);
  });
});
