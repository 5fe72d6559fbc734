import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePeriod } from '../../../src/billing/period.ts';
import { ALPHA, BETA, PERIOD, publicationOf } from '../../warehouse/harness.ts';
import { type DuckdbHarness, makeDuckdbHarness } from './harness.ts';
import { columns, lineItems, publishReport, writeTexts } from './stagedReports.ts';

let harness: DuckdbHarness;
beforeEach(async () => {
  harness = await makeDuckdbHarness();
});
afterEach(() => harness.close());

describe('columns of reports', () => {
  it('that a later file is the first to have are NULL in the rows of earlier files', async () => {
    const early = { columns: columns({}), rows: [{ identity_line_item_id: 'a' }] };
    const late = {
      columns: columns({ product_vcpu: 'string', discount: 'map<string,double>', cost_category_team: 'string' }),
      rows: [{ identity_line_item_id: 'b', product_vcpu: '2', discount: { edp: -0.5 }, cost_category_team: 'red' }],
    };
    const shown = () =>
      lineItems(harness, `product_vcpu as vcpu, discount['edp'] as edp, cost_category['team'] as team`);
    await publishReport(harness, ALPHA, { early });
    expect(await shown()).toEqual([{ vcpu: null, edp: null, team: null }]);
    await publishReport(harness, ALPHA, { early, late });
    expect(await shown()).toEqual([
      { vcpu: null, edp: null, team: null },
      { vcpu: '2', edp: '-0.5', team: 'red' },
    ]);
  });

  it('that the contract does not read are left out, whatever types they have: no payer pays for another’s', async () => {
    const columnNames = () =>
      harness.query("select column_name from duckdb_columns() where table_name = 'cur_external'");
    const before = await columnNames();
    const tags = Array.from({ length: 300 }, (_, index) => [`resource_tags_user_t${index}`, 'string']);
    await publishReport(harness, ALPHA, {
      numbers: {
        columns: columns({ size: 'int', note: 'double', ...Object.fromEntries(tags) }),
        rows: [{ identity_line_item_id: 'a', size: 1, note: 0.5, resource_tags_user_t299: 'x' }],
      },
      texts: {
        columns: columns({ size: 'string', note: 'map<string,string>' }),
        rows: [{ identity_line_item_id: 'b', size: 'x', note: { k: 'v' } }],
      },
    });
    const read = ['identity_line_item_id', 'resource_tags'];
    expect(await columnNames()).toEqual([...before, ...read.map((column_name) => ({ column_name }))]);
    expect(await lineItems(harness, 'cast(to_json(resource_tags) as VARCHAR) as tags')).toEqual([
      { tags: '{"user_t299":"x"}' },
      { tags: null },
    ]);
  });

  it('may differ from file to file: what a file lacks is NULL in its rows', async () => {
    await publishReport(harness, ALPHA, {
      october: {
        columns: columns({ product_region: 'string' }),
        rows: [{ identity_line_item_id: 'a', product_region: 'x' }],
      },
      november: {
        columns: columns({ product_sku: 'string', resource_tags_user_team: 'int' }),
        rows: [{ identity_line_item_id: 'b', product_sku: '2', resource_tags_user_team: 7 }],
      },
    });
    expect(await lineItems(harness, `product_region, product_sku, resource_tags['user_team'] as team`)).toEqual([
      { product_region: 'x', product_sku: null, team: null },
      { product_region: null, product_sku: '2', team: '7' },
    ]);
  });

  it('that differ only in case are one to the contract, from file to file', async () => {
    await publishReport(harness, ALPHA, {
      upper: { columns: columns({ Product_SKU: 'string' }), rows: [{ identity_line_item_id: 'a', Product_SKU: '1' }] },
      lower: { columns: columns({ product_sku: 'string' }), rows: [{ identity_line_item_id: 'b', product_sku: '2' }] },
    });
    expect(await lineItems(harness, 'product_sku')).toEqual([{ product_sku: '1' }, { product_sku: '2' }]);
  });

  it('never take each other’s values, however alike their names are', async () => {
    const names = fc.array(fc.constantFrom('q', 'Q', 'q_1', 'Q_1', 'q_1_1', 'q_2', 'é', 'É'), {
      minLength: 1,
      maxLength: 8,
    });
    let file = 0;
    await fc.assert(
      fc.asyncProperty(names, async (tags) => {
        file += 1;
        const partition = { ...ALPHA, period: parsePeriod(`${2000 + (file % 90)}-${file % 2 ? '01' : '02'}`) };
        const staged = writeTexts(
          harness,
          partition,
          `f${file}`,
          tags.map((tag) => `resource_tags_user_${tag}`),
        );
        expect(await harness.warehouse.register(partition, [staged])).toMatchObject([{ status: 'registered' }]);
        const [row] = await harness.query(
          `select resource_tags as tags from cur_external where staged_key = '${staged.stagedKey}'`,
        );
        const expected = Object.fromEntries(tags.map((tag, index) => [`user_${tag}`, String(index)]).toReversed());
        expect(JSON.parse(String(row?.tags))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('may have hostile names, as tags and beside them', async () => {
    const hostile = [
      'select',
      `a"b'c`,
      'path_of_staged_file',
      'two words',
      '; drop table cur_external; --',
      'É',
      'é',
      '$payer',
      '%',
    ];
    const tags = hostile.map((name) => `resource_tags_user_${name}`);
    const names = [...hostile, ...tags];
    await publishReport(harness, ALPHA, {
      a: {
        columns: columns(Object.fromEntries(names.map((name) => [name, 'string']))),
        rows: [{ identity_line_item_id: 'a', ...Object.fromEntries(names.map((name) => [name, `value of ${name}`])) }],
      },
    });
    const [row] = await lineItems(harness, 'cast(to_json(resource_tags) as VARCHAR) as tags');
    expect(JSON.parse(String(row?.tags))).toEqual(
      Object.fromEntries(hostile.map((name) => [`user_${name}`, `value of resource_tags_user_${name}`])),
    );
  });

  it('named like the partition change nothing: the partition is not taken from rows', async () => {
    await publishReport(harness, ALPHA, {
      a: {
        columns: columns({ Payer: 'string', year: 'int', staged_key: 'string' }),
        rows: [{ identity_line_item_id: 'a', Payer: '999999999999', year: 1999, staged_key: 'elsewhere' }],
      },
    });
    expect(await lineItems(harness, 'payer, year, month')).toEqual([{ payer: ALPHA.payer, year: 2026, month: 10 }]);
  });

  it.each([
    ['a MAP of strings', `MAP {'team': 'red', 'n': '1'}`, 'map<string,string>', { team: 'red', n: '1' }],
    ['a MAP of doubles', `MAP {'n': 1.5::DOUBLE}`, 'map<string,double>', { n: '1.5' }],
    ['a MAP of whole numbers', `MAP {'n': 1, 'm': null}`, 'other', { n: '1' }],
    ['a MAP of lists', `MAP {'n': [1, 2]}`, 'other', { n: '[1,2]' }],
    [
      'a STRUCT with a field per key',
      `{'team': 'red', 'n': 1, 'none': null::VARCHAR}`,
      'other',
      { team: 'red', n: '1' },
    ],
    [
      'a LIST of pairs',
      `[{'key': 'team', 'value': 'red'}, {'key': 'n', 'value': '1'}]`,
      'other',
      { team: 'red', n: '1' },
    ],
    ['a LIST of pairs, one of them twice', `[{'key': 'n', 'value': 1}, {'key': 'n', 'value': 2}]`, 'other', { n: '1' }],
    ['a LIST of maps', `[MAP {'team': 'red'}, MAP {'n': '1'}]`, 'other', { team: 'red', n: '1' }],
    ['an empty LIST', `[]::STRUCT("key" VARCHAR, "value" VARCHAR)[]`, 'other', {}],
    ['a LIST of what is not a pair', `['red', '1']`, 'other', { resource_tags: '["red","1"]' }],
    ['JSON text', `'{"team": "red", "n": 1, "deep": {"a": 1}}'`, 'string', { team: 'red', n: '1', deep: '{"a":1}' }],
    ['JSON text of pairs', `'[{"key": "team", "value": "red"}]'`, 'string', { team: 'red' }],
    ['empty JSON text', `'{}'`, 'string', {}],
    ['Athena’s text', `'{team=red, path=a=b, none=}'`, 'string', { team: 'red', path: 'a=b', none: '' }],
    ['Athena’s text of a value with a comma', `'{team=red, blue}'`, 'string', { resource_tags: '{team=red, blue}' }],
    ['other text', `'team red'`, 'string', { resource_tags: 'team red' }],
    ['a number', '7', 'int', { resource_tags: '7' }],
    ['empty text', `''`, 'string', null],
    ['NULL', 'null::VARCHAR', 'string', null],
    ['NULL of a LIST', 'null::MAP(VARCHAR, INTEGER)[]', 'other', null],
  ])('that are maps may be written as %s', async (_, value, type, expected) => {
    const file = await harness.stage({ partition: ALPHA, name: 'a', rows: [] });
    await harness.query(
      `copy (select 'a' as identity_line_item_id, ${value} as resource_tags) to '${harness.stagingRoot}/${file.stagedKey}'`,
    );
    const staged = { ...file, rows: 1, columns: columns({ resource_tags: type }) };
    expect(await harness.warehouse.register(ALPHA, [staged])).toMatchObject([{ status: 'registered' }]);
    await harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [staged])]);
    const [row] = await lineItems(harness, 'cast(to_json(resource_tags) as VARCHAR) as tags');
    expect(JSON.parse(String(row?.tags))).toEqual(expected);
  });

  it('that the contract wants as numbers are read strictly: other text fails its file only', async () => {
    const text = columns({ line_item_unblended_cost: 'string' });
    const cost = (id: string, value: string) => ({
      columns: text,
      rows: [{ identity_line_item_id: id, line_item_unblended_cost: value }],
    });
    const bad = await harness.stage({ partition: BETA, name: 'bad', ...cost('x', 'twelve') });
    expect(await harness.warehouse.register(BETA, [bad])).toEqual([
      { stagedKey: bad.stagedKey, status: 'failed', reason: expect.stringContaining('twelve') },
    ]);
    await publishReport(harness, ALPHA, { a: cost('a', '1.25'), b: cost('b', '') });
    expect(await lineItems(harness, 'line_item_unblended_cost as cost')).toEqual([{ cost: 1.25 }, { cost: null }]);
  });
});
