import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { int96Sample, reportSample, timestampSample } from '../../../src/programs/verify/sampleFiles.ts';

/** What an engine that others wrote reads in a file, and the types in its footer. */
async function read(bytes: Uint8Array) {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'samples-'));
  const file = path.join(folder.path, 'a.parquet');
  await writeFile(file, bytes);
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  const rows = await connection.runAndReadAll(`from read_parquet('${file}')`);
  const types = await connection.runAndReadAll(
    `select name, concat_ws(' ', type, converted_type, regexp_extract(logical_type, 'isAdjustedToUTC=\\d')) as type
     from parquet_schema('${file}') where type is not null`,
  );
  connection.closeSync();
  instance.closeSync();
  return {
    rows: rows.getRowObjectsJson(),
    types: Object.fromEntries(types.getRowObjectsJson().map(({ name, type }) => [String(name), String(type).trim()])),
  };
}

it('a report has one line item, with instants as AWS writes them', async () => {
  const { rows, types } = await read(reportSample());
  expect(rows).toEqual([
    expect.objectContaining({
      line_item_usage_start_date: '2026-01-15 10:20:30+00',
      bill_billing_period_start_date: '2026-01-01 00:00:00+00',
      line_item_unblended_cost: 1.5,
      resource_tags: [{ key: 'team', value: 'red' }],
    }),
  ]);
  expect(types.line_item_usage_start_date).toBe('INT64 TIMESTAMP_MILLIS isAdjustedToUTC=1');
});

it('timestamps are of the kinds that their names say', async () => {
  const { rows, types } = await read(timestampSample());
  expect(types).toEqual({
    instant_millis: 'INT64 TIMESTAMP_MILLIS isAdjustedToUTC=1',
    older_millis: 'INT64 TIMESTAMP_MILLIS',
    instant_micros: 'INT64 isAdjustedToUTC=1',
    local_micros: 'INT64 isAdjustedToUTC=0',
  });
  expect(rows).toEqual([
    {
      instant_millis: '2026-01-15 10:20:30+00',
      older_millis: '2026-01-15 10:20:30',
      instant_micros: '2026-01-15 10:20:30+00',
      local_micros: '2026-01-15 10:20:30',
    },
  ]);
});

it('INT96 is INT96', async () => {
  const { rows, types } = await read(int96Sample());
  expect(types).toEqual({ instant_int96: 'INT96' });
  expect(rows).toEqual([{ instant_int96: '2026-01-15 10:20:30' }]);
});
