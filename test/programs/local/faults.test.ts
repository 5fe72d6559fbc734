import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'vitest';
import { FolderObjectStore } from '../../../src/adapters/folder/objectStore.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { placeBySources } from '../../../src/billing/placement.ts';
import type { FinalizeTimings } from '../../../src/finalize/services.ts';
import { stateOf } from '../../../src/ledger/partitionState.ts';
import { allPartitions } from '../../../src/programs/local/outcome.ts';
import { openStack, type Stack } from '../../../src/programs/local/stack.ts';
import { discoverSource } from '../../../src/reconcile/discover.ts';
import type { ObjectStore } from '../../../src/store/objectStore.ts';
import { sweep } from '../../../src/sweep/sweep.ts';
import type { ReactorEvent } from '../../../src/telemetry/events.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const SOURCE = { bucket: 'source', prefix: '', payer: parsePayer('111122223333'), manifests: false };
const FILES = ['a', 'b'].map((name) => `year=2026/month=04/${name}.parquet`);
const SETTINGS: FinalizeTimings = {
  quietSeconds: 0,
  maxWaitSeconds: 0,
  leaseSeconds: 3600,
  retryBaseSeconds: 1,
  retryMaxSeconds: 1,
  supersededGraceSeconds: 60,
  statementsAtOnce: 1,
};

type Wrap = (store: FolderObjectStore, stagingFolder: string) => Partial<ObjectStore>;

interface World extends AsyncDisposable {
  readonly keep: string;
  readonly events: ReactorEvent[];
  /**
   * Starts the reactor, takes in what the ledger does not know, and waits until nothing more
   * happens.
   */
  readonly run: (wrap?: Wrap) => Promise<Ended>;
}

interface Ended {
  /** How the one partition stands: its state, or `unknown`. */
  readonly state: string;
  readonly files: number;
  /** What was given up, and why. */
  readonly givenUp: readonly string[];
}

async function newWorld(): Promise<World> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), 'faults-'));
  const [source, keep] = [path.join(folder.path, 'source'), path.join(folder.path, 'keep')];
  await mkdir(source);
  await putFiles(source, Object.fromEntries(FILES.map((key) => [key, reportFile(rowsOf(SOURCE.payer, '2026-04', 1))])));
  const events: ReactorEvent[] = [];
  return {
    keep,
    events,
    run: async (wrap = () => ({})) => {
      const stack = await openStack({
        keep,
        store: (bucket, stagingFolder) => {
          const store = new FolderObjectStore(
            new Map([
              ['source', source],
              [bucket, stagingFolder],
            ]),
          );
          return { ...bound(store), ...wrap(store, stagingFolder) };
        },
        place: placeBySources([SOURCE]),
        settings: SETTINGS,
        report: (event) => events.push(event),
        onGivenUp: () => {},
      });
      try {
        return await takeIn(stack);
      } finally {
        await stack.close();
      }
    },
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

function bound(store: FolderObjectStore): ObjectStore {
  return {
    read: (object, range) => store.read(object, range),
    copy: (from, to) => store.copy(from, to),
    list: (bucket, prefix, startAfter) => store.list(bucket, prefix, startAfter),
    listFolder: (bucket, prefix) => store.listFolder(bucket, prefix),
    delete: (location) => store.delete(location),
  };
}

async function takeIn(stack: Stack): Promise<Ended> {
  await discoverSource({ ...stack.staging, copyQueue: stack.sourceQueue }, SOURCE);
  await sweep(stack.staging);
  await stack.settled();
  const [record] = await allPartitions(stack.ledger);
  return {
    state: record ? stateOf(record).state : 'unknown',
    files: record?.published?.files ?? 0,
    givenUp: stack.deadLetters().map(({ error = '' }) => error),
  };
}

/** The next `times` calls fail as on a full disk. */
function fullDisk(times: number): Wrap {
  let left = times;
  return (store) => ({
    copy: async (from, to) => {
      if (left > 0) {
        left -= 1;
        throw Object.assign(new Error('ENOSPC: no space left on device, copyfile'), { code: 'ENOSPC' });
      }
      return store.copy(from, to);
    },
  });
}

describe('a disk that is full', { concurrent: true }, () => {
  it('for a while is waited for: every file is taken in', async ({ expect }) => {
    await using world = await newWorld();
    expect(await world.run(fullDisk(5))).toEqual({ state: 'published', files: 2, givenUp: [] });
  });

  it('ends the run with that reason, and the next one goes on at once when there is room', async ({ expect }) => {
    await using world = await newWorld();
    const { files, givenUp } = await world.run(fullDisk(Number.POSITIVE_INFINITY));
    expect([files, givenUp]).toEqual([0, FILES.map(() => 'Error: ENOSPC: no space left on device, copyfile')]);
    expect(await world.run()).toEqual({ state: 'published', files: 2, givenUp: [] });
  });
});

describe('a ledger that cannot be written', { concurrent: true }, () => {
  /**
   * Keeps everybody else from writing to the ledger, as another program does that works on its
   * file.
   */
  const locked = (keep: string) => {
    const db = new DatabaseSync(path.join(keep, 'ledger.sqlite'));
    db.exec('begin immediate');
    return { [Symbol.dispose]: () => db.close() };
  };

  it('ends the run with that reason, and the next one goes on at once', async ({ expect }) => {
    await using world = await newWorld();
    const attempts: string[] = [];
    let lock: Disposable | undefined;
    const { givenUp } = await world.run((store) => ({
      copy: async (from, to) => {
        lock ??= locked(world.keep);
        attempts.push(from.key);
        return store.copy(from, to);
      },
    }));
    lock?.[Symbol.dispose]();
    expect(givenUp).toEqual(FILES.map(() => expect.stringMatching(/^Error: database is locked/)));
    expect(attempts).toHaveLength(10);
    expect(await world.run()).toEqual({ state: 'published', files: 2, givenUp: [] });
  });

  it('for ten writes loses nothing', async ({ expect }) => {
    await using world = await newWorld();
    let lock: Disposable | undefined;
    let attempts = 0;
    const ended = await world.run((store) => ({
      copy: async (from, to) => {
        attempts += 1;
        lock ??= locked(world.keep);
        if (attempts === 7) lock[Symbol.dispose]();
        return store.copy(from, to);
      },
    }));
    expect(ended).toEqual({ state: 'published', files: 2, givenUp: [] });
  });
});

describe('a copy that is lost before it is loaded', { concurrent: true }, () => {
  /** Takes a copy away as soon as it was made, so many times. */
  const losing = (times: number): Wrap => {
    let left = times;
    return (store) => ({
      copy: async (from, to) => {
        const did = await store.copy(from, to);
        if (left > 0) {
          left -= 1;
          await store.delete(to);
        }
        return did;
      },
    });
  };

  it('is made again by the same process, and then it is loaded', async ({ expect }) => {
    await using world = await newWorld();
    expect(await world.run(losing(1))).toEqual({ state: 'published', files: 2, givenUp: [] });
    expect(world.events.filter(({ what }) => what === 'copy-restored')).toHaveLength(1);
  });

  it('again and again ends with its name, and the next start makes it again', async ({ expect }) => {
    await using world = await newWorld();
    expect(await world.run(losing(Number.POSITIVE_INFINITY))).toMatchObject({ state: 'failed', files: 0 });
    expect(world.events).toContainEqual(
      expect.objectContaining({
        what: 'registration-failed',
        reason: expect.stringMatching(/"year=2026\/month=04\/[ab]\.parquet" \(staged as /),
      }),
    );
    expect(await world.run()).toEqual({ state: 'published', files: 2, givenUp: [] });
  });
});
