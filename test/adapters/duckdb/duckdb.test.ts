import { mkdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDuckdbWarehouse } from '../../../src/adapters/duckdb/warehouse.ts';
import type { ColumnType } from '../../../src/billing/columnType.ts';
import { type Partition, partitionName, partitionPrefix } from '../../../src/billing/partition.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { lineItemColumns, partitionColumns } from '../../../src/warehouse/lineItems.ts';
import { FencedOff, type StagedFile } from '../../../src/warehouse/warehouse.ts';
import { describeWarehouseContract } from '../../warehouse/contract.ts';
import { ALPHA, BETA, PERIOD, publicationOf, type Row, rowsOf, runOf } from '../../warehouse/harness.ts';
import { runScript } from '../../warehouse/runScript.ts';
import { type DuckdbHarness, makeDuckdbHarness } from './harness.ts';

describeWarehouseContract('DuckDB', makeDuckdbHarness);

let harness: DuckdbHarness;
beforeEach(async () => {
  harness = await makeDuckdbHarness();
});
afterEach(() => harness.close());

/** Stages, registers and publishes files of one partition. Columns and rows by file name. */
async function publishReport(
  partition: Partition,
  files: Readonly<Record<string, { columns: readonly ColumnType[]; rows: readonly Row[] }>>,
): Promise<StagedFile[]> {
  const staged: StagedFile[] = [];
  for (const [name, file] of Object.entries(files)) staged.push(await harness.stage({ partition, name, ...file }));
  const statuses = await harness.warehouse.register(partition, staged);
  expect(statuses.filter(({ status }) => status === 'failed')).toEqual([]);
  await harness.warehouse.publish(partition.period, 1, [publicationOf(partition, staged)]);
  return staged;
}

function columns(types: Readonly<Record<string, string>>): ColumnType[] {
  return Object.entries({ identity_line_item_id: 'string', ...types }).map(([name, type]) => ({ name, type }));
}

/** Writes a staged file of one row, whose columns hold their own index; names may repeat. */
function writeTexts(partition: Partition, name: string, names: readonly string[]): StagedFile {
  const stagedKey = `${partitionPrefix(partition)}${name}.parquet`;
  const filename = path.join(harness.stagingRoot, stagedKey);
  mkdirSync(path.dirname(filename), { recursive: true });
  parquetWriteFile({
    filename,
    columnData: names.map((column, index) => ({ name: column, data: [String(index)], type: 'STRING' })),
  });
  const types = names.map((column) => ({ name: column, type: 'string' }));
  return { stagedKey, rows: 1, sizeBytes: 1, columns: types };
}

const lineItems = (selected: string) =>
  harness.query(`select ${selected} from cur_line_items order by identity_line_item_id`);

describe('columns of reports', () => {
  it('that the contract does not read are left out, whatever types they have: no payer pays for another’s', async () => {
    const before = await harness.query("select column_name from duckdb_columns() where table_name = 'cur_external'");
    const tags = Array.from({ length: 300 }, (_, index) => [`resource_tags_user_t${index}`, 'string']);
    await publishReport(ALPHA, {
      numbers: {
        columns: columns({ size: 'int', note: 'double', ...Object.fromEntries(tags) }),
        rows: [{ identity_line_item_id: 'a', size: 1, note: 0.5, resource_tags_user_t299: 'x' }],
      },
      texts: {
        columns: columns({ size: 'string', note: 'map<string,string>' }),
        rows: [{ identity_line_item_id: 'b', size: 'x', note: { k: 'v' } }],
      },
    });
    expect(await harness.query("select column_name from duckdb_columns() where table_name = 'cur_external'")).toEqual(
      before,
    );
    expect(await lineItems('cast(to_json(resource_tags) as VARCHAR) as tags')).toEqual([
      { tags: '{"user_t299":"x"}' },
      { tags: null },
    ]);
  });

  it('may differ from file to file: what a file lacks is NULL in its rows', async () => {
    await publishReport(ALPHA, {
      october: {
        columns: columns({ product_region: 'string' }),
        rows: [{ identity_line_item_id: 'a', product_region: 'x' }],
      },
      november: {
        columns: columns({ product_sku: 'string', resource_tags_user_team: 'int' }),
        rows: [{ identity_line_item_id: 'b', product_sku: '2', resource_tags_user_team: 7 }],
      },
    });
    expect(await lineItems(`product_region, product_sku, resource_tags['user_team'] as team`)).toEqual([
      { product_region: 'x', product_sku: null, team: null },
      { product_region: null, product_sku: '2', team: '7' },
    ]);
  });

  it('that differ only in case are one to the contract, from file to file', async () => {
    await publishReport(ALPHA, {
      upper: { columns: columns({ Product_SKU: 'string' }), rows: [{ identity_line_item_id: 'a', Product_SKU: '1' }] },
      lower: { columns: columns({ product_sku: 'string' }), rows: [{ identity_line_item_id: 'b', product_sku: '2' }] },
    });
    expect(await lineItems('product_sku')).toEqual([{ product_sku: '1' }, { product_sku: '2' }]);
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
          partition,
          `f${file}`,
          tags.map((tag) => `resource_tags_user_${tag}`),
        );
        expect(await harness.warehouse.register(partition, [staged])).toMatchObject([{ status: 'registered' }]);
        const [row] = await harness.query(
          `select cast(to_json(resource_tags_gathered) as VARCHAR) as tags from cur_external where staged_key = '${staged.stagedKey}'`,
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
    await publishReport(ALPHA, {
      a: {
        columns: columns(Object.fromEntries(names.map((name) => [name, 'string']))),
        rows: [{ identity_line_item_id: 'a', ...Object.fromEntries(names.map((name) => [name, `value of ${name}`])) }],
      },
    });
    const [row] = await lineItems('cast(to_json(resource_tags) as VARCHAR) as tags');
    expect(JSON.parse(String(row?.tags))).toEqual(
      Object.fromEntries(hostile.map((name) => [`user_${name}`, `value of resource_tags_user_${name}`])),
    );
  });

  it('named like the partition change nothing: the partition is not taken from rows', async () => {
    await publishReport(ALPHA, {
      a: {
        columns: columns({ Payer: 'string', year: 'int', staged_key: 'string' }),
        rows: [{ identity_line_item_id: 'a', Payer: '999999999999', year: 1999, staged_key: 'elsewhere' }],
      },
    });
    expect(await lineItems('payer, year, month')).toEqual([{ payer: ALPHA.payer, year: 2026, month: 10 }]);
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
    const [row] = await lineItems('cast(to_json(resource_tags) as VARCHAR) as tags');
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
    await publishReport(ALPHA, { a: cost('a', '1.25'), b: cost('b', '') });
    expect(await lineItems('line_item_unblended_cost as cost')).toEqual([{ cost: 1.25 }, { cost: null }]);
  });
});

describe('staged files', () => {
  it('may have wildcards and quotes in their names: never another file is read', async () => {
    const names = ['a*b', 'axb', 'q?', 'qq', 'c[1]', 'c1', `it's "x"`, 'né 😀'];
    const files = Object.fromEntries(names.map((name) => [name, { columns: columns({}), rows: rowsOf([name]) }]));
    await publishReport(ALPHA, files);
    const rows = await lineItems('identity_line_item_id as id, staged_key');
    expect(rows).toHaveLength(names.length);
    for (const { id, staged_key } of rows) expect(String(staged_key).endsWith(`/${id}.parquet`)).toBe(true);
  });

  it('outside the staging folder are refused', async () => {
    const file = await harness.stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    const outside = { ...file, stagedKey: `../staging/${file.stagedKey}` };
    expect(await harness.warehouse.register(ALPHA, [outside, file])).toEqual([
      { stagedKey: outside.stagedKey, status: 'failed', reason: expect.stringContaining('below the staging root') },
      { stagedKey: file.stagedKey, status: 'registered' },
    ]);
  });

  it('load in more than one batch, a broken one among them', async () => {
    const files: StagedFile[] = [];
    for (let n = 0; n < 150; n++)
      files.push(await harness.stage({ partition: ALPHA, name: `f${n}`, rows: rowsOf([`${n}`]) }));
    const broken = files[70];
    if (!broken) throw new Error('staged 150 files');
    await harness.corrupt(broken);
    const statuses = await harness.warehouse.register(ALPHA, files);
    expect(statuses.filter(({ status }) => status === 'failed').map(({ stagedKey }) => stagedKey)).toEqual([
      broken.stagedKey,
    ]);
    const audits = await harness.warehouse.audit(ALPHA, files);
    expect(audits.filter(({ rows }) => rows !== 1)).toEqual([
      { stagedKey: broken.stagedKey, rows: 0, rowsOfOtherPeriods: 0, rowsWithCost: 0, rowsOfImpossibleCost: 0 },
    ]);
  });
});

describe('the contract view', () => {
  const view = () =>
    harness.query(`select column_name, data_type from duckdb_columns() where table_name = 'cur_line_items'`);

  it('has the contract columns and types before and after any report, whatever its kind', async () => {
    const contract = [
      ...partitionColumns,
      ...lineItemColumns.map(({ name, type }) => ({ name, type: type === 'MAP' ? 'MAP(VARCHAR, VARCHAR)' : type })),
      { name: 'amortized_cost', type: 'DOUBLE' },
    ].map(({ name, type }) => ({ column_name: name, data_type: type }));
    expect(await view()).toEqual(contract);
    await publishReport(ALPHA, {
      a: {
        columns: columns({
          bill_billing_period_start_date: 'bigint',
          line_item_usage_amount: 'int',
          resource_tags_user_x: 'double',
        }),
        rows: [],
      },
    });
    expect(await view()).toEqual(contract);
  });

  it('shows CUR 2.0 maps and legacy columns as the same columns', async () => {
    await publishReport(ALPHA, {
      legacy: {
        columns: columns({
          product_region: 'string',
          product_instance_type: 'string',
          resource_tags_user_team: 'string',
          resource_tags_aws_created_by: 'string',
        }),
        rows: [
          {
            identity_line_item_id: 'a',
            product_region: 'eu-west-1',
            product_instance_type: 'm5.large',
            resource_tags_user_team: 'red',
            resource_tags_aws_created_by: '',
          },
        ],
      },
      cur2: {
        columns: columns({
          product_region_code: 'string',
          product: 'map<string,string>',
          resource_tags: 'map<string,string>',
        }),
        rows: [
          {
            identity_line_item_id: 'b',
            product_region_code: 'eu-west-1',
            product: { instance_type: 'm5.large', region: 'not first' },
            resource_tags: { user_team: 'red' },
          },
          {
            identity_line_item_id: 'c',
            product_region_code: '',
            product: { instance_type: '', region: 'eu-west-1' },
            resource_tags: {},
          },
        ],
      },
    });
    const selected = `product_region, product_instance_type, resource_tags['user_team'] as team, resource_tags['aws_created_by'] as by`;
    const same = { product_region: 'eu-west-1', product_instance_type: 'm5.large', team: 'red', by: null };
    expect(await lineItems(selected)).toEqual([same, same, { ...same, product_instance_type: null, team: null }]);
  });

  it('shows an empty string as NULL, and a legacy row without any tag as one without tags', async () => {
    await publishReport(ALPHA, {
      a: {
        columns: columns({ line_item_resource_id: 'string', resource_tags_user_team: 'string' }),
        rows: [{ identity_line_item_id: 'a', line_item_resource_id: '', resource_tags_user_team: '' }],
      },
    });
    expect(await lineItems('line_item_resource_id as id, resource_tags as tags')).toEqual([{ id: null, tags: null }]);
  });

  it('amortizes the cost by line-item type', async () => {
    const types = {
      line_item_line_item_type: 'string',
      line_item_unblended_cost: 'double',
      savings_plan_savings_plan_effective_cost: 'double',
      savings_plan_total_commitment_to_date: 'double',
      savings_plan_used_commitment: 'double',
      reservation_effective_cost: 'double',
      reservation_unused_amortized_upfront_fee_for_billing_period: 'double',
      reservation_unused_recurring_fee: 'double',
      reservation_reservation_a_r_n: 'string',
    };
    const amounts = {
      line_item_unblended_cost: 100,
      savings_plan_savings_plan_effective_cost: 7,
      savings_plan_total_commitment_to_date: 50,
      savings_plan_used_commitment: 20,
      reservation_effective_cost: 9,
      reservation_unused_amortized_upfront_fee_for_billing_period: 3,
      reservation_unused_recurring_fee: 4,
    };
    const expected: [type: string, arn: string, cost: number][] = [
      ['SavingsPlanCoveredUsage', '', 7],
      ['SavingsPlanRecurringFee', '', 30],
      ['SavingsPlanNegation', '', 0],
      ['SavingsPlanUpfrontFee', '', 0],
      ['DiscountedUsage', 'arn', 9],
      ['RIFee', 'arn', 7],
      ['Fee', 'arn', 0],
      ['Fee', '', 100],
      ['Usage', '', 100],
      ['Tax', '', 100],
      ['Credit', '', 100],
    ];
    await publishReport(ALPHA, {
      a: {
        columns: columns(types),
        rows: expected.map(([type, arn], index) => ({
          ...amounts,
          identity_line_item_id: String(index).padStart(2, '0'),
          line_item_line_item_type: type,
          reservation_reservation_a_r_n: arn,
        })),
      },
    });
    expect(await lineItems('line_item_line_item_type as type, amortized_cost as cost')).toEqual(
      expected.map(([type, , cost]) => ({ type, cost })),
    );
  });
});

describe('the database file', () => {
  it('shows a reader the old set or the new set while publications run, never a mix', async () => {
    const sets: StagedFile[][] = [];
    for (const set of ['old', 'new']) {
      const files: StagedFile[] = [];
      for (const part of [1, 2, 3])
        files.push(await harness.stage({ partition: ALPHA, name: `${set}${part}`, rows: rowsOf([`${set}${part}`]) }));
      await harness.warehouse.register(ALPHA, files);
      sets.push(files);
    }
    let isPublishing = true;
    const writer = (async () => {
      for (let epoch = 1; epoch <= 40; epoch++) {
        await harness.warehouse.publish(PERIOD, epoch, [publicationOf(ALPHA, sets[epoch % 2] ?? [])]);
      }
      isPublishing = false;
    })();
    const seen = new Set<string>();
    do {
      seen.add((await harness.visibleRows(ALPHA)).join());
    } while (isPublishing);
    await writer;
    for (const set of seen) expect(['', 'new1,new2,new3', 'old1,old2,old3']).toContain(set);
    expect(await harness.visibleRows(ALPHA)).toEqual(['old1', 'old2', 'old3']);
  });

  it('takes calls at the same time: their transactions do not get into one another', async () => {
    const partitions = [ALPHA, BETA, { payer: ALPHA.payer, period: parsePeriod('2026-09') }];
    const staged = new Map<Partition, StagedFile>();
    for (const partition of partitions) {
      staged.set(partition, await harness.stage({ partition, name: 'a', rows: rowsOf([partitionName(partition)]) }));
    }
    await Promise.all(
      [...staged].map(async ([partition, file]) => {
        await harness.warehouse.register(partition, [file]);
        await harness.warehouse.publish(partition.period, 1, [publicationOf(partition, [file])]);
      }),
    );
    for (const partition of partitions)
      expect(await harness.visibleRows(partition)).toEqual([partitionName(partition)]);
  });

  it('bounds DuckDB’s memory as it is configured, else by half of the machine’s, and spills beside the database', async () => {
    const settings = async () => {
      const [row] = await harness.query(
        `select current_setting('memory_limit') as memory, current_setting('temp_directory') as spill`,
      );
      return row;
    };
    const [, amount, unit] = /^([\d.]+) (MiB|GiB)$/.exec(String((await settings())?.memory)) ?? [];
    const limitBytes = Number(amount) * (unit === 'GiB' ? 1024 ** 3 : 1024 ** 2);
    expect(limitBytes).toBeLessThanOrEqual(totalmem() * 0.51);
    expect(await settings()).toMatchObject({ spill: `${harness.path}.tmp` });
    const options = { ...harness, analyticsStatements: () => [] };
    const warehouse = await openDuckdbWarehouse({ ...options, memoryLimitBytes: 300 * 1024 ** 2 });
    expect(await settings()).toMatchObject({ memory: '300.0 MiB' });
    await warehouse.close();
    for (const memoryLimitBytes of [0, 1024, 3e8 + 0.5, Number.NaN]) {
      await expect(openDuckdbWarehouse({ ...options, memoryLimitBytes })).rejects.toThrow(
        `memoryLimitBytes must be a whole number of at least 268435456, got ${memoryLimitBytes}`,
      );
    }
  });

  it('in memory belongs to one warehouse alone', async () => {
    const options = { path: ':memory:', stagingRoot: harness.stagingRoot, analyticsStatements: () => [] };
    const [one, other] = [await openDuckdbWarehouse(options), await openDuckdbWarehouse(options)];
    await one.raiseFence(PERIOD, 2);
    await other.raiseFence(PERIOD, 1);
    await one.close();
    await other.close();
  });
});

describe('a database that DuckDB has given up', () => {
  const broken = {
    name: 'WarehouseBroken',
    message: expect.stringMatching(/^the warehouse has to be opened again: .*abort/i),
  };

  beforeEach(async () => {
    const file = await harness.stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    await harness.warehouse.register(ALPHA, [file]);
    // Stands for an fsync that fails: the same kind of error at the same place.
    await harness.query("set global debug_checkpoint_abort = 'before_header'");
    await expect(harness.query('checkpoint')).rejects.toThrow('FATAL');
  });

  it('is reported by every method as what it is, with the first reason: no file and no script is blamed for it', async () => {
    const { warehouse } = harness;
    const file = await harness.stage({ partition: BETA, name: 'b', rows: rowsOf(['b1']) });
    await expect(warehouse.raiseFence(PERIOD, 1)).rejects.toMatchObject(broken);
    await expect(warehouse.register(BETA, [file, { ...file, stagedKey: 'c' }])).rejects.toMatchObject(broken);
    await expect(warehouse.audit(BETA, [file])).rejects.toMatchObject(broken);
    await expect(warehouse.publish(PERIOD, 1, [publicationOf(BETA, [file])])).rejects.toMatchObject(broken);
    await expect(warehouse.totals(PERIOD, [ALPHA.payer])).rejects.toMatchObject(broken);
    await expect(runScript(warehouse.script, runOf(1), [ALPHA.payer])).rejects.toMatchObject(broken);
    await expect(warehouse.summary()).rejects.toMatchObject(broken);
  });
});

describe('a database of an older release', () => {
  it('that has a column for each column of a report is written anew: tags are gathered, and readers see the same', async () => {
    const older = `${harness.path}.older`;
    const first = await openDuckdbWarehouse({ ...harness, path: older, analyticsStatements: () => [] });
    const staged = await harness.stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1', 'a2']) });
    await first.register(ALPHA, [staged]);
    await first.publish(PERIOD, 1, [publicationOf(ALPHA, [staged])]);
    await first.close();
    await withDatabase(older, async (run) => {
      await run('alter table cur_external drop column resource_tags_gathered');
      await run('alter table cur_external add column product_vcpu VARCHAR');
      for (const [tag, type] of [
        ['user_team', 'VARCHAR'],
        ['user_n', 'DOUBLE'],
        ['aws_by', 'VARCHAR'],
      ]) {
        await run(`alter table cur_external add column resource_tags_${tag} ${type}`);
      }
      await run(`update cur_external set resource_tags_user_team = 'red', resource_tags_user_n = 1.5, resource_tags_aws_by = ''
        where identity_line_item_id = 'a1'`);
    });
    for (const _ of [1, 2]) {
      const warehouse = await openDuckdbWarehouse({ ...harness, path: older, analyticsStatements: () => [] });
      expect(await warehouse.summary()).toMatchObject([{ rows: 2, cost: 2 }]);
      expect(await warehouse.register(ALPHA, [staged])).toMatchObject([{ status: 'registered' }]);
      expect(await warehouse.audit(ALPHA, [staged])).toMatchObject([{ rows: 2 }]);
      await warehouse.close();
    }
    await withDatabase(older, async (run) => {
      expect(
        await run(
          'select cast(to_json(resource_tags) as VARCHAR) as tags from cur_line_items order by identity_line_item_id',
        ),
      ).toEqual([{ tags: '{"user_n":"1.5","user_team":"red"}' }, { tags: null }]);
      expect(await run(`select * from duckdb_columns() where column_name = 'product_vcpu'`)).toEqual([]);
    });
  });
});

/** Works on a database file that nobody has open. */
async function withDatabase(
  file: string,
  work: (run: (sql: string) => Promise<Record<string, unknown>[]>) => Promise<void>,
): Promise<void> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await work(async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS());
  connection.closeSync();
  instance.closeSync();
}

describe('analytics', () => {
  it('that fail give the type and the words of DuckDB’s error, on one line', async () => {
    harness.script(['select 1', "insert into cur_findings\nselect 'x\u202e'::INTEGER"]);
    const state = await runScript(harness.warehouse.script, runOf(1), []);
    expect(state).toMatchObject({ is: 'failed', failure: { statement: 2, code: 'Binder Error' } });
    harness.script(["select 'x\u202e\n'::INTEGER"]);
    expect(await runScript(harness.warehouse.script, runOf(2), [])).toEqual({
      is: 'failed',
      failure: {
        statement: 1,
        code: 'Conversion Error',
        message: expect.stringMatching(/^statement 1 \(select 'x\\u\{202e\}\): Conversion Error: [^\n\u202e]*$/),
      },
    });
  });

  it('that were committed by a process that died before it could say so are not run again', async () => {
    harness.script([harness.insertFinding(ALPHA.payer), harness.insertFinding(BETA.payer)]);
    const [first, second] = harness.warehouse.script.steps(PERIOD, []);
    if (!first || !second) throw new Error('the script has two steps');
    await harness.warehouse.script.submit(runOf(1), first);
    const later = await openDuckdbWarehouse({ ...harness, analyticsStatements: () => [] });
    expect(await later.script.look(runOf(1), first, undefined)).toEqual({ is: 'done' });
    expect(await later.script.look(runOf(1), second, undefined)).toBeUndefined();
    expect(await later.script.submit(runOf(1), first)).toEqual({ is: 'done' });
    expect(await later.script.submit(runOf(1), second)).toEqual({ is: 'done' });
    await expect(later.script.look(runOf(0, 1), first, undefined)).rejects.toThrow(FencedOff);
    expect(await harness.analysed(PERIOD)).toEqual([ALPHA.payer, BETA.payer]);
    await later.close();
  });

  it('that are one step keep their temporary tables and settings, and leave none behind', async () => {
    harness.script([
      `create temporary table seen as select '${ALPHA.payer}' as payer`,
      "set search_path = 'information_schema'",
      `insert into main.cur_findings (payer, year, month, check_name, account, resource)
       select payer, 2026, 10, 'ran', '', '' from temp.seen`,
    ]);
    for (const number of [1, 2]) {
      expect(await runScript(harness.warehouse.script, runOf(number), [])).toEqual({ is: 'done' });
    }
    await harness.warehouse.raiseFence(PERIOD, 3);
    expect(await harness.analysed(PERIOD)).toEqual([ALPHA.payer, ALPHA.payer]);
  });

  it('run in a database of an older release', async () => {
    const path = `${harness.path}.old`;
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run('create table cur_fence (period VARCHAR primary key, epoch BIGINT)');
    await connection.run(`insert into cur_fence values ('${PERIOD}', 7)`);
    connection.closeSync();
    instance.closeSync();
    for (const number of [8, 9]) {
      const warehouse = await openDuckdbWarehouse({ ...harness, path, analyticsStatements: () => ['select 1'] });
      await expect(warehouse.raiseFence(PERIOD, 6)).rejects.toThrow(FencedOff);
      expect(await runScript(warehouse.script, runOf(number), [])).toEqual({ is: 'done' });
      await warehouse.close();
    }
  });

  it('are read back largest saving first, findings without one last', async () => {
    const instance = await DuckDBInstance.fromCache(harness.path);
    const connection = await instance.connect();
    await connection.run(`insert into cur_findings
        (payer, year, month, check_name, account, region, resource, monthly_cost, estimated_saving, currency)
      values ('111111111111', 2026, 10, 'small', 'acc', null, 'vol-1', 5, 1, 'USD'),
        ('111111111111', 2026, 10, 'unknown', '', 'eu-west-1', '', null, null, null),
        ('222222222222', 2026, 9, 'large', 'acc', 'eu-west-1', 'vol-2', 50, 40, 'USD')`);
    connection.closeSync();
    instance.closeSync();
    const found = await harness.warehouse.findings();
    expect(found.map(({ check }) => check)).toEqual(['large', 'small', 'unknown']);
    expect(found[0]).toEqual({
      check: 'large',
      payer: BETA.payer,
      period: '2026-09',
      account: 'acc',
      region: 'eu-west-1',
      resource: 'vol-2',
      monthlyCost: 50,
      estimatedSaving: 40,
      currency: 'USD',
    });
  });
});

it('amounts are the same, in whatever order their rows were added up', async () => {
  const instance = await DuckDBInstance.fromCache(harness.path);
  const connection = await instance.connect();
  await connection.run(`insert into cur_findings
      (payer, year, month, check_name, account, region, resource, monthly_cost, estimated_saving, currency)
    values ('111111111111', 2026, 10, 'b', 'acc', null, 'vol-1', 1473.2246029600024, 0.30000000000000004, 'USD'),
      ('111111111111', 2026, 10, 'a', 'acc', null, 'vol-2', 1473.224602960002, 0.3, 'USD')`);
  connection.closeSync();
  instance.closeSync();
  const amounts = { monthlyCost: 1473.22460296, estimatedSaving: 0.3 };
  expect(await harness.warehouse.findings()).toMatchObject([
    { check: 'a', ...amounts },
    { check: 'b', ...amounts },
  ]);

  const types = columns({ line_item_unblended_cost: 'double' });
  const items = [0.1, 0.2, 0.3, 1e15, -1e15].map((cost) => ({ line_item_unblended_cost: cost }));
  await publishReport(ALPHA, { one: { columns: types, rows: items } });
  await publishReport(BETA, { one: { columns: types, rows: items.toReversed() } });
  expect((await harness.warehouse.summary()).map(({ cost }) => cost)).toEqual([0.6, 0.6]);
});

it('amounts that no sum can hold fail nothing: they are unknown, and the others are there', async () => {
  const types = columns({ line_item_unblended_cost: 'double' });
  const rowsWith = (...costs: number[]) => costs.map((cost) => ({ line_item_unblended_cost: cost }));
  await publishReport(ALPHA, {
    one: { columns: types, rows: rowsWith(Number.NaN, Number.POSITIVE_INFINITY, 1.7e308) },
  });
  await publishReport(BETA, { one: { columns: types, rows: rowsWith(9e22, 9e22, 0.5, Number.NaN) } });
  await harness.query(`insert into cur_findings
      (payer, year, month, check_name, account, region, resource, monthly_cost, estimated_saving, currency)
    values ('111111111111', 2026, 10, 'a', 'acc', null, 'vol-1', 'nan', 'inf', 'USD'),
      ('111111111111', 2026, 10, 'a', 'acc', null, 'vol-2', 2, 1, 'USD')`);
  const totals = await harness.warehouse.totals(PERIOD, [ALPHA.payer, BETA.payer]);
  expect(totals.get(ALPHA.payer)).toEqual({
    costs: [{ currency: null, cost: null }],
    findings: [{ check: 'a', currency: 'USD', count: 2, estimatedSaving: 1 }],
  });
  expect(totals.get(BETA.payer)?.costs).toEqual([{ currency: null, cost: 1.8e23 }]);
  expect(await harness.warehouse.summary()).toMatchObject([{ cost: null }, { cost: 1.8e23 }]);
  expect(await harness.warehouse.findings()).toMatchObject([
    { resource: 'vol-2', monthlyCost: 2, estimatedSaving: 1 },
    { resource: 'vol-1', monthlyCost: null, estimatedSaving: null },
  ]);
});

it('the summary has one row per published partition and currency', async () => {
  const types = columns({ line_item_unblended_cost: 'double', line_item_currency_code: 'string' });
  const item = (id: string, cost: number, currency: string) => ({
    identity_line_item_id: id,
    line_item_unblended_cost: cost,
    line_item_currency_code: currency,
  });
  await publishReport(BETA, {
    one: { columns: types, rows: [item('a', 1.5, 'USD'), item('b', 2, 'USD')] },
    two: { columns: types, rows: [item('c', 7, 'CNY')] },
  });
  await publishReport(ALPHA, {});
  const base = { payer: BETA.payer, period: PERIOD, files: 2 };
  expect(await harness.warehouse.summary()).toEqual([
    { payer: ALPHA.payer, period: PERIOD, files: 0, rows: 0, cost: 0, currency: null },
    { ...base, rows: 1, cost: 7, currency: 'CNY' },
    { ...base, rows: 2, cost: 3.5, currency: 'USD' },
  ]);
});
