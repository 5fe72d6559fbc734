import { mkdir, mkdtempDisposable, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderObjectStore } from '../../../src/adapters/folder/objectStore.ts';
import { patientBackoff } from '../../../src/programs/local/attempts.ts';
import { folderInput, type Input } from '../../../src/programs/local/input.ts';
import { newProgress } from '../../../src/programs/local/progress.ts';
import { readRetrying } from '../../../src/programs/local/retrying.ts';
import { newSetAside } from '../../../src/programs/local/setAside.ts';
import { openStack } from '../../../src/programs/local/stack.ts';
import { watchInput } from '../../../src/programs/local/watchInput.ts';
import { eventually } from '../../eventually.ts';
import { newFolders } from './embedded.ts';
import { runReactor } from './reactor.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';
const april = (...costs: number[]) => reportFile(rowsOf(PAYER, '2026-04', ...costs));

describe('a file that cannot be taken in while its folder is watched', () => {
  it('is tried on and on, which it says, and so does the status, until it is taken in', async () => {
    await using folders = await newFolders();
    await using watching = await folders.watch();
    // Nothing can be staged: where the folder of the year should be, there is a file.
    const inTheWay = path.join(folders.keep, 'staging/year=2026');
    await writeFile(inTheWay, '');
    await putFiles(folders.from, { 'a.parquet': april(1) });
    await watching.says(/retrying {4}"a\.parquet": key .* cannot be a file .* \(attempt 2\)/);
    expect(await readRetrying(folders.keep)).toMatchObject([
      { key: 'a.parquet', reason: expect.stringContaining('cannot be a file'), attempts: expect.any(Number) },
    ]);
    const { status, stdout } = await runReactor('--status', '--from', folders.from, '--keep', folders.keep);
    expect([status, stdout]).toEqual([
      3,
      expect.stringMatching(
        /"a\.parquet" cannot be taken in since .*cannot be a file[\s\S]*\(\d+ attempts, and going on\)/,
      ),
    ]);
    await rm(inTheWay);
    await watching.says(/published {3}2026-04\/111122223333 {2}1 file, 1 row/);
    await eventually(async () => expect(await readRetrying(folders.keep)).toEqual([]));
  });

  it('is nobody’s concern any more once it is gone', async () => {
    await using folders = await newFolders();
    await using watching = await folders.watch();
    await writeFile(path.join(folders.keep, 'staging/year=2026'), '');
    await putFiles(folders.from, { 'a.parquet': april(1) });
    await watching.says(/retrying {4}"a\.parquet"/);
    await rm(path.join(folders.from, 'a.parquet'));
    await eventually(async () => expect(await readRetrying(folders.keep)).toEqual([]));
  });

  it('is tried after pauses that grow up to five minutes, and never given up', () => {
    const pauses = [1, 2, 3, 4, 8, 9, 10, 100, 100_000].map(patientBackoff);
    expect(pauses).toEqual([1, 2, 4, 8, 128, 256, 300, 300, 300]);
  });
});

describe('a burst of files in a folder that is watched', () => {
  it('of 2,000 is looked at by one reader at a time, and none is missed', async () => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'burst-'));
    const [from, keep] = [path.join(folder.path, 'from'), path.join(folder.path, 'keep')];
    await mkdir(from);
    const real = await folderInput(from, {});
    const seen = new Set<string>();
    let [reading, most, looks] = [0, 0, 0];
    const input: Input = {
      ...real,
      learn: async (bucket, keys) => {
        reading += 1;
        most = Math.max(most, reading);
        looks += 1;
        await real.learn(bucket, keys);
        for (const key of keys) seen.add(key);
        reading -= 1;
      },
    };
    const progress = newProgress(() => {}, Date.now);
    const setAside = newSetAside(progress.say);
    const stack = await openStack({
      keep,
      store: (bucket, staging) => new FolderObjectStore(new Map([...input.buckets, [bucket, staging]])),
      place: input.place,
      settings: {
        quietSeconds: 1,
        maxWaitSeconds: 60,
        leaseSeconds: 60,
        retryBaseSeconds: 1,
        retryMaxSeconds: 1,
        supersededGraceSeconds: 60,
        statementsAtOnce: 1,
      },
      report: () => {},
      onGivenUp: () => {},
    });
    const stop = new AbortController();
    const store = new FolderObjectStore(input.buckets);
    const watch = await watchInput({ input, stack, store, progress, setAside }, stop.signal);
    try {
      await putFiles(from, Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`${n % 20}/${n}.txt`, 'x'])));
      await eventually(() => expect(seen.size).toBe(2000));
      expect(most).toBe(1);
      expect(looks).toBeLessThan(200);
    } finally {
      stop.abort();
      await watch.closed;
      await stack.close();
    }
  });
});
