import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { DynamodbHourlyCounts } from '../../../src/adapters/dynamodb/hourlyCounts.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { type DynamodbWorld, startDynamodbWorld } from './dynamodbHarness.ts';

const [NOISY, QUIET] = [parsePayer('111122223333'), parsePayer('444455556666')];

let world: DynamodbWorld;
beforeAll(async () => {
  world = await startDynamodbWorld();
});
afterAll(() => world.close());

let counts: DynamodbHourlyCounts;
beforeEach(async () => {
  counts = new DynamodbHourlyCounts(world.client(), await world.createTable());
});

it('counts of one hour are added up, each payer and each kind by itself', async () => {
  expect(await counts.add(NOISY, 'files', 7, 20)).toBe(20);
  expect(await counts.add(NOISY, 'files', 7, 3)).toBe(23);
  expect(await counts.add(NOISY, 'manifests', 7, 1)).toBe(1);
  expect(await counts.add(QUIET, 'files', 7, 5)).toBe(5);
});

it('a new hour begins at nothing, and what comes late for an old one changes nothing', async () => {
  await counts.add(NOISY, 'files', 7, 20);
  expect(await counts.add(NOISY, 'files', 8, 2)).toBe(2);
  expect(await counts.add(NOISY, 'files', 7, 40)).toBe(40);
  expect(await counts.add(NOISY, 'files', 8, 1)).toBe(3);
});

it('processes that count at the same time lose nothing, also when the hour begins', async () => {
  await counts.add(NOISY, 'files', 7, 1);
  const sums = await Promise.all(Array.from({ length: 8 }, () => counts.add(NOISY, 'files', 8, 1)));
  expect(sums.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

it('are read of many payers at once, those of the hour alone', async () => {
  await counts.add(NOISY, 'files', 7, 20);
  await counts.add(NOISY, 'manifests', 6, 2);
  await counts.add(QUIET, 'quarantine-messages', 7, 1);
  const others = Array.from({ length: 100 }, (_, index) => parsePayer(String(300_000_000_000 + index)));
  expect(await counts.sums([NOISY, ...others, QUIET], 7)).toEqual([
    { payer: NOISY, what: 'files', count: 20 },
    { payer: QUIET, what: 'quarantine-messages', count: 1 },
  ]);
});
