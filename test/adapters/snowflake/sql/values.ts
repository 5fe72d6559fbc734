import { refused } from '../snowflakeStatements.ts';
import { instantOf, wallClockOf } from './timeZones.ts';

/**
 * A value in Snowflake. One that stands in a VARIANT is the same value: what is asked of it is its
 * type.
 */
export type SqlValue = null | boolean | string | SqlNumber | SqlTime | SqlArray | SqlObject;

interface SqlNumber {
  readonly is: 'INTEGER' | 'DECIMAL' | 'DOUBLE';
  readonly number: number;
}

/**
 * Milliseconds since 1970: of the instant, or, of NTZ and DATE, of what the clock shows. A TZ also
 * keeps by how much its clock is ahead of UTC.
 */
interface SqlTime {
  readonly is: 'TIMESTAMP_LTZ' | 'TIMESTAMP_NTZ' | 'TIMESTAMP_TZ' | 'DATE';
  readonly ms: number;
  readonly aheadMs?: number;
}

interface SqlArray {
  readonly is: 'ARRAY';
  readonly items: readonly SqlValue[];
}

interface SqlObject {
  readonly is: 'OBJECT';
  readonly fields: ReadonlyMap<string, SqlValue>;
}

export function double(number: number): SqlValue {
  return { is: 'DOUBLE', number };
}

export function integer(number: number): SqlValue {
  return { is: 'INTEGER', number };
}

/** TYPEOF of a VARIANT with this value; NULL of NULL. */
export function typeOf(value: SqlValue): string | null {
  if (value === null) return null;
  if (typeof value === 'boolean') return 'BOOLEAN';
  return typeof value === 'string' ? 'VARCHAR' : value.is;
}

/** A cast in a session with this time zone. Throws what Snowflake refuses, as its error. */
export function castTo(value: SqlValue, type: string, timeZone: string): SqlValue {
  if (value === null) return null;
  switch (type) {
    case 'varchar':
      return textOf(value, timeZone);
    case 'double':
      return double(numberOf(value));
    case 'decimal':
      return { is: 'DECIMAL', number: numberOf(value) };
    case 'number':
    case 'integer':
      return integer(numberOf(value));
    case 'timestamp_ntz':
    case 'timestamp_ltz':
    case 'timestamp_tz':
      return timestampOf(value, type, timeZone);
    case 'date':
      return dateOf(value, timeZone);
    case 'variant':
    case 'object':
      return value;
    default:
      throw refused('001003', `SQL compilation error: no type ${type} in the stand-in`);
  }
}

const SPECIAL_NUMBERS = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
]);

/** Undefined for text that is no number. */
export function parsedNumber(text: string): number | undefined {
  const special = SPECIAL_NUMBERS.get(text.toLowerCase());
  if (special !== undefined) return special;
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : undefined;
}

function numberOf(value: SqlValue): number {
  if (typeof value === 'string') {
    const number = parsedNumber(value);
    if (number === undefined) throw refused('100038', `Numeric value '${value}' is not recognized`);
    return number;
  }
  if (typeof value === 'object' && value && 'number' in value) return value.number;
  throw refused('100071', `Failed to cast variant value ${JSON.stringify(value)} to REAL`);
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d(?:\.\d+)?))?)?\s*(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?$/;

function timestampOf(value: SqlValue, type: string, timeZone: string): SqlValue {
  const time = typeof value === 'string' ? parsedTime(value) : value;
  if (typeof time !== 'object' || !time || !('ms' in time)) {
    throw refused('100071', `Failed to cast variant value ${JSON.stringify(value)} to ${type.toUpperCase()}`);
  }
  const isWallClock = time.is === 'TIMESTAMP_NTZ' || time.is === 'DATE';
  // Text that names a zone is cast to NTZ by leaving its zone out.
  const wallClockMs = isWallClock ? time.ms : wallClockOf(time.ms, time.aheadMs ?? timeZone);
  if (type === 'timestamp_ntz') return { is: 'TIMESTAMP_NTZ', ms: wallClockMs };
  const ms = isWallClock ? instantOf(time.ms, timeZone) : time.ms;
  if (type === 'timestamp_ltz') return { is: 'TIMESTAMP_LTZ', ms };
  return { is: 'TIMESTAMP_TZ', ms, aheadMs: time.aheadMs ?? wallClockOf(ms, timeZone) - ms };
}

function dateOf(value: SqlValue, timeZone: string): SqlValue {
  const time = timestampOf(value, 'timestamp_ntz', timeZone);
  if (typeof time !== 'object' || !time || !('ms' in time)) return null;
  return { is: 'DATE', ms: Math.floor(time.ms / DAY_MS) * DAY_MS };
}

const DAY_MS = 86_400_000;

function parsedTime(text: string): SqlTime {
  const match = TIMESTAMP.exec(text);
  if (!match) throw refused('100035', `Timestamp '${text}' is not recognized`);
  const [, date, minutes = '00:00', seconds = '00', zulu, sign, hoursAhead, minutesAhead] = match;
  const wallClockMs = Date.parse(`${date}T${minutes}:${seconds}Z`);
  if (zulu === undefined && sign === undefined) return { is: 'TIMESTAMP_NTZ', ms: wallClockMs };
  const ahead = (Number(hoursAhead ?? 0) * 60 + Number(minutesAhead ?? 0)) * 60_000;
  const aheadMs = sign === '-' ? -ahead : ahead;
  return { is: 'TIMESTAMP_TZ', ms: wallClockMs - aheadMs, aheadMs };
}

/** As text; timestamps as the default output formats write them. */
export function textOf(value: SqlValue, timeZone: string): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  // As decimal(38, 15) is written: the one that there is.
  if ('number' in value && value.is === 'DECIMAL') return value.number.toFixed(15);
  if ('number' in value) return Number.isNaN(value.number) ? 'NaN' : String(value.number).replace('Infinity', 'inf');
  if ('items' in value || 'fields' in value) return JSON.stringify(plain(value, timeZone));
  const wallClock = 'aheadMs' in value || value.is === 'TIMESTAMP_LTZ';
  const ms = wallClock ? wallClockOf(value.ms, value.aheadMs ?? timeZone) : value.ms;
  const text = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
  return value.is === 'DATE' ? text.slice(0, 10) : text;
}

/** As a test looks at it: numbers, texts, maps as objects; timestamps without a fraction. */
export type Plain = null | boolean | string | number | Plain[] | { [key: string]: Plain };

export function plain(value: SqlValue, timeZone: string): Plain {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if ('number' in value) return value.number;
  if ('items' in value) return value.items.map((item) => plain(item, timeZone));
  if ('fields' in value) {
    return Object.fromEntries([...value.fields].map(([key, field]) => [key, plain(field, timeZone)]));
  }
  return (textOf(value, timeZone) ?? '').replace(/\.000$/, '');
}
