import { beforeEach, describe, expect, it } from 'vitest';
import { openDynamodbLedger } from '../../src/adapters/dynamodb/ledger.ts';
import type { Delivery } from '../../src/ledger/delivery.ts';
import { isStaged, type VersionRecord } from '../../src/ledger/versionRecord.ts';
import {
  type Knowing,
  knowFiles,
  knowPartition,
  stateOfFile,
  unownedCopies,
} from '../../src/reconcile/knownPartition.ts';
import { TableInProcess } from '../adapters/dynamodb/tableInProcess.ts';
import { ALPHA, deliveryOf, PERIOD, START, versionOf } from '../ledger/records.ts';
import { listingStore } from './createNew.ts';

let table: TableInProcess;
let knowing: Knowing;
/** The keys in the staging bucket. */
let copies: string[];
beforeEach(() => {
  table = new TableInProcess();
  copies = [];
  const ledger = openDynamodbLedger(table.client(), 'ledger');
  const { store } = listingStore(() => [...copies].sort(), START);
  knowing = { ledger, store, stagingBucket: 'staging' };
});

const stagedKeyOf = (version: VersionRecord) => (isStaged(version) ? version.outcome.stagedKey : '');
const stage = async (version: VersionRecord) => {
  copies.push(stagedKeyOf(version));
  await knowing.ledger.recordVersion(version, START);
};
const stateOf = async (version: VersionRecord) => {
  const known = await knowPartition(knowing, ALPHA);
  return stateOfFile(known, await knowFiles(knowing, known, [version.source]), version.source);
};

describe('a file of a source', () => {
  const [old, current] = [versionOf({ etag: 'e1' }), versionOf({ etag: 'e2' })];

  it('is up to date while its copy is there, missing once that is gone', async () => {
    await stage(current);
    expect(await stateOf(current)).toBe('upToDate');
    copies = [];
    expect(await stateOf(current)).toBe('missing');
  });

  it('is stale while an older content of it is staged, missing without one', async () => {
    expect(await stateOf(current)).toBe('missing');
    await stage(old);
    expect(await stateOf(current)).toBe('stale');
  });

  it('is not lost where its copy was made after the copies were listed', async () => {
    const known = await knowPartition(knowing, ALPHA);
    await stage(current);
    const files = await knowFiles(knowing, known, [current.source]);
    expect([...files.lost]).toEqual([]);
    expect(stateOfFile(known, files, current.source)).toBe('upToDate');
  });
});

it('copies are unowned that no version has, and those that their version has no more', async () => {
  const [kept, again] = [versionOf({ key: 'a' }), versionOf({ key: 'b' })];
  await stage(kept);
  await stage(again);
  await stage(versionOf({ key: 'b', generation: 1 }));
  const foreign = stagedKeyOf(kept).replace(/[^/]*$/, 'somebody-else.parquet');
  copies.push(foreign);
  // Recorded under its first key: a copy under the next one is nobody's.
  const second = stagedKeyOf(versionOf({ key: 'b', generation: 1 }));
  const known = await knowPartition(knowing, ALPHA);
  expect(unownedCopies(known, START + 1).toSorted()).toEqual([foreign, second].toSorted());
  expect(unownedCopies(known, START)).toEqual([]);
});

const FILES = 10;
const LAST = 45;
/** As many deliveries lie in the staging bucket before they are cleared away. */
const STAGED = 4;

/** The files of the nth delivery: of each object another content than of the one before. */
const filesOf = (delivery: number) =>
  Array.from({ length: FILES }, (_, n) =>
    versionOf({ key: `file-${n}`, etag: `e${delivery}`, lastModified: START + delivery * 1000 }),
  );

/** A delivery comes, and one of those before it is cleared away. */
async function deliver(number: number, delivery: Delivery | undefined, epoch: number): Promise<void> {
  const { ledger } = knowing;
  for (const version of filesOf(number)) await stage(version);
  if (delivery) await ledger.recordDelivery(delivery, [], START);
  const over = number < STAGED ? [] : filesOf(number - STAGED);
  await ledger.markRemoved(
    ALPHA,
    epoch,
    over.map(({ id }) => id),
    START,
  );
  const gone = new Set(over.map(stagedKeyOf));
  copies = copies.filter((key) => !gone.has(key));
}

describe('what reconcile asks the ledger about a month', () => {
  it.each([
    ['with manifests', true],
    ['without manifests', false],
  ])('%s costs the same after a few deliveries and after forty-five', async (_, hasManifests) => {
    const lease = await knowing.ledger.acquireLease(PERIOD, 'run', START, START + 1000);
    const epoch = lease.taken ? lease.epoch : 0;
    const costOf = async (number: number) => {
      const files = filesOf(number);
      const delivery = deliveryOf({ id: `d${number}`, etag: `m${number}`, files, lastModified: START + number * 1000 });
      await deliver(number, hasManifests ? delivery : undefined, epoch);
      table.charged.length = 0;
      table.answeredBytes = 0;
      const known = await knowPartition(knowing, ALPHA);
      expect(known.countedObjects.size).toBe(FILES);
      const sources = [...files, ...filesOf(number + 1)].map(({ source }) => source);
      await knowFiles(knowing, known, sources);
      const read = table.charged.reduce((sum, { readUnits }) => sum + readUnits, 0);
      return { requests: table.charged.length, read, bytes: table.answeredBytes };
    };
    for (let number = 0; number < STAGED; number += 1) await costOf(number);
    const early = await costOf(STAGED);
    for (let number = STAGED + 1; number < LAST; number += 1) await costOf(number);
    const late = await costOf(LAST);
    expect(late.requests).toBeLessThanOrEqual(early.requests);
    expect(late.read).toBeLessThanOrEqual(early.read * 1.05);
    expect(late.bytes).toBeLessThanOrEqual(early.bytes * 1.05);
  });
});
