import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ALPHA } from '../../warehouse/harness.ts';
import { type DuckdbHarness, makeDuckdbHarness } from './harness.ts';

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
    const columns = starts.map((name) => ({ name, type: 'TIMESTAMPTZ' }));
    const instant = '2026-10-01 00:00:00+00';
    const rows = [Object.fromEntries(starts.map((name) => [name, instant]))];
    const staged = await harness.stage({ partition: ALPHA, name: 'a', rows, columns });
    const file = { ...staged, columns: columns.map(({ name }) => ({ name, type: 'timestamp' })) };
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
