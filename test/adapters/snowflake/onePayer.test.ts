import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Partition } from '../../../src/billing/partition.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { costsOf } from '../../../src/warehouse/currencyCosts.ts';
import { PERIOD, publicationOf, rowsOf } from '../../warehouse/harness.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';

const PAYERS = 1_000;
const [CHANGED, ...OTHERS] = Array.from(
  { length: PAYERS },
  (_, index): Partition => ({ payer: parsePayer(String(100_000_000_000 + index)), period: PERIOD }),
) as [Partition, ...Partition[]];

let harness: SnowflakeHarness;
beforeEach(async () => {
  harness = await makeSnowflakeHarness();
});
afterEach(() => harness.close());

/** What a run sends in which one payer's set replaces another, beside those that are published. */
async function sentBeside(others: readonly Partition[]): Promise<string[]> {
  const { warehouse } = harness;
  const stage = (name: string) => harness.stage({ partition: CHANGED, name, rows: rowsOf([name]) });
  const [old, fresh] = [await stage('old'), await stage('fresh')];
  await warehouse.register(CHANGED, [old]);
  const published = [
    publicationOf(CHANGED, [old]),
    ...others.map((other) => publicationOf(other, [{ ...old, stagedKey: `${other.payer}` }])),
  ];
  await warehouse.publish(PERIOD, 1, published);
  const { payer } = CHANGED;
  return harness.sent(async () => {
    await warehouse.raiseFence(PERIOD, 2);
    await warehouse.published(PERIOD, [payer]);
    await warehouse.register(CHANGED, [fresh]);
    const costs = costsOf(await warehouse.audit(CHANGED, [fresh]));
    await warehouse.publish(PERIOD, 2, [{ ...publicationOf(CHANGED, [fresh]), costs }]);
    await warehouse.unregister(PERIOD, 2, [{ payer, stagedKeys: [old.stagedKey] }]);
    await warehouse.totals(PERIOD, [payer]);
  });
}

/** The tables and views with rows of payers. */
const OF_PAYERS = /<(externalTable|currentFiles|publications|findings|lineItemsView)>/g;
const OF_THIS_PAYER = new RegExp(
  String.raw`\byear = 2026 and (\w+\.)?month = 10 and (\w+\.)?payer = '${CHANGED.payer}'`,
  'g',
);

describe('a run for one payer of a month', () => {
  it('sends the same statements in a stage of 1,000 payers as in a stage of one', async () => {
    const alone = await sentBeside([]);
    await harness.close();
    harness = await makeSnowflakeHarness();
    expect(await sentBeside(OTHERS)).toEqual(alone);
  });

  it('scans no other payer’s rows: each statement names this payer and month alone, as literals', async () => {
    const texts = await sentBeside(OTHERS);
    const reading = texts.filter(
      (text) => text.match(OF_PAYERS) && !/^(insert into <publications>|alter external table)/.test(text),
    );
    expect(reading).toHaveLength(8);
    for (const text of reading) expect([text, text.match(OF_THIS_PAYER)?.length]).toEqual([text, 1]);
    const altering = texts.filter((text) => text.startsWith('alter external table'));
    expect(altering).toHaveLength(2);
    for (const text of altering)
      expect(text).toMatch(new RegExp(String.raw`files \('[^']*/payer-${CHANGED.payer}/[^']*'\)$`));
    expect(texts.filter((text) => text.includes('external_table_files'))).toEqual([]);
    for (const text of texts) expect(text).not.toMatch(/(year|month|payer) (= \?|in \(select)/);
  });
});
