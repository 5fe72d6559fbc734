const TEXT_MAP = 'MAP(VARCHAR, VARCHAR)';

const DUCKDB_TYPES: ReadonlyMap<string, string> = new Map([
  ['string', 'VARCHAR'],
  ['double', 'DOUBLE'],
  ['float', 'FLOAT'],
  ['int', 'INTEGER'],
  ['bigint', 'BIGINT'],
  ['boolean', 'BOOLEAN'],
  ['timestamp', 'TIMESTAMP'],
  ['date', 'DATE'],
  ['binary', 'BLOB'],
  ['map<string,string>', TEXT_MAP],
  ['map<string,double>', 'MAP(VARCHAR, DOUBLE)'],
]);

/** DuckDB's type (spelt as `duckdb_columns()` spells it) for a column of a Parquet file. What is nested otherwise is kept as JSON text. */
export function duckdbType(columnType: string): string {
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(columnType);
  if (decimal) return decimalType(Number(decimal[1]), Number(decimal[2]));
  return DUCKDB_TYPES.get(columnType) ?? 'VARCHAR';
}

/**
 * The type of a column that has been seen with both of these types: the wider number, else text. Order does not matter,
 * and widening twice changes nothing, so any order of files ends in the same table.
 */
export function widen(a: string, b: string): string {
  if (a === b) return a;
  if (isNumber(a) && isNumber(b)) return widenNumbers(a, b);
  if (isMoment(a) && isMoment(b)) return 'TIMESTAMP';
  if (a.startsWith('MAP(') && b.startsWith('MAP(')) return TEXT_MAP;
  return 'VARCHAR';
}

/** SQL that turns a column or expression into text: JSON where it is nested, as other readers of text expect it. */
export function textOf(expression: string, isNested: boolean): string {
  return isNested ? `cast(to_json(${expression}) as VARCHAR)` : `cast(${expression} as VARCHAR)`;
}

/**
 * SQL that reads a file's column, declared as `columnType`, as the DuckDB type that the table has for it. It is strict:
 * text that is no number where the table wants one makes the statement, and so the file, fail; an empty text is NULL.
 */
export function readAs(expression: string, columnType: string, tableType: string): string {
  if (tableType === 'VARCHAR') return textOf(expression, columnType === 'other' || columnType.startsWith('map<'));
  if (columnType !== 'string') return `cast(${expression} as ${tableType})`;
  const text = `nullif(${expression}, '')`;
  return tableType.startsWith('MAP(') ? `cast(cast(${text} as JSON) as ${tableType})` : `cast(${text} as ${tableType})`;
}

function isNumber(type: string): boolean {
  return /^(INTEGER|BIGINT|FLOAT|DOUBLE|DECIMAL\(.*)$/.test(type);
}

function isMoment(type: string): boolean {
  return type === 'DATE' || type === 'TIMESTAMP';
}

function widenNumbers(a: string, b: string): string {
  if (/^(INTEGER|BIGINT)$/.test(a) && /^(INTEGER|BIGINT)$/.test(b)) return 'BIGINT';
  const [left, right] = [parseDecimal(a), parseDecimal(b)];
  if (!left || !right) return 'DOUBLE';
  const scale = Math.max(left.scale, right.scale);
  return decimalType(Math.max(left.integerDigits, right.integerDigits) + scale, scale);
}

/** DuckDB's decimals hold up to 38 digits; beyond that a double is the nearest thing. */
function decimalType(precision: number, scale: number): string {
  return precision <= 38 ? `DECIMAL(${precision},${scale})` : 'DOUBLE';
}

function parseDecimal(type: string): { integerDigits: number; scale: number } | undefined {
  const parts = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
  return parts ? { integerDigits: Number(parts[1]) - Number(parts[2]), scale: Number(parts[2]) } : undefined;
}
