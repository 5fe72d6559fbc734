import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, BETA, PERIOD, publicationOf, rowsOf } from '../../warehouse/harness.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';

let harness: SnowflakeHarness;
let file: StagedFile;
beforeEach(async () => {
  harness = await makeSnowflakeHarness();
  file = await harness.stage({ partition: ALPHA, name: 'a', rows: rowsOf(['1', '2']) });
  await harness.warehouse.register(ALPHA, [file]);
});
afterEach(() => harness.close());

const totals = () => harness.warehouse.totals(PERIOD, [ALPHA.payer, BETA.payer]);
const NONE = { costs: [], findings: [], failedChecks: [], unknownChecks: [] };
const TWO = { ...NONE, costs: [{ currency: null, cost: 2 }] };

it('totals read publications and findings, and no line items, where publications say their costs', async () => {
  const { costs } = TWO;
  await harness.warehouse.publish(PERIOD, 1, [
    { ...publicationOf(ALPHA, [file]), costs },
    { ...publicationOf(BETA, []), costs: [] },
  ]);
  const asked = totals();
  expect(await harness.sent(() => asked)).toEqual([
    expect.stringMatching(/ from <publications> /),
    expect.stringMatching(/ from <findings> /),
    expect.stringMatching(/ from <checkRuns> /),
  ]);
  expect([...(await asked).values()]).toEqual([TWO, NONE]);
});

describe('a publication of an older release, which says no costs', () => {
  const OF_ALPHA = `year = 2026 and month = 10 and payer = '${ALPHA.payer}'`;
  beforeEach(() =>
    harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file]), { ...publicationOf(BETA, []), costs: [] }]),
  );

  it('is added up from the line items of that payer alone, once', async () => {
    const texts = await harness.sent(totals);
    const reading = texts.filter((text) => text.includes('<lineItemsView>'));
    expect(reading).toEqual([expect.stringContaining(`from <lineItemsView> where ${OF_ALPHA} )`)]);
    const again = totals();
    expect(await harness.sent(() => again)).toHaveLength(3);
    expect([...(await again).values()]).toEqual([TWO, NONE]);
  });

  it('is not added up while fewer rows can be read than were published: both numbers are named', async () => {
    harness.state.rowsLeftOut.set(file.stagedKey, 1);
    await expect(totals()).rejects.toThrow('1 of the 2 rows that are published can be read');
    harness.state.rowsLeftOut.clear();
    expect([...(await totals()).values()]).toEqual([TWO, NONE]);
  });

  it('that is published anew meanwhile keeps the costs of the new publication', async () => {
    const costs = [{ currency: 'USD', cost: 5 }];
    harness.state.beforeStatement = async (text) => {
      if (!text.startsWith('update <publications>')) return;
      harness.state.beforeStatement = async () => undefined;
      await (await harness.another()).warehouse.publish(PERIOD, 2, [{ ...publicationOf(ALPHA, [file]), costs }]);
    };
    await totals();
    expect((await totals()).get(ALPHA.payer)?.costs).toEqual(costs);
  });
});
