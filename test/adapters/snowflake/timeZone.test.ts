import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALPHA, PERIOD, publicationOf, type Row } from '../../warehouse/harness.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';

let harness: SnowflakeHarness;
afterEach(() => harness.close());

const ZONES = ['UTC', 'America/Los_Angeles', 'Pacific/Kiritimati'];
/** The last hour of a month, and the first of the next. */
const HOURS = ['2026-10-31 23:00:00', '2026-11-01 00:00:00'];
const START = 'bill_billing_period_start_date';
const MILLISECONDS = HOURS.map((hour) => Date.parse(`${hour}Z`));

/** Registers and publishes rows with these cells, one each, in a column of this type. */
async function publish(column: string, type: string, cells: readonly Row[string][]) {
  const columns = [
    { name: 'identity_line_item_id', type: 'string' },
    { name: column, type },
  ];
  const rows = cells.map((cell, index) => ({ identity_line_item_id: String(index), [column]: cell }));
  const file = await harness.stage({ partition: ALPHA, name: `${column} ${type}`, rows, columns });
  expect(await harness.warehouse.register(ALPHA, [file])).toMatchObject([{ status: 'registered' }]);
  await harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
  return file;
}

/** What a reader in this time zone sees of a column. */
function seen(column: string, timeZone: string) {
  const rows = harness.state.read(`select ${column} as seen from ${harness.names.lineItemsView}`, timeZone);
  return rows.map((row) => row.seen);
}

describe.each(['external', 'table'] as const)('target %s:', (target) => {
  beforeEach(async () => {
    harness = await makeSnowflakeHarness(target);
  });

  describe.each(ZONES)('a reader whose session is in %s sees UTC where the file has', (zone) => {
    it.each(['timestamp_utc', 'timestamp_utc_converted', 'timestamp_local', 'int96', 'timestamp'])(
      'a %s',
      async (type) => {
        await publish('line_item_usage_start_date', type, HOURS);
        expect(seen('line_item_usage_start_date', zone)).toEqual(HOURS);
      },
    );

    it('instants that the account shows as what a clock shows', async () => {
      harness.state.utcTimestampsAre = 'TIMESTAMP_NTZ';
      await publish('line_item_usage_start_date', 'timestamp_utc', HOURS);
      expect(seen('line_item_usage_start_date', zone)).toEqual(HOURS);
    });

    it.each([
      ['milliseconds', 1],
      ['microseconds', 1e3],
      ['nanoseconds', 1e6],
      ['seconds', 1e-3],
    ])('integers that count %s', async (_unit, factor) => {
      await publish(
        'line_item_usage_start_date',
        'bigint',
        MILLISECONDS.map((ms) => ms * factor),
      );
      expect(seen('line_item_usage_start_date', zone)).toEqual(HOURS);
    });

    it.each([
      ['without an offset', HOURS],
      ['with Z', ['2026-10-31T23:00:00Z', '2026-11-01T00:00:00.000Z']],
      ['with offsets', ['2026-10-31T16:00:00-07:00', '2026-11-01 05:30:00 +0530']],
      ['with hours as offsets', ['2026-10-31 16:00:00-07', '2026-11-01 14:00:00.000 +14']],
      ['as Athena writes it', ['2026-10-31 23:00:00.000 UTC', '2026-11-01 00:00:00 UTC']],
      ['as dates', ['2026-10-31 23:00', '2026-11-01']],
    ])('text %s', async (_what, cells) => {
      await publish('line_item_usage_start_date', 'string', [...cells, '']);
      expect(seen('line_item_usage_start_date', zone)).toEqual([...HOURS, null]);
    });

    it('timestamps where the contract has text', async () => {
      await publish('reservation_start_time', 'timestamp_utc', HOURS);
      expect(seen('reservation_start_time', zone)).toEqual(HOURS);
    });
  });

  it('an audit is in a session far from UTC, and finds rows of their month all the same', async () => {
    for (const shown of ['TIMESTAMP_LTZ', 'TIMESTAMP_NTZ'] as const) {
      harness.state.utcTimestampsAre = shown;
      const file = await publish(START, 'timestamp_utc', ['2026-10-01 00:00:00']);
      expect(await harness.warehouse.audit(ALPHA, [file])).toMatchObject([{ rows: 1, rowsOfOtherPeriods: 0 }]);
      const audit = harness.server.queries.findLast(({ sql }) =>
        sql.startsWith('select staged_key, currency, count(*)'),
      );
      expect(audit?.timeZone).toBe('Pacific/Kiritimati');
      await harness.close();
      harness = await makeSnowflakeHarness(target);
    }
  });
});

describe('an audit of the external table', () => {
  beforeEach(async () => {
    harness = await makeSnowflakeHarness();
  });

  it('counts rows of another month where the clock of a session counts, so that nothing is published', async () => {
    const file = await publish(START, 'timestamp_utc', ['2026-10-01 00:00:00']);
    // What nobody has noticed: the account has come to show instants as what a clock shows.
    harness.state.utcTimestampsAre = 'TIMESTAMP_NTZ';
    expect(await harness.warehouse.audit(ALPHA, [file])).toMatchObject([{ rows: 1, rowsOfOtherPeriods: 1 }]);
  });
});
