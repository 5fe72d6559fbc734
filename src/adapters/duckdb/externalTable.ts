import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import { membersSql, objectSql } from './gather.ts';
import { quoteIdentifier } from './quote.ts';
import { mapMacros } from './readColumn.ts';
import { inTransaction } from './transaction.ts';
import { gatheredColumns, lineItemsViewSql, reportColumns } from './view.ts';

/** The first columns of `cur_external`. They say where a row belongs. */
const FILE_COLUMNS = ['payer', 'year', 'month', 'staged_key'];

/**
 * Gives `cur_external` the columns that the contract reads, of the contract's types and no others,
 * and creates the view anew, which may have changed with this program.
 */
export async function prepareExternalTable(connection: DuckDBConnection): Promise<void> {
  for (const macro of mapMacros) await connection.run(macro);
  await inTransaction(connection, async () => {
    const known = await tableColumns(connection);
    for (const [name, type] of reportColumns) {
      if (!known.has(name)) {
        await connection.run(`alter table cur_external add column ${quoteIdentifier(name)} ${type}`);
      }
    }
    // Older releases gathered into maps.
    for (const { name } of gatheredColumns.filter((gathered) => known.get(gathered.name)?.startsWith('MAP('))) {
      const column = quoteIdentifier(name);
      await connection.run(`alter table cur_external alter ${column} type JSON using to_json(${column})`);
    }
    const others = [...known.keys()].filter((name) => !reportColumns.has(name) && !FILE_COLUMNS.includes(name));
    if (others.length > 0) await leaveOut(connection, others);
    await connection.run(lineItemsViewSql());
  });
}

/**
 * Older releases had a column for each column of any report. The tags among these are gathered; the
 * table is written anew, once, because dropping thousands of columns one by one takes minutes.
 */
async function leaveOut(connection: DuckDBConnection, others: readonly string[]): Promise<void> {
  const read = ['*'];
  const columns = [...FILE_COLUMNS, ...reportColumns.keys()].map((name) => {
    const gathered = gatheredColumns.find((column) => column.name === name);
    const old = others.filter((other) => gathered?.prefixes.some((prefix) => other.startsWith(prefix)));
    if (!gathered || old.length === 0) return quoteIdentifier(name);
    const entries = old.map((other) => ({
      key: other.slice(gathered.cut.length),
      value: `cast(${quoteIdentifier(other)} as VARCHAR)`,
    }));
    const members = quoteIdentifier(`members_of_${name}`);
    read.push(`${membersSql(entries)} as ${members}`);
    return `${objectSql(members)} as ${quoteIdentifier(name)}`;
  });
  await connection.run(
    `create table cur_external_anew as
     select ${columns.join(', ')} from (select ${read.join(', ')} from cur_external)`,
  );
  await connection.run('drop table cur_external');
  await connection.run('alter table cur_external_anew rename to cur_external');
}

const ColumnRow = z.object({ column_name: z.string(), data_type: z.string() });

/** The columns of `cur_external` and their types. */
async function tableColumns(connection: DuckDBConnection): Promise<ReadonlyMap<string, string>> {
  const reader = await connection.runAndReadAll(
    `select column_name, data_type from duckdb_columns()
     where database_name = current_database() and schema_name = current_schema() and table_name = 'cur_external'`,
  );
  const rows = z.array(ColumnRow).parse(reader.getRowObjectsJS());
  return new Map(rows.map(({ column_name, data_type }) => [column_name, data_type]));
}
