import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { LineItem } from './lineItem.ts';
import { cur2Columns, type SampleType, sampleType } from './reportColumns.ts';

/** What a missing value is: legacy reports write '' and 0, CUR 2.0 writes NULL. */
const LEGACY_MISSING: Readonly<Record<SampleType, unknown>> = {
  text: '',
  double: 0,
  timestamp: new Date(0),
  'map of text': {},
  'map of double': {},
};

/**
 * One file of a legacy report, as AWS writes it: snappy, one row group, every column REQUIRED,
 * instants in milliseconds.
 */
export function legacyFile(items: readonly LineItem[], columns: readonly string[]): Uint8Array {
  const schema = columns.map((name): SchemaElement[] => {
    switch (sampleType(name)) {
      case 'double':
        return [{ name, type: 'DOUBLE', repetition_type: 'REQUIRED' }];
      case 'timestamp':
        return [{ name, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' }];
      default:
        return [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' }];
    }
  });
  return write(schema, columns, (name) => {
    const missing = LEGACY_MISSING[sampleType(name)];
    const cell = legacyCell(name);
    return items.map((item) => cell(item) ?? missing);
  });
}

/**
 * One file of a CUR 2.0 export: snappy, every column OPTIONAL, attributes and tags as maps,
 * instants in microseconds.
 */
export function cur2File(items: readonly LineItem[]): Uint8Array {
  const columns = cur2Columns();
  const ownColumns = new Set(columns);
  return write(columns.map(cur2Element), columns, (name) => items.map(cur2Cell(name, ownColumns)));
}

/** Where a column of a report finds its value in a row of the bill. */
type Cell = (item: LineItem) => unknown;

function legacyCell(column: string): Cell {
  const name = column.replace(/^(product|resource_tags)_/, '');
  if (column.startsWith('product_')) return ({ product }) => product[name];
  if (column.startsWith('resource_tags_')) return ({ tags }) => tags[name];
  return ({ columns }) => columns[column];
}

function cur2Cell(column: string, ownColumns: ReadonlySet<string>): Cell {
  const name = column.replace(/^product_/, '');
  switch (column) {
    case 'product': // an attribute stands in the map, unless it has a column of its own
      return ({ product }) =>
        Object.fromEntries(Object.entries(product).filter(([attribute]) => !ownColumns.has(`product_${attribute}`)));
    case 'resource_tags':
      return ({ tags }) => tags;
    case 'tags':
      return ({ tags }) =>
        Object.fromEntries(Object.entries(tags).map(([tag, value]) => [`resourceTags/${tag}`, value]));
    case 'cost_category':
      return () => ({});
    case 'discount':
      return ({ discount }) => discount ?? {};
    default:
      if (column.startsWith('product_')) return ({ product }) => product[name] ?? null;
      return ({ columns }) => columns[column] ?? null;
  }
}

function cur2Element(name: string): SchemaElement[] {
  const repetition_type = 'OPTIONAL';
  switch (sampleType(name)) {
    case 'double':
      return [{ name, type: 'DOUBLE', repetition_type }];
    case 'timestamp':
      return [
        {
          name,
          type: 'INT64',
          converted_type: 'TIMESTAMP_MICROS',
          logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' },
          repetition_type,
        },
      ];
    case 'map of text':
      return mapElements(name, { name: 'value', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type });
    case 'map of double':
      return mapElements(name, { name: 'value', type: 'DOUBLE', repetition_type });
    default:
      return [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type }];
  }
}

/**
 * "Maps: an outer group annotated MAP, a repeated key_value group, a required key" (Parquet format,
 * LogicalTypes).
 */
function mapElements(name: string, value: SchemaElement): SchemaElement[] {
  return [
    { name, converted_type: 'MAP', repetition_type: 'OPTIONAL', num_children: 1 },
    { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
    { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
    value,
  ];
}

function write(
  elements: readonly SchemaElement[][],
  columns: readonly string[],
  cells: (column: string) => unknown[],
): Uint8Array {
  const columnData = columns.map((name) => ({ name, data: cells(name) }));
  const rows = columnData[0]?.data.length ?? 0;
  return new Uint8Array(
    parquetWriteBuffer({
      columnData,
      schema: [{ name: 'schema', num_children: elements.length }, ...elements.flat()],
      codec: 'SNAPPY',
      rowGroupSize: Math.max(rows, 1),
      createdBy: 'cur-reactor sample',
    }),
  );
}
