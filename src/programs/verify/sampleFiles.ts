import { parquetMetadata, type SchemaElement } from 'hyparquet';
import { ByteWriter, parquetWriteBuffer } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';

/** What the sample's row says of its usage, in UTC. */
export const SAMPLE_TIME = '2026-01-15 10:20:30';
export const SAMPLE_COST = 1.5;
/** The sample's only tag. */
export const SAMPLE_TAG = { key: 'team', value: 'red' } as const;

const MOMENT = new Date(`${SAMPLE_TIME.replace(' ', 'T')}Z`);
const repetition_type = 'OPTIONAL';
const converted_type = 'TIMESTAMP_MILLIS';

/** A column of one row. A map takes several elements of the schema. */
interface SampleColumn {
  readonly elements: readonly SchemaElement[];
  readonly cell: unknown;
}

/** A report of one line item, with timestamps as AWS writes them, and with a map. */
export function reportSample(): Uint8Array {
  return write([
    text('identity_line_item_id', 'verify-1'),
    text('line_item_line_item_type', 'Usage'),
    text('line_item_currency_code', 'USD'),
    { elements: [{ name: 'line_item_unblended_cost', type: 'DOUBLE', repetition_type }], cell: SAMPLE_COST },
    instantInMillis('bill_billing_period_start_date', new Date('2026-01-01T00:00:00Z')),
    instantInMillis('line_item_usage_start_date', MOMENT),
    tagMap('resource_tags'),
  ]);
}

/**
 * Timestamps of 64 bits: instants in both of AWS's units, one with nothing but the older
 * annotation, which means an instant as well (Parquet format, LogicalTypes, "Timestamp"), and a
 * local time.
 */
export function timestampSample(): Uint8Array {
  return write([
    instantInMillis('instant_millis', MOMENT),
    { elements: [{ name: 'older_millis', type: 'INT64', converted_type, repetition_type }], cell: MOMENT },
    timestampInMicros('instant_micros', true),
    timestampInMicros('local_micros', false),
  ]);
}

/**
 * A timestamp as INT96, which Athena and Spark used to write: nanoseconds of the day in 8 bytes,
 * the Julian day in 4. The writer knows no such type; in bytes of a fixed length the values are
 * stored alike, so only the footer's name of the type has to change (Parquet format, "Plain
 * encoding").
 */
export function int96Sample(): Uint8Array {
  const value = new Uint8Array(12);
  const view = new DataView(value.buffer);
  const day = Math.floor(MOMENT.getTime() / DAY_MS);
  view.setBigUint64(0, BigInt(MOMENT.getTime() - day * DAY_MS) * 1_000_000n, true);
  view.setUint32(8, day + JULIAN_DAY_OF_1970, true);
  const name = 'instant_int96';
  const bytes = write([
    { elements: [{ name, type: 'FIXED_LEN_BYTE_ARRAY', type_length: value.length, repetition_type }], cell: value },
  ]);
  const metadata = parquetMetadata(bytes.slice().buffer);
  for (const element of metadata.schema) {
    if (element.name !== name) continue;
    element.type = 'INT96';
    delete element.type_length;
  }
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data } of columns) if (meta_data) meta_data.type = 'INT96';
  }
  const footer = new ByteWriter();
  writeMetadata(footer, metadata);
  return Buffer.concat([bytes.subarray(0, -8 - metadata.metadata_length), footer.getBytes(), MAGIC]);
}

const DAY_MS = 86_400_000;
const JULIAN_DAY_OF_1970 = 2_440_588;
/** What a Parquet file begins and ends with. */
const MAGIC = Buffer.from('PAR1');

function text(name: string, cell: string): SampleColumn {
  return { elements: [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type }], cell };
}

/** As legacy reports have it. */
function instantInMillis(name: string, cell: Date): SampleColumn {
  const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } as const;
  return { elements: [{ name, type: 'INT64', converted_type, logical_type, repetition_type }], cell };
}

function timestampInMicros(name: string, isAdjustedToUTC: boolean): SampleColumn {
  const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC, unit: 'MICROS' } as const;
  return { elements: [{ name, type: 'INT64', logical_type, repetition_type }], cell: MOMENT };
}

/** Parquet format, LogicalTypes, "Maps". */
function tagMap(name: string): SampleColumn {
  const leaf = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
  return {
    elements: [
      { name, converted_type: 'MAP', repetition_type, num_children: 1 },
      { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
      { name: 'key', ...leaf, repetition_type: 'REQUIRED' },
      { name: 'value', ...leaf, repetition_type },
    ],
    cell: { [SAMPLE_TAG.key]: SAMPLE_TAG.value },
  };
}

function write(columns: readonly SampleColumn[]): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map(({ elements, cell }) => ({ name: elements[0]?.name ?? '', data: [cell] })),
      schema: [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(({ elements }) => elements)],
      codec: 'SNAPPY',
      statistics: false,
      createdBy: 'cur-reactor verify',
    }),
  );
}
