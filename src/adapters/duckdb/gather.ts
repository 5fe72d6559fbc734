import { compareText } from '../../billing/version.ts';
import { quoteText } from './quote.ts';

/** A column that is gathered: its key, and SQL for its value as text. */
interface Entry {
  readonly key: string;
  readonly value: string;
}

/**
 * SQL for the members of a JSON object, in the order of their keys and each behind a comma, of the
 * columns that have a value in the row; '' when none has. {@link objectSql} makes the object.
 *
 * A member is made by functions of its one column, which DuckDB calls once for each value in the
 * dictionary of a Parquet file; within a CASE it would call them for each row.
 */
export function membersSql(entries: readonly Entry[]): string {
  const sorted = entries.toSorted((a, b) => compareText(a.key, b.key));
  return `concat(${sorted.map(memberSql).join(', ')})`;
}

/** NULL and '' are no value. Inside of JSON text, a quote that ends nothing is escaped. */
function memberSql({ key, value }: Entry): string {
  const begin = `,${JSON.stringify(key)}:`;
  return `replace(${quoteText(begin)} || to_json(${value}), ${quoteText(`${begin}""`)}, '')`;
}

/**
 * SQL for the JSON object with these members, the name of a column, as text; NULL without members.
 */
export function objectSql(members: string): string {
  return `case when ${members} <> '' then concat('{', substr(${members}, 2), '}') end`;
}
