import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withdrawVersion } from '../../src/copy/withdrawVersion.ts';
import type { VersionRecord } from '../../src/ledger/versionRecord.ts';
import { CopyWorld, LOOSE, partitionOf } from './copyWorld.ts';
import { foreignParquet, parquetBytes } from './parquetBytes.ts';

const KEY = 'year=2026/month=10/a.parquet';
const loose = partitionOf(LOOSE);

let world: CopyWorld;
beforeEach(async () => {
  world = await CopyWorld.create();
});
afterEach(() => world.close());

/** Stages an object, and forgets what was said of it. */
async function staged(bytes: Uint8Array) {
  const event = await world.put(KEY, bytes, { bucket: LOOSE.bucket });
  await world.handle(event);
  const [version] = await world.ledger.versions(loose);
  if (!version) throw new Error('nothing is known');
  await settle();
  world.reports.length = 0;
  world.finalizeQueue.sent.length = 0;
  return { event, version };
}

async function settle(): Promise<void> {
  const lease = await world.ledger.acquireLease(loose.period, 'run', world.now, world.now + 1000);
  if (!lease.taken) throw new Error('the lease is held');
  const changes = (await world.ledger.partition(loose))?.changes ?? 0;
  await world.ledger.commit(loose, lease.epoch, { kind: 'settled', changes, readAt: world.now });
  await world.ledger.releaseLease(loose.period, lease.epoch);
}

const withdraw = (version: VersionRecord) => withdrawVersion(world.staging, version, 'the same content as b.parquet');
const known = async ({ id }: VersionRecord) => (await world.ledger.version(loose, id)) ?? Promise.reject(new Error(id));

describe('a version that does not count any more', () => {
  it('is withdrawn with its reason, said, and sends a tick: its copy stays', async () => {
    const { version } = await staged(parquetBytes(2));
    await withdraw(version);
    expect((await known(version)).outcome).toEqual({ ...version.outcome, withdrawn: 'the same content as b.parquet' });
    expect(world.reports).toEqual([
      { what: 'file-withdrawn', partition: loose, key: KEY, reason: 'the same content as b.parquet' },
    ]);
    expect(world.finalizeQueue.sent).toMatchObject([{ body: { period: '2026-10' } }]);
    expect(await world.staged()).toHaveLength(1);
  });

  it('is withdrawn once', async () => {
    const { version } = await staged(parquetBytes(2));
    await withdraw(version);
    const before = await world.ledger.partition(loose);
    await withdraw(await known(version));
    // Whoever looked before the first time.
    await withdraw(version);
    expect([await world.ledger.partition(loose), world.reports.length]).toEqual([before, 1]);
  });

  it.each([
    ['empty', new Uint8Array()],
    ['quarantined', Buffer.from('no Parquet')],
    ['set-aside', foreignParquet()],
  ])('and was never staged (%s) stays as it is', async (status, bytes) => {
    const { version } = await staged(bytes);
    await withdraw(version);
    expect([(await known(version)).outcome.status, world.reports]).toEqual([status, []]);
  });

  it('comes back when its source announces the same content again, without being copied again', async () => {
    const { event, version } = await staged(parquetBytes(2));
    await withdraw(version);
    await settle();
    await world.handle(event);
    expect((await known(version)).outcome).toEqual(version.outcome);
    expect(await world.staged()).toHaveLength(1);
    expect(world.reported('file-staged')).toHaveLength(1);
  });
});
