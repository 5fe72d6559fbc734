import { quoteValue } from '../base/printable.ts';
import { wrongFields } from '../base/wrongFields.ts';
import type { PayerSource } from '../billing/source.ts';
import { parseIdentifier } from '../warehouse/identifier.ts';
import { type PayerEntry, payerEntry, payerSourceOf } from './payers.ts';

/** The names of the payers table, or of a view that stands for it. */
export interface PayersTable {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

/**
 * One row of the payers table, by upper-case column name: so Snowflake answers names that were not
 * quoted.
 */
export type PayerRow = Readonly<Record<string, unknown>>;

/**
 * A row that says nothing that can be used. Rows count from 1, in the order of
 * {@link payersTableQuery}.
 */
export interface WrongRow {
  readonly row: number;
  readonly reason: string;
}

/**
 * The columns, and the fields of a payers file that they stand for. Beside them the table has
 * ENABLED.
 */
export const PAYER_FIELDS = {
  PAYER_ID: 'payer',
  BUCKET: 'bucket',
  PREFIX: 'prefix',
  BUCKET_OWNER: 'bucketOwner',
  KMS_KEY: 'kmsKey',
  MANIFESTS: 'manifests',
  REPORT: 'report',
} as const satisfies Record<string, keyof PayerEntry>;

const COLUMN_OF: ReadonlyMap<unknown, string> = new Map(
  Object.entries(PAYER_FIELDS).map(([column, field]) => [field, column]),
);

/**
 * The statement that reads the table. It names its columns: what else the table holds is not asked
 * for, and a table that lacks one is refused as a whole. The order makes row numbers, and which of
 * two duplicates comes first, stay the same.
 *
 * Throws a RangeError that names the field and the value when a name is one that needs quotes.
 */
export function payersTableQuery({ database, schema, table }: PayersTable): string {
  const name = Object.entries({ database, schema, table }).map(([field, text]) =>
    parseIdentifier(`${field} of the payers table`, text),
  );
  const columns = [...Object.keys(PAYER_FIELDS), 'ENABLED'].join(', ').toLowerCase();
  return `select ${columns} from ${name.join('.')} order by payer_id, bucket, prefix, bucket_owner, kms_key, manifests, report`;
}

/**
 * Reads the rows of the payers table, each on its own: whatever is wrong with one says nothing
 * about the others.
 *
 *   PAYER_ID, BUCKET                 strings, required
 *   PREFIX, BUCKET_OWNER, KMS_KEY    strings; the whole bucket, the payer, none where they are null or empty
 *   REPORT                           a string: which report is the bill; null or empty: the first that arrives
 *   MANIFESTS, ENABLED               booleans; true where they are null. A row that is not enabled is not read
 *
 * What they may hold is what a payers file may hold. Of two rows with the same bucket and prefix
 * the first counts, and of two that name different owners of one bucket. `wrong` are the rows that
 * do not count; their reasons name columns and values.
 */
export function parsePayerRows(rows: readonly PayerRow[]): {
  readonly sources: PayerSource[];
  readonly wrong: WrongRow[];
} {
  const sources: PayerSource[] = [];
  const wrong: WrongRow[] = [];
  const clashOf = rememberPlaces();
  for (const [index, fields] of rows.entries()) {
    const row = index + 1;
    const read = readRow(fields);
    const reason = read.is === 'right' ? clashOf(read.source, row) : read.reason;
    if (reason !== undefined) wrong.push({ row, reason });
    else if (read.is === 'right') sources.push(read.source);
  }
  return { sources, wrong };
}

/** A row without a source and without a reason is not enabled. */
type ReadRow =
  | { readonly is: 'right'; readonly source: PayerSource }
  | { readonly is: 'left out'; readonly reason?: string };

function readRow(row: PayerRow): ReadRow {
  const enabled = row.ENABLED ?? true;
  if (enabled === false) return { is: 'left out' };
  const filled = Object.entries(PAYER_FIELDS).flatMap(([column, field]) => {
    const value = row[column];
    return value === undefined || value === null || value === '' ? [] : [{ column, field, value }];
  });
  const untyped = filled.filter(({ field, value }) => field !== 'manifests' && typeof value !== 'string');
  const wrong = untyped.map(({ column, value }) => `${column} must be a string, got ${quoteValue(value)}`);
  if (enabled !== true) wrong.push(`ENABLED must be true or false, got ${quoteValue(enabled)}`);
  const entry = Object.fromEntries(filled.map(({ field, value }) => [field, value]));
  const parsed = payerEntry.safeParse(entry);
  const named = new Set<unknown>(untyped.map(({ field }) => field));
  const others = parsed.error?.issues.filter(({ path: [field] }) => !named.has(field)) ?? [];
  wrong.push(...wrongFields(others, entry, { whole: 'the row', nameOf: ([field]) => String(COLUMN_OF.get(field)) }));
  if (!parsed.success || wrong.length > 0) return { is: 'left out', reason: wrong.join('; ') };
  return { is: 'right', source: payerSourceOf(parsed.data) };
}

/** Answers why a source contradicts one that came before it; remembers it when it does not. */
function rememberPlaces(): (source: PayerSource, row: number) => string | undefined {
  const rowOfPlace = new Map<string, number>();
  const ownerOfBucket = new Map<string, { readonly bucketOwner: string; readonly row: number }>();
  return ({ bucket, prefix, bucketOwner }, row) => {
    const place = `${bucket}/${prefix}`;
    const sameRow = rowOfPlace.get(place);
    if (sameRow !== undefined) {
      return `BUCKET and PREFIX must differ from those of row ${sameRow}, got ${quoteValue(place)}`;
    }
    const known = ownerOfBucket.get(bucket);
    if (known && known.bucketOwner !== bucketOwner) {
      const same = `BUCKET_OWNER must be that of row ${known.row}, ${known.bucketOwner}`;
      return `${same}: it is the same bucket, got ${quoteValue(bucketOwner)}`;
    }
    rowOfPlace.set(place, row);
    ownerOfBucket.set(bucket, known ?? { bucketOwner, row });
    return undefined;
  };
}
