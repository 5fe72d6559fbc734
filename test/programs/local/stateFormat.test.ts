import { copyFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePayer } from '../../../src/billing/payer.ts';
import { failureOf } from '../../../src/programs/local/failure.ts';
import { forgetPartitions } from '../../../src/programs/local/forget.ts';
import { removeLock, removeOwn } from '../../../src/programs/local/ownEntries.ts';
import { readRetrying } from '../../../src/programs/local/retrying.ts';
import { embeddedStatus } from '../../../src/programs/local/status.ts';
import { type Folders, newFolders } from './embedded.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';
const TABLE = [`2026-04/${PAYER} published: 2 files, 2 rows, cost 3`];

let folders: Folders;
beforeEach(async () => {
  folders = await newFolders();
  await putFiles(folders.from, {
    'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1)),
    'b.parquet': reportFile(rowsOf(PAYER, '2026-04', 2)),
  });
  expect(await folders.run()).toMatchObject({ status: 0, table: TABLE });
});
afterEach(() => folders[Symbol.asyncDispose]());

const kept = (name: string) => path.join(folders.keep, name);
/** What `--reset` does. */
const reset = async () => {
  await removeOwn(folders.keep);
  await removeLock(folders.keep);
};
const statusOf = () => embeddedStatus(folders.keep, {}, { quietSeconds: 0, maxWaitSeconds: 0 }, Date.now);
const sentence = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: unknown) => failureOf(error).text,
  );

describe('a state of another format', () => {
  it.each([
    [99, 'a newer release'],
    [1, 'an older release'],
  ])('%d is refused with its path by everything that opens it, and --reset mends it', async (format, whose) => {
    await writeFile(kept('format.json'), JSON.stringify({ format }));
    const refused = `${kept('format.json')}: the state is that of ${whose} of this program: npm start -- --reset, `;
    const { status, complaints } = await folders.run();
    expect([status, complaints]).toEqual([1, expect.stringContaining(refused)]);
    expect(complaints.trimEnd()).not.toContain('\n');
    expect(await sentence(statusOf())).toContain(refused);
    expect(await sentence(forgetPartitions(folders.keep, { payer: parsePayer(PAYER) }))).toContain(refused);
    await reset();
    expect(await folders.run()).toMatchObject({ status: 0, table: TABLE });
  });

  it('without a mark is that of an older release', async () => {
    await rm(kept('format.json'));
    const { status, complaints } = await folders.run();
    expect([status, complaints]).toEqual([
      1,
      expect.stringContaining(
        `${folders.keep}: the state is that of an older release of this program: npm start -- --reset`,
      ),
    ]);
    await reset();
    expect(await folders.run()).toMatchObject({ status: 0, table: TABLE });
  });

  it('with a mark that says nothing is damaged, and --reset mends it', async () => {
    await writeFile(kept('format.json'), '');
    const { status, complaints } = await folders.run();
    expect([status, complaints]).toEqual([1, expect.stringContaining(`${kept('format.json')} is damaged, it says ""`)]);
    await reset();
    expect(await folders.run()).toMatchObject({ status: 0, table: TABLE });
  });
});

describe('a damaged part of a state', () => {
  it.each([
    ['ledger.sqlite', 'is overwritten', (file: string) => writeFile(file, 'nothing of the kind '.repeat(500))],
    ['ledger.sqlite', 'is cut off', (file: string) => truncate(file, 5000)],
    ['warehouse.duckdb', 'is overwritten', (file: string) => writeFile(file, 'nothing of the kind '.repeat(5000))],
    ['warehouse.duckdb', 'is cut off', (file: string) => truncate(file, 10_000)],
    ['stated.json', 'is cut off', (file: string) => writeFile(file, '{"2026-')],
    ['forgetting.json', 'is cut off', (file: string) => writeFile(file, '[{"pay')],
  ])('%s that %s is refused with its path, and what the sentence says mends it', async (name, _, damage) => {
    await damage(kept(name));
    const { status, complaints } = await folders.run();
    expect([status, complaints]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^${kept(name)} is damaged[^\n]*: delete it and start again[,;] [^\n]+\n$`)),
    ]);
    await rm(kept(name));
    expect(await folders.run()).toMatchObject({ status: 0, table: TABLE });
  });

  it('a log that is left of a database that was deleted is not taken for the new one’s', async () => {
    for (const name of ['ledger.sqlite', 'warehouse.duckdb']) await copyFile(kept(name), kept(`${name}.wal`));
    await copyFile(kept('ledger.sqlite'), kept('ledger.sqlite-wal'));
    for (const name of ['ledger.sqlite', 'warehouse.duckdb']) await rm(kept(name));
    expect(await folders.run()).toMatchObject({ status: 0, table: TABLE });
  });

  it('the note of what is tried on and on is one sentence for whoever asks for the status', async () => {
    await writeFile(kept('retrying.json'), '[{"key"');
    const text = await sentence(readRetrying(folders.keep));
    expect(text).toBe(`${kept('retrying.json')} is damaged: delete it and start again; nothing is lost`);
  });
});

describe('a state', () => {
  it('has files of its own alone: --reset knows each of them', async () => {
    await using watching = await folders.watch();
    await watching.end();
    await reset();
    expect(await readdir(path.dirname(folders.keep))).toEqual(['from']);
  });
});
