import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import type { StagedFile } from '../../warehouse/warehouse.ts';
import { filledColumns } from './loadPlan.ts';
import { quoteIdentifier } from './quote.ts';
import { mapMacros } from './readColumn.ts';
import { inTransaction } from './transaction.ts';
import { lineItemsViewSql, loadedTypes } from './view.ts';

/**
 * `cur_external` has only the columns that some file has had. Empty ones are not free: the half of
 * the contract that a legacy report has not took a quarter of the time to load one.
 */

/** Creates the view anew, which may have changed with this program. */
export async function prepareView(connection: DuckDBConnection): Promise<void> {
  for (const macro of mapMacros) await connection.run(macro);
  await connection.run(lineItemsViewSql(await columnsOf(connection)));
}

/** Gives the table the columns that these files fill, before they are loaded. */
export async function addColumns(connection: DuckDBConnection, files: readonly StagedFile[]): Promise<void> {
  const known = await columnsOf(connection);
  const fresh = filledColumns(files).filter((column) => !known.has(column));
  if (fresh.length === 0) return;
  await inTransaction(connection, async () => {
    for (const column of fresh) {
      const type = loadedTypes.get(column) ?? 'VARCHAR';
      await connection.run(`alter table cur_external add column ${quoteIdentifier(column)} ${type}`);
    }
    await connection.run(lineItemsViewSql(new Set([...known, ...fresh])));
  });
}

const ColumnRow = z.object({ column_name: z.string() });

async function columnsOf(connection: DuckDBConnection): Promise<Set<string>> {
  const reader = await connection.runAndReadAll(
    `select column_name from duckdb_columns()
     where database_name = current_database() and schema_name = current_schema() and table_name = 'cur_external'`,
  );
  const rows = z.array(ColumnRow).parse(reader.getRowObjectsJS());
  return new Set(rows.map(({ column_name }) => column_name));
}
