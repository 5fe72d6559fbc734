import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { openDuckdbWarehouse } from '../../../src/adapters/duckdb/warehouse.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { generatedSpending, insertsOf } from '../../analytics/summaries/spending.ts';

it('a payer’s month that is forgotten leaves nothing in the summaries, and every other month as it was', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'forget-'));
  const path = join(folder.path, 'warehouse.duckdb');
  const warehouse = await openDuckdbWarehouse({ path, stagingRoot: folder.path, analyticsStatements: () => [] });
  const connection = await (await DuckDBInstance.fromCache(path)).connect();
  const spending = generatedSpending();
  for (const statement of insertsOf(spending)) await connection.run(statement);
  await warehouse.forget({ payer: parsePayer('900000000011'), period: parsePeriod('2026-08') });
  for (const [table, rows] of Object.entries(spending)) {
    const forgotten = rows.filter((row) => row.payer === '900000000011' && row.year === 2026 && row.month === 8);
    expect(forgotten, table).not.toEqual([]);
    const left = await connection.runAndReadAll(`select count(*)::integer from ${table}`);
    expect([table, left.getRowsJson()]).toEqual([table, [[rows.length - forgotten.length]]]);
  }
  connection.closeSync();
  await warehouse.close();
});
