import { refused } from '../snowflakeStatements.ts';
import { wallClockOf } from './timeZones.ts';
import { castTo, double, integer, parsedNumber, plain, type SqlValue, textOf, typeOf } from './values.ts';

type Callable = (given: readonly SqlValue[], timeZone: string) => SqlValue;

/**
 * The functions that take values and answer one, as Snowflake's reference describes them; each of
 * NULL is NULL but where it says otherwise.
 */
export function callFunction(name: string, given: readonly SqlValue[], timeZone: string): SqlValue {
  const special = OF_NULL[name];
  if (special) return special(given, timeZone);
  const called = FUNCTIONS[name];
  if (!called) throw refused('002141', `SQL compilation error: Unknown function ${name.toUpperCase()}`);
  return given.includes(null) ? null : called(given, timeZone);
}

const OF_NULL: Readonly<Record<string, Callable>> = {
  nullif: ([value = null, other = null]) => (compare(value, other) === 0 ? null : value),
  object_construct: (given) => objectOf(pairs(given).filter(([, value]) => value !== null)),
  object_insert: ([object = null, key = null, value = null]) => {
    const fields = new Map(fieldsOf(object));
    if (value !== null) fields.set(String(key), value);
    return { is: 'OBJECT', fields };
  },
  get: ([container = null, key = null]) => elementOf(container, key),
};

const isOf =
  (...types: string[]): Callable =>
  ([value = null]) =>
    types.includes(typeOf(value) ?? '');
const same: Callable = ([value = null]) => value;

const FUNCTIONS: Readonly<Record<string, Callable>> = {
  is_varchar: isOf('VARCHAR'),
  is_array: isOf('ARRAY'),
  is_object: isOf('OBJECT'),
  is_decimal: isOf('INTEGER', 'DECIMAL'),
  is_timestamp_ntz: isOf('TIMESTAMP_NTZ'),
  is_timestamp_ltz: isOf('TIMESTAMP_LTZ'),
  typeof: ([value = null]) => typeOf(value),
  as_array: same,
  as_object: same,
  abs: ([value = null]) => double(Math.abs(numberIn(value))),
  try_to_double: ([value = null]) => {
    const number = parsedNumber(text(value));
    return number === undefined ? null : double(number);
  },
  to_json: ([value = null], timeZone) => JSON.stringify(plain(value, timeZone)),
  try_parse_json: ([value = null]) => parsedJson(text(value)),
  year: ([value = null], timeZone) => integer(clock(value, timeZone).getUTCFullYear()),
  month: ([value = null], timeZone) => integer(clock(value, timeZone).getUTCMonth() + 1),
  convert_timezone: convertTimezone,
  to_timestamp_ntz: (given, timeZone) => toTimestamp(given, 'timestamp_ntz', timeZone),
  to_timestamp_ltz: (given, timeZone) => toTimestamp(given, 'timestamp_ltz', timeZone),
  to_timestamp_tz: (given, timeZone) => toTimestamp(given, 'timestamp_tz', timeZone),
  to_varchar: toVarchar,
  regexp_like: ([value = null, pattern = null]) => new RegExp(`^(?:${text(pattern)})$`).test(text(value)),
  regexp_substr: ([value = null, pattern = null]) => new RegExp(text(pattern)).exec(text(value))?.[0] ?? null,
  replace: ([value = null, part = null, by = null]) => text(value).replaceAll(text(part), text(by)),
  startswith: ([value = null, start = null]) => text(value).startsWith(text(start)),
  endswith: ([value = null, end = null]) => text(value).endsWith(text(end)),
  contains: ([value = null, part = null]) => text(value).includes(text(part)),
  length: ([value = null]) => integer(text(value).length),
  position: ([part = null, value = null]) => integer(text(value).indexOf(text(part)) + 1),
  substr: ([value = null, start = null, length = null]) => {
    const from = numberIn(start) - 1;
    return text(value).slice(from, length === null ? undefined : from + numberIn(length));
  },
  split: ([value = null, by = null]) => ({ is: 'ARRAY', items: text(value).split(text(by)) }),
  split_part: ([value = null, by = null, part = null]) => text(value).split(text(by))[numberIn(part) - 1] ?? '',
  array_size: ([array = null]) => integer(itemsOf(array).length),
  object_keys: ([object = null]) => ({ is: 'ARRAY', items: [...fieldsOf(object).keys()].sort() }),
  object_delete: ([object = null, key = null]) =>
    objectOf([...fieldsOf(object)].filter(([name]) => name !== text(key))),
  greatest: (given) => given.reduce((most, each) => ((compare(each, most) ?? 0) > 0 ? each : most)),
};

/**
 * CONVERT_TIMEZONE with two arguments: a TZ, which shows the same instant on another zone's clock.
 */
function convertTimezone([zone = null, value = null]: readonly SqlValue[], timeZone: string): SqlValue {
  const time = castTo(value, 'timestamp_tz', timeZone);
  if (typeof time !== 'object' || !time || !('ms' in time)) throw refused('100071', 'no timestamp');
  return { is: 'TIMESTAMP_TZ', ms: time.ms, aheadMs: wallClockOf(time.ms, text(zone)) - time.ms };
}

/**
 * Of a number: so many units since 1970, by the number of decimals that a second has. Of text: by
 * `auto`.
 */
function toTimestamp([value = null, how = null]: readonly SqlValue[], type: string, timeZone: string): SqlValue {
  if (typeof value === 'object' && value && 'number' in value) {
    const ms = value.number * 10 ** (3 - numberIn(how ?? integer(0)));
    return castTo({ is: 'TIMESTAMP_NTZ', ms }, type, 'UTC');
  }
  if (how !== null && text(how).toLowerCase() !== 'auto') throw refused('100096', `no format ${text(how)} here`);
  return castTo(value, type, timeZone);
}

function toVarchar([value = null, format = null]: readonly SqlValue[], timeZone: string): SqlValue {
  const whole = textOf(value, timeZone) ?? '';
  if (format === null) return whole;
  const lengths: Readonly<Record<string, number>> = {
    'YYYY-MM-DD HH24:MI:SS.FF3': 23,
    'YYYY-MM-DD HH24:MI:SS': 19,
    'YYYY-MM-DD': 10,
  };
  const length = lengths[text(format)];
  if (length === undefined) throw refused('100096', `no format ${text(format)} here`);
  return whole.slice(0, length);
}

/** Undefined where NULL takes part. NaN is equal to itself, and above every other number. */
export function compare(left: SqlValue, right: SqlValue): number | undefined {
  if (left === null || right === null) return undefined;
  const [a, b] = [comparable(left), comparable(right)];
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (typeof a === 'string' && typeof b === 'string') return Number(a > b) - Number(a < b);
  return Number(Number(a) > Number(b)) - Number(Number(a) < Number(b));
}

function comparable(value: SqlValue): string | number | boolean {
  if (typeof value === 'object' && value && 'number' in value) return value.number;
  if (typeof value === 'object' && value && 'ms' in value) return value.ms;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  throw refused('001003', `SQL compilation error: ${JSON.stringify(value)} cannot be compared`);
}

/** `value:"key"`, or `value[key]`; NULL of what has no such element. */
export function elementOf(container: SqlValue, key: SqlValue): SqlValue {
  if (typeof container !== 'object' || !container) return null;
  if ('fields' in container) return container.fields.get(String(key)) ?? null;
  return 'items' in container && typeof key === 'object' && key ? (container.items[numberIn(key)] ?? null) : null;
}

export function itemsOf(array: SqlValue): readonly SqlValue[] {
  if (typeof array === 'object' && array && 'items' in array) return array.items;
  throw refused('100071', `${JSON.stringify(array)} is no array`);
}

function fieldsOf(object: SqlValue): ReadonlyMap<string, SqlValue> {
  if (typeof object === 'object' && object && 'fields' in object) return object.fields;
  throw refused('100071', `${JSON.stringify(object)} is no object`);
}

function objectOf(fields: Iterable<readonly [string, SqlValue]>): SqlValue {
  return { is: 'OBJECT', fields: new Map(fields) };
}

function pairs(given: readonly SqlValue[]): [string, SqlValue][] {
  return given.flatMap((key, index) => (index % 2 === 0 ? [[text(key), given[index + 1] ?? null]] : []));
}

function text(value: SqlValue): string {
  if (typeof value === 'string') return value;
  throw refused('100071', `${JSON.stringify(value)} is no text`);
}

export function numberIn(value: SqlValue): number {
  if (typeof value === 'object' && value && 'number' in value) return value.number;
  throw refused('100071', `${JSON.stringify(value)} is no number`);
}

function clock(value: SqlValue, timeZone: string): Date {
  const time = castTo(value, 'timestamp_ntz', timeZone);
  if (typeof time !== 'object' || !time || !('ms' in time)) throw refused('100071', 'no timestamp');
  return new Date(time.ms);
}

function parsedJson(json: string): SqlValue {
  try {
    return fromJson(JSON.parse(json));
  } catch {
    return null;
  }
}

function fromJson(value: unknown): SqlValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? integer(value) : double(value);
  if (Array.isArray(value)) return { is: 'ARRAY', items: value.map(fromJson) };
  if (typeof value !== 'object' || value === null) return null;
  return objectOf(Object.entries(value).map(([key, field]) => [key, fromJson(field)] as const));
}
