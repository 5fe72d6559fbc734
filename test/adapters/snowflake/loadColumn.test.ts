import { afterEach, describe, expect, it } from 'vitest';
import { fillSql } from '../../../src/adapters/snowflake/loadedTable.ts';
import type { ColumnType } from '../../../src/billing/columnType.ts';
import { computedColumns } from '../../../src/warehouse/computedColumns.ts';
import { lineItemColumns } from '../../../src/warehouse/lineItems.ts';
import { valueColumns } from '../../../src/warehouse/standardTypes.ts';
import { ALPHA, BETA, PERIOD, publicationOf, type Row, SMALL_REPORT } from '../../warehouse/harness.ts';
import { parseSnowflake } from './snowflakeGrammar.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';
import type { Plain } from './sql/values.ts';

const opened: SnowflakeHarness[] = [];
afterEach(async () => {
  for (const harness of opened.splice(0)) await harness.close();
});

const ID = { name: 'identity_line_item_id', type: 'string' };
const TAG = 'resource_tags_user_team';

/** A file of each kind, with columns that AWS writes and some that it does not. */
const FILES: readonly {
  readonly name: string;
  readonly columns: readonly ColumnType[];
  readonly rows: readonly Row[];
}[] = [
  {
    name: 'usual',
    columns: [...SMALL_REPORT, { name: 'product_region', type: 'string' }, { name: TAG, type: 'string' }],
    rows: [
      { identity_line_item_id: 'u1', line_item_unblended_cost: 2.5, product_region: 'eu-west-1', [TAG]: 'red' },
      { identity_line_item_id: 'u2', line_item_unblended_cost: Number.NaN, product_region: '' },
    ],
  },
  {
    name: 'maps',
    columns: [
      ...SMALL_REPORT,
      { name: 'product', type: 'map<string,string>' },
      { name: 'resource_tags', type: 'map<string,string>' },
    ],
    rows: [
      { identity_line_item_id: 'm1', product: { region: 'eu-north-1' }, resource_tags: { user_team: 'blue' } },
      { identity_line_item_id: 'm2', product: {}, resource_tags: null },
    ],
  },
  {
    name: 'texts',
    columns: [
      ID,
      { name: 'line_item_unblended_cost', type: 'string' },
      { name: 'line_item_usage_start_date', type: 'string' },
    ],
    rows: [
      {
        identity_line_item_id: 't1',
        line_item_unblended_cost: '1.25',
        line_item_usage_start_date: '2026-10-02T05:00:00+05:00',
      },
      { identity_line_item_id: 't2', line_item_unblended_cost: '', line_item_usage_start_date: '' },
    ],
  },
  {
    name: 'others',
    columns: [
      ID,
      { name: 'line_item_unblended_cost', type: 'bigint' },
      { name: 'line_item_usage_start_date', type: 'date' },
      { name: 'reservation_start_time', type: 'date' },
      { name: 'reservation_end_time', type: 'timestamp_local' },
      { name: 'line_item_resource_id', type: 'bigint' },
    ],
    rows: [
      {
        identity_line_item_id: 'o1',
        line_item_unblended_cost: 7,
        line_item_usage_start_date: '2026-10-03',
        reservation_start_time: '2026-10-03',
        reservation_end_time: '2026-10-04 05:06:07',
        line_item_resource_id: 42,
      },
    ],
  },
];

const COLUMNS = ['payer', 'staged_key', ...[...lineItemColumns, ...computedColumns].map(({ name }) => name)].join(', ');

async function published(target: 'external' | 'table') {
  const harness = await makeSnowflakeHarness(target);
  opened.push(harness);
  for (const partition of [ALPHA, BETA]) {
    const files = await Promise.all(FILES.map((file) => harness.stage({ partition, ...file })));
    const statuses = await harness.warehouse.register(partition, files);
    expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set(['registered']));
    await harness.warehouse.publish(PERIOD, 1, [publicationOf(partition, files)]);
    await harness.warehouse.audit(partition, files);
  }
  return harness;
}

describe('rows that are loaded', () => {
  it.each(['UTC', 'America/Los_Angeles'])('are those of the external table, for a reader in %s', async (zone) => {
    const [external, loaded] = [await published('external'), await published('table')];
    const read = ({ state, names }: SnowflakeHarness) =>
      state
        .read(`select ${COLUMNS} from ${names.lineItemsView}`, zone)
        .toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
    const rows = read(loaded);
    expect(rows).toHaveLength(2 * FILES.flatMap((file) => file.rows).length);
    expect(rows).toEqual(read(external));
    expect(rows).toContainEqual(
      expect.objectContaining({ product_region: 'eu-north-1', resource_tags: { user_team: 'blue' } }),
    );
    expect(rows).toContainEqual(
      expect.objectContaining({ line_item_unblended_cost: 1.25, line_item_usage_start_date: '2026-10-02 00:00:00' }),
    );
  });

  it.each(['UTC', 'America/Los_Angeles'])(
    'are those that a change of the target fills it with, in %s',
    async (zone) => {
      const [external, loaded] = [await published('external'), await published('table')];
      const columns = [...valueColumns.keys()].join(', ');
      const inOrder = (rows: Record<string, Plain>[]) =>
        rows
          .map((row) => JSON.stringify(Object.entries(row).map(([name, value]) => [name, value === '' ? null : value])))
          .sort();
      const sql = fillSql(external.names);
      const filling = `select staged_key, ${columns} from (${sql.slice(sql.indexOf('select'))})`;
      const filled = inOrder(external.state.read(filling, zone));
      expect(filled).toHaveLength(2 * FILES.flatMap((file) => file.rows).length);
      expect(filled).toEqual(
        inOrder(loaded.state.read(`select staged_key, ${columns} from ${loaded.names.loadedTable}`, zone)),
      );
      expect(await parseSnowflake(sql)).toHaveLength(1);
    },
  );

  it('are audited in the stage as the external table is, before they are loaded', async () => {
    const audited = [];
    for (const target of ['external', 'table'] as const) {
      const harness = await makeSnowflakeHarness(target);
      opened.push(harness);
      const files = await Promise.all(FILES.map((file) => harness.stage({ partition: ALPHA, ...file })));
      await harness.warehouse.register(ALPHA, files);
      audited.push(await harness.warehouse.audit(ALPHA, files));
      expect(harness.state.tables.loadedRows).toEqual([]);
    }
    expect(audited[1]).toEqual(audited[0]);
    expect(audited[1]?.map(({ rowsWithCost }) => rowsWithCost)).toEqual([2, 0, 1, 1]);
  });

  it('need no view but the one that the setup has made, whatever types a file has', async () => {
    const harness = await published('table');
    expect(harness.state.statements.filter((text) => text.startsWith('create'))).toEqual([]);
    expect(harness.state.tables.columnsByValue).toEqual([]);
  });
});
