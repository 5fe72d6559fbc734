import { expect, it } from 'vitest';
import { openDynamodbLedger } from '../../src/adapters/dynamodb/ledger.ts';
import { handleTick } from '../../src/finalize/handleTick.ts';
import { isStaged } from '../../src/ledger/versionRecord.ts';
import { TableInProcess } from '../adapters/dynamodb/tableInProcess.ts';
import { ALPHA, deliveryOf, versionOf } from '../ledger/records.ts';
import { FinalizerWorld, STAGING } from './finalizerWorld.ts';

const FILES = 5;
const A_DAY_MS = 86_400_000;
/** On both days as many intents lie in the list: it is folded by sixteens. */
const [EARLY, LATE] = [29, 45];

it.each([
  ['with manifests', true],
  ['without manifests', false],
])('clearing a month %s costs on its forty-fifth day what it did on its twenty-ninth', async (_, hasManifests) => {
  const world = new FinalizerWorld({ supersededGraceSeconds: A_DAY_MS / 1000 });
  const table = new TableInProcess();
  const ledger = openDynamodbLedger(table.client(), 'ledger');
  const services = () => world.finalizing({ ledger, notify: async () => {} });
  await ledger.recordSchema({ id: 'schema-1', columns: [] });

  async function deliver(number: number): Promise<void> {
    const files = Array.from({ length: FILES }, (_one, n) =>
      versionOf({ key: `file-${n}`, etag: `e${number}`, lastModified: world.now }),
    );
    for (const file of files) {
      if (!isStaged(file)) continue;
      const content = { etag: 'e', bytes: new Uint8Array(), rows: file.outcome.rows };
      world.buckets.put({ bucket: STAGING, key: file.outcome.stagedKey }, content, world.now);
      await ledger.recordVersion(file, world.now, { version: undefined });
    }
    const delivery = deliveryOf({ id: `d${number}`, etag: `m${number}`, files, lastModified: world.now });
    if (hasManifests) await ledger.recordDelivery(delivery, [], world.now);
    world.now += world.settings.maxWaitSeconds * 1000;
    await handleTick(services(), world.settings, { period: ALPHA.period });
  }

  /** Just before the next delivery, as the copies of one are over their grace time. */
  async function clear() {
    world.now += A_DAY_MS - world.settings.maxWaitSeconds * 1000;
    table.charged.length = 0;
    table.answeredBytes = 0;
    await handleTick(services(), world.settings, { period: ALPHA.period, clear: true });
    const sum = (of: 'readUnits' | 'writeUnits') => table.charged.reduce((total, one) => total + one[of], 0);
    const { length: requests } = table.charged;
    return { requests, read: sum('readUnits'), written: sum('writeUnits'), bytes: table.answeredBytes };
  }

  let early: Awaited<ReturnType<typeof clear>> | undefined;
  for (let number = 0; number < LATE; number += 1) {
    await deliver(number);
    const cost = await clear();
    if (number === EARLY) early = cost;
  }
  await deliver(LATE);
  const late = await clear();
  expect(world.buckets.keys(STAGING, '')).toHaveLength(2 * FILES);
  expect(late.requests).toBeLessThanOrEqual(early?.requests ?? 0);
  expect(late.read).toBeLessThanOrEqual((early?.read ?? 0) * 1.05);
  expect(late.written).toBeLessThanOrEqual((early?.written ?? 0) * 1.05);
  expect(late.bytes).toBeLessThanOrEqual((early?.bytes ?? 0) * 1.05);
  if (hasManifests) expect((await ledger.versions(ALPHA)).length).toBeLessThan(20 * FILES);
  world.close();
});
