import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceViewSql, viewComment } from '../../../src/adapters/snowflake/view.ts';
import type { ColumnType } from '../../../src/billing/columnType.ts';
import { ALPHA, BETA, PERIOD, publicationOf, type Row, SMALL_REPORT } from '../../warehouse/harness.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';

let harness: SnowflakeHarness;
beforeEach(async () => {
  harness = await makeSnowflakeHarness();
});
afterEach(() => harness.close());

const COST = 'line_item_unblended_cost';
const AMOUNT = 'line_item_usage_amount';
const REPLACE = expect.stringMatching(/^create or replace view /);
const OBSERVE = expect.stringMatching(/^select typeof/);

function withType(name: string, type: string): ColumnType[] {
  return [...SMALL_REPORT.filter((column) => column.name !== name), { name, type }];
}

function stage(name: string, columns: readonly ColumnType[] = SMALL_REPORT, row: Row = {}) {
  const usual = { identity_line_item_id: name, bill_billing_period_start_date: '2026-10-01 00:00:00' };
  return harness.stage({ partition: ALPHA, name, rows: [{ ...usual, ...row }], columns });
}

const kept = () => harness.state.tables.columnsByValue.map(({ columnName }) => columnName).sort();
const comment = async () =>
  (
    await harness.session.run(
      'select comment from CUR_REACTOR.information_schema.views where table_schema = ? and table_name = ?',
      ['CUR', 'CUR_LINE_ITEMS'],
    )
  )[0]?.COMMENT;
const costs = () =>
  harness.state.read(`select ${COST} as cost from ${harness.names.lineItemsView}`, 'UTC').map(({ cost }) => cost);

describe('columns that are read by value', () => {
  it('are none while files have what AWS writes, and the view stays as it is', async () => {
    const sent = await harness.sent(async () => harness.warehouse.register(ALPHA, [await stage('a')]));
    expect(sent).not.toContainEqual(REPLACE);
    expect(kept()).toEqual([]);
  });

  it('are those of which a file has another type, and no others: the view is replaced before the file is published', async () => {
    const usual = await stage('usual', SMALL_REPORT, { [COST]: 2.5 });
    const unusual = await stage('unusual', withType(COST, 'string'), { [COST]: '1.25' });
    await harness.warehouse.register(ALPHA, [usual]);
    const sent = await harness.sent(() => harness.warehouse.register(ALPHA, [unusual]));
    expect(sent.filter((text) => text.startsWith('create'))).toEqual([REPLACE]);
    expect(harness.state.tables.columnsByValue).toEqual([{ columnName: COST, firstFile: unusual.stagedKey }]);
    expect(await harness.warehouse.audit(ALPHA, [usual, unusual])).toMatchObject([
      { rowsWithCost: 1, rowsOfImpossibleCost: 0, rowsOfOtherPeriods: 0 },
      { rowsWithCost: 1, rowsOfImpossibleCost: 0, rowsOfOtherPeriods: 0 },
    ]);
    await harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [usual, unusual])]);
    expect(costs()).toEqual([2.5, 1.25]);
  });

  it('are maps, too, from the first file on that has them', async () => {
    const product = { name: 'product', type: 'map<string,string>' };
    const legacy = await stage('legacy', withType('product_region', 'string'), { product_region: 'eu-west-1' });
    const cur2 = await stage('cur2', [...SMALL_REPORT, product], { product: { region: 'eu-north-1' } });
    await harness.warehouse.register(ALPHA, [legacy]);
    expect(kept()).toEqual([]);
    await harness.warehouse.register(ALPHA, [cur2]);
    expect(kept()).toEqual(['product']);
    await harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [legacy, cur2])]);
    const seen = harness.state.read(`select product_region as region from ${harness.names.lineItemsView}`, 'UTC');
    expect(seen.map(({ region }) => region)).toEqual(['eu-west-1', 'eu-north-1']);
  });

  it('cost nothing any more once they are known, in whichever process', async () => {
    await harness.warehouse.register(ALPHA, [await stage('a', withType(COST, 'string'), { [COST]: '1' })]);
    const { warehouse } = await harness.another();
    await warehouse.register(ALPHA, [await stage('b', withType(COST, 'string'), { [COST]: '1' })]);
    expect(harness.state.statements.filter((text) => text.startsWith('create or replace'))).toHaveLength(1);
    const file = await stage('c', withType(COST, 'string'), { [COST]: '1' });
    expect(await harness.sent(() => warehouse.register(ALPHA, [file]))).toHaveLength(1);
  });

  it('count a cost that is no number as impossible, and an empty one as none', async () => {
    const columns = withType(COST, 'string');
    const files = [
      await stage('a', columns, { [COST]: 'much' }),
      await stage('b', columns, { [COST]: '' }),
      await stage('c', columns, { [COST]: 'NaN' }),
    ];
    await harness.warehouse.register(ALPHA, files);
    expect(await harness.warehouse.audit(ALPHA, files)).toMatchObject([
      { rowsWithCost: 1, rowsOfImpossibleCost: 1 },
      { rowsWithCost: 0, rowsOfImpossibleCost: 0 },
      { rowsWithCost: 1, rowsOfImpossibleCost: 1 },
    ]);
  });

  it('are all of them where an older release has published files, about whose types nobody knows', async () => {
    harness.state.tables.columnsByValue.push({ columnName: '*', firstFile: 'of an older release' });
    const { warehouse } = await harness.another();
    const file = await stage('a', withType(COST, 'string'), { [COST]: '1.5' });
    await warehouse.register(ALPHA, [file]);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
    expect(kept()).toEqual(['*']);
    expect(costs()).toEqual([1.5]);
    expect(await comment()).toBe(viewComment(harness.names, new Set(['*'])));
  });

  it('are all timestamps where an account does not show instants as instants', async () => {
    harness.state.utcTimestampsAre = 'TIMESTAMP_NTZ';
    const sent = await harness.sent(async () => harness.warehouse.register(ALPHA, [await stage('a')]));
    expect(sent).toContainEqual(OBSERVE);
    expect(kept()).toEqual([
      'bill_billing_period_end_date',
      'bill_billing_period_start_date',
      'line_item_usage_end_date',
      'line_item_usage_start_date',
    ]);
  });

  it('are all timestamps then, also where the first attempt to say so failed', async () => {
    harness.state.utcTimestampsAre = 'TIMESTAMP_NTZ';
    harness.state.beforeStatement = async (text) => {
      if (text.startsWith('insert into <columnsByValue>')) throw new Error('no warehouse can be resumed');
    };
    const file = await stage('a');
    await expect(harness.warehouse.register(ALPHA, [file])).rejects.toThrow();
    harness.state.beforeStatement = async () => undefined;
    await harness.warehouse.register(ALPHA, [file]);
    expect(kept()).toHaveLength(4);
  });

  it('are looked for once a process for each kind of instants, and again where a file had no value', async () => {
    const empty = await harness.stage({ partition: BETA, name: 'empty', rows: [] });
    const observations = async (...files: Awaited<ReturnType<typeof stage>>[]) => {
      const sent = await harness.sent(() => harness.warehouse.register(ALPHA, files));
      return sent.filter((text) => text.startsWith('select typeof')).length;
    };
    await harness.warehouse.register(BETA, [empty]);
    expect(await observations(await stage('a'))).toBe(1);
    expect(await observations(await stage('b'))).toBe(0);
    const other = withType('bill_billing_period_start_date', 'timestamp_utc_converted');
    expect(await observations(await stage('c', other))).toBe(1);
  });
});

describe('the contract view', () => {
  it('is replaced by the first registration of a process when it is another release’s', async () => {
    await harness.session.run(replaceViewSql(harness.names, new Set([AMOUNT])));
    const { warehouse } = await harness.another();
    expect(await harness.sent(async () => warehouse.register(ALPHA, [await stage('a')]))).toContainEqual(REPLACE);
    expect(await comment()).toBe(viewComment(harness.names, new Set()));
  });

  it('knows what every process has found, whichever replaces it last', async () => {
    const others = await harness.another();
    await Promise.all(
      [harness.warehouse, others.warehouse].map(async (each) => each.register(ALPHA, [await stage('z')])),
    );
    // The other process adds a column between this one's look at the table and its view.
    let isOthersTurn = true;
    harness.state.beforeStatement = async (text) => {
      if (!isOthersTurn || !text.startsWith('create or replace view')) return;
      isOthersTurn = false;
      await others.warehouse.register(ALPHA, [await stage('b', withType(AMOUNT, 'string'), { [AMOUNT]: '2' })]);
    };
    await harness.warehouse.register(ALPHA, [await stage('a', withType(COST, 'string'), { [COST]: '1' })]);
    expect(kept()).toEqual([COST, AMOUNT]);
    expect(await comment()).toBe(viewComment(harness.names, new Set([COST, AMOUNT])));
  });

  it('has what was found before it could not be replaced, once this process registers anything, or the next one begins', async () => {
    const others = await harness.another();
    await harness.warehouse.register(ALPHA, [await stage('usual')]);
    harness.state.beforeStatement = async (text) => {
      if (text.startsWith('create or replace view')) throw new Error('the process is gone');
    };
    const file = await stage('a', withType(COST, 'string'), { [COST]: '1' });
    await expect(harness.warehouse.register(ALPHA, [file])).rejects.toThrow();
    expect(kept()).toEqual([COST]);
    harness.state.beforeStatement = async () => undefined;
    expect(await comment()).toBe(viewComment(harness.names, new Set()));
    await harness.warehouse.register(ALPHA, [await stage('other')]);
    expect(await comment()).toBe(viewComment(harness.names, new Set([COST])));
    await harness.session.run(replaceViewSql(harness.names, new Set()));
    await others.warehouse.register(ALPHA, [await stage('another')]);
    expect(await comment()).toBe(viewComment(harness.names, new Set([COST])));
  });
});
