import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ALPHA, runOf } from '../../warehouse/harness.ts';
import { runScript } from '../../warehouse/runScript.ts';
import { type DuckdbHarness, makeDuckdbHarness } from './harness.ts';
import { lineItems, publishReport } from './stagedReports.ts';

const PROCESS = fileURLToPath(new URL('timeZoneProcess.ts', import.meta.url));

let harness: DuckdbHarness;
beforeEach(async () => {
  harness = await makeDuckdbHarness();
});
afterEach(() => harness.close());

it.each(['America/Los_Angeles', 'Pacific/Kiritimati'])(
  'months are those of UTC, and instants are shown in UTC, where the machine stands in %s',
  async (zone) => {
    const starts = ['bill_billing_period_start_date', 'line_item_usage_start_date'];
    const columns = starts.map((name) => ({ name, type: 'timestamp_utc' }));
    const rows = [Object.fromEntries(starts.map((name) => [name, '2026-10-01 00:00:00+00']))];
    const file = await harness.stage({ partition: ALPHA, name: 'a', rows, columns });
    const task = { path: `${harness.path}.${path.basename(zone)}`, stagingRoot: harness.stagingRoot, ...ALPHA, file };
    const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, JSON.stringify(task)], {
      env: { ...process.env, TZ: zone },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      audits: [{ rows: 1, rowsOfOtherPeriods: 0 }],
      starts: ['2026-10-01 00:00:00', '2026-10-01 00:00:00'],
    });
  },
);

const HOUR = '2026-10-31 23:00:00';
const SECONDS = Date.UTC(2026, 9, 31, 23) / 1000;

it.each([
  ['timestamp_utc', HOUR],
  ['timestamp_utc_converted', HOUR],
  ['timestamp_local', HOUR],
  ['int96', HOUR],
  ['timestamp', HOUR],
  ['string', HOUR],
  ['string', '2026-10-31T23:00:00Z'],
  ['string', '2026-11-01T01:00:00+02:00'],
  ['string', '2026-10-31 16:00:00-07'],
  ['string', '2026-10-31 23:00:00.000 UTC'],
  ['bigint', SECONDS],
  ['bigint', SECONDS * 1e3],
  ['bigint', SECONDS * 1e6],
  ['bigint', `${SECONDS}000000000`],
])('a %s of %s is shown in UTC, also once a script has set another time zone for all', async (type, cell) => {
  harness.script([`set global TimeZone = 'America/Los_Angeles'`]);
  await runScript(harness.warehouse.script, runOf(1), [ALPHA.payer]);
  await publishReport(harness, ALPHA, {
    a: {
      columns: [
        { name: 'identity_line_item_id', type: 'string' },
        { name: 'line_item_usage_start_date', type },
      ],
      rows: [{ identity_line_item_id: 'a', line_item_usage_start_date: cell }],
    },
  });
  expect(await lineItems(harness, 'cast(line_item_usage_start_date as VARCHAR) as start')).toEqual([{ start: HOUR }]);
});
