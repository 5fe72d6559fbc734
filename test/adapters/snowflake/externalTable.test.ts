import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addColumnsSql,
  addFilesSql,
  castColumns,
  createExternalTableSql,
  removeFilesSql,
} from '../../../src/adapters/snowflake/externalTable.ts';
import { snowflakeNames } from '../../../src/adapters/snowflake/names.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { stagedKeyOf } from '../../../src/copy/stagedKey.ts';
import { find, parseSnowflake, type SqlNode } from './snowflakeGrammar.ts';

const NAMES = snowflakeNames({ database: 'CUR_REACTOR', schema: 'CUR', target: 'external' });

/** The first node of a kind. */
function first(node: SqlNode | undefined, kind: string): SqlNode {
  const [found] = node ? find(node, kind) : [];
  if (!found) throw new Error(`no ${kind}`);
  return found;
}

describe('the external table', () => {
  it('is created when it is not there, partitioned, and refreshed by nobody else', async () => {
    const sql = createExternalTableSql(NAMES);
    expect((await parseSnowflake(sql)).map(({ kind }) => kind)).toEqual(['create_external_table_statement']);
    expect(sql).toContain('create external table if not exists CUR_REACTOR.CUR.CUR_EXTERNAL');
    expect(sql).toContain('partition by (year, month, payer)');
    expect(sql).toContain('auto_refresh = false');
    expect(sql).toContain('refresh_on_create = false');
    expect(sql).toContain("file_format = (format_name = 'CUR_REACTOR.CUR.CUR_PARQUET')");
  });

  it('finds year, month, payer and staged key in a path, wherever in its bucket the stage begins', async () => {
    const columns = find(first((await parseSnowflake(createExternalTableSql(NAMES)))[0], 'bracketed'), 'expression');
    const [year, month, payer, stagedKey] = columns.map(({ text }) =>
      text.replaceAll('metadata$filename', 'path').replaceAll('number(', 'decimal('),
    );
    const duckdb = await DuckDBInstance.create(':memory:');
    const connection = await duckdb.connect();
    const stagePath = fc.constantFrom('', 'cur/', 'a/b c/', 'months/payers/');
    const sourceKey = fc.constantFrom('export-00001.snappy.parquet', 'year=1999', 'payer-000000000000', 'month=1');
    const someMonth = fc.record({ year: fc.integer({ min: 2000, max: 2099 }), month: fc.integer({ min: 1, max: 12 }) });
    const payers = fc.stringMatching(/^\d{12}$/);
    await fc.assert(
      fc.asyncProperty(stagePath, sourceKey, someMonth, payers, async (stage, key, date, payerId) => {
        const period = parsePeriod(`${date.year}-${String(date.month).padStart(2, '0')}`);
        const partition = { payer: parsePayer(payerId), period };
        const staged = stagedKeyOf(partition, { bucket: 'payers', key, etag: 'abc' }, 0);
        const found = await connection.runAndReadAll(
          `select (${year})::integer, (${month})::integer, ${payer}, ${stagedKey} from (select $path as path)`,
          { path: `${stage}${staged}` },
        );
        expect(found.getRowsJS()).toEqual([[date.year, date.month, payerId, staged]]);
      }),
    );
    connection.closeSync();
    duckdb.closeSync();
  });

  it.each([addFilesSql, removeFilesSql])('learns and forgets files by their keys, at least one: %o', async (sqlOf) => {
    const keys = ['year=2026/month=09/payer-111122223333/a.parquet', "it's \\ not"];
    const [statement] = await parseSnowflake(sqlOf(NAMES, keys));
    expect(statement?.kind).toBe('alter_external_table_statement');
    expect(statement ? find(statement, 'quoted_literal').map(({ text }) => text) : []).toEqual([
      `'${keys[0]}'`,
      `'it''s \\\\ not'`,
    ]);
    expect(() => sqlOf(NAMES, [])).toThrow(RangeError);
  });

  it('casts each column that the contract reads as a value, and has none of any other', () => {
    const columns = [...createExternalTableSql(NAMES).matchAll(/^ {2}(\w+) (\w+) as \(value:"(\w+)"::(\w+)\)/gm)];
    expect(columns.map(([, name, type]) => [name, type])).toEqual(castColumns.map(({ name, type }) => [name, type]));
    for (const [, name, type, column, cast] of columns) expect([column, cast]).toEqual([name, type]);
    expect(createExternalTableSql(NAMES).match(/ as \(/g)).toHaveLength(4 + columns.length);
    expect(columns.map(([, name]) => name)).toContain('line_item_usage_start_date');
    expect(columns.map(([, name]) => name)).not.toContain('resource_tags');
  });

  it('of an older release is given the columns that it lacks', async () => {
    const statements = addColumnsSql(NAMES);
    expect(statements).toHaveLength(castColumns.length);
    expect((await parseSnowflake(statements.join(';\n'))).map(({ kind }) => kind)).toEqual(
      statements.map(() => 'alter_table_statement'),
    );
  });
});
