import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DuckDBConnection } from '@duckdb/node-api';
import { computedColumns } from '../../src/warehouse/computedColumns.ts';
import { CONTRACT_COLUMNS, compute } from './lineItems.ts';

/** Real reports, which are not in the repository. */
export const FOLDER = fileURLToPath(new URL('../../../shared/cur', import.meta.url));
export const isThere = existsSync(FOLDER);
export const title = (what: string): string =>
  isThere ? what : `${what} (skipped: the folder ../shared/cur is not there)`;

export const PAYER = '836060457634';

/** Loads a report into `cur_line_items`, empty text as NULL and columns that it has not as NULL. */
export async function load(
  warehouse: DuckDBConnection,
  files: string,
  partition: Record<string, string>,
): Promise<void> {
  const source = `read_parquet('${FOLDER}/${files}', union_by_name = true)`;
  const described = await warehouse.runAndReadAll(`select column_name from (describe select * from ${source})`);
  const present = new Set(described.getRowsJS().map(([name]) => String(name)));
  const regions = ['product_region_code', 'product_region'].filter((name) => present.has(name));
  const maps = present.has('product') ? ["product['region_code']", "product['region']"] : [];
  const given: Record<string, string> = {
    ...partition,
    product_region: `coalesce(${[...regions, ...maps].map((name) => `nullif(${name}, '')`)})`,
  };
  const columns = [...CONTRACT_COLUMNS]
    .filter(([name]) => computedColumns.every((computed) => computed.name !== name))
    .map(([name, type]) => {
      const text = present.has(name) ? name : 'null';
      return `${given[name] ?? (type === 'VARCHAR' ? `nullif(${text}, '')` : text)}::${type} as ${name}`;
    });
  await warehouse.run(`insert into cur_line_items by name select ${columns} from ${source}`);
  await compute(warehouse);
}
