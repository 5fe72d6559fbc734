import type { DecodedArray, SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** A small Parquet file of one text column. Another label, another content. */
export function parquetBytes(rows: number, label = 'item'): Uint8Array {
  const data = Array.from({ length: rows }, (_, row) => `${label}-${row}`);
  return new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'identity_line_item_id', data, type: 'STRING' }] }));
}

/** A Parquet file with one top-level column, whose elements are given as the file's schema lists them. */
export function parquetWithColumn(elements: readonly SchemaElement[], data: DecodedArray): Uint8Array {
  const schema = [{ name: 'schema', num_children: 1 }, ...elements];
  const name = elements[0]?.name ?? '';
  return new Uint8Array(parquetWriteBuffer({ columnData: [{ name, data }], schema, statistics: false }));
}
