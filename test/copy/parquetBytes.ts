import type { DecodedArray, SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';

/**
 * A small report file: the columns without which there is no bill, and one that differs from row to
 * row. Another label, another content.
 */
export function parquetBytes(rows: number, label = 'item'): Uint8Array {
  const texts = (text: string) => Array.from({ length: rows }, () => text);
  const ids = Array.from({ length: rows }, (_, row) => `${label}-${row}`);
  const start = Array.from({ length: rows }, () => new Date(Date.UTC(2026, 9, 1)));
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'identity_line_item_id', data: ids, type: 'STRING' },
        { name: 'line_item_usage_account_id', data: texts('111122220001'), type: 'STRING' },
        { name: 'line_item_line_item_type', data: texts('Usage'), type: 'STRING' },
        { name: 'line_item_usage_start_date', data: start, type: 'TIMESTAMP' },
        { name: 'line_item_unblended_cost', data: Array.from({ length: rows }, () => 1.5), type: 'DOUBLE' },
      ],
    }),
  );
}

/** A whole Parquet file that is no part of a bill. */
export function foreignParquet(rows = 3, columns: readonly string[] = ['account_id', 'recommendation_id']): Uint8Array {
  const columnData = columns.map((name) => ({
    name,
    data: Array.from({ length: rows }, (_, row) => `${name}-${row}`),
    type: 'STRING' as const,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/**
 * A Parquet file with one top-level column, whose elements are given as the file's schema lists
 * them.
 */
export function parquetWithColumn(elements: readonly SchemaElement[], data: DecodedArray): Uint8Array {
  const schema = [{ name: 'schema', num_children: 1 }, ...elements];
  const name = elements[0]?.name ?? '';
  return new Uint8Array(parquetWriteBuffer({ columnData: [{ name, data }], schema, statistics: false }));
}
