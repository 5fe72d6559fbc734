import { type LineItemType, lineItemColumns } from './lineItems.ts';
import type { StagedFile } from './warehouse.ts';

/** The types of the contract that are one value: a map is read in a way of its own. */
export type ValueType = Exclude<LineItemType, 'MAP'>;

/** The report columns that the contract reads as one value each, with its type for them. */
export const valueColumns: ReadonlyMap<string, ValueType> = new Map(
  lineItemColumns.flatMap(({ type, sources }) =>
    sources.flatMap((source): [string, ValueType][] =>
      source.from === 'column' && type !== 'MAP' ? [[source.column, type]] : [],
    ),
  ),
);

/** The report columns that the contract reads as maps, or keys of them. */
export const mapColumns: ReadonlySet<string> = new Set(
  lineItemColumns.flatMap(({ type, sources }) =>
    sources.flatMap((source) =>
      source.from === 'map' || (source.from === 'column' && type === 'MAP') ? [source.column] : [],
    ),
  ),
);

/**
 * Kinds of timestamps that are instants: what a warehouse makes of each is a question of its own.
 */
export const INSTANTS: readonly string[] = ['timestamp_utc', 'timestamp_utc_converted'];

const NUMBERS = ['double', 'float', 'int', 'bigint'];

/**
 * The types of a file's column (see `copy/columnTypes.ts`) of which a plain cast makes the
 * contract's type, the same in every session. Dates and timestamps are not among those that become
 * a text: how they are written is a setting of the session.
 */
const STANDARD: Readonly<Record<ValueType, readonly string[]>> = {
  VARCHAR: ['string', 'binary', 'boolean', ...NUMBERS],
  DOUBLE: NUMBERS,
  TIMESTAMP: INSTANTS,
};

/**
 * The columns of a file that the contract reads, but not by a cast: maps, and those of which a cast
 * would make something else, or something that depends on who reads.
 */
export function columnsWithoutCast({ columns }: Pick<StagedFile, 'columns'>): string[] {
  return columns.flatMap(({ name, type }) => {
    const wanted = valueColumns.get(name);
    const isCast = wanted === undefined ? !mapColumns.has(name) : isStandard(type, wanted);
    return isCast ? [] : [name];
  });
}

function isStandard(columnType: string, wanted: ValueType): boolean {
  const isDecimal = columnType.startsWith('decimal(');
  return isDecimal ? wanted !== 'TIMESTAMP' : STANDARD[wanted].includes(columnType);
}
