import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';

export interface Column {
  readonly name: string;
  readonly type: 'text' | 'fixed' | 'real' | 'boolean' | 'timestamp_ntz';
}

/** Parameters that the driver looks for after it signed in and after every statement. */
export const SESSION_PARAMETERS = [
  ['TIMEZONE', 'UTC'],
  ['DATE_OUTPUT_FORMAT', 'YYYY-MM-DD'],
  ['TIME_OUTPUT_FORMAT', 'HH24:MI:SS'],
  ['TIMESTAMP_OUTPUT_FORMAT', 'YYYY-MM-DD HH24:MI:SS.FF3'],
  ['TIMESTAMP_NTZ_OUTPUT_FORMAT', 'YYYY-MM-DD HH24:MI:SS.FF3'],
  ['TIMESTAMP_LTZ_OUTPUT_FORMAT', ''],
  ['TIMESTAMP_TZ_OUTPUT_FORMAT', ''],
  ['BINARY_OUTPUT_FORMAT', 'HEX'],
].map(([name, value]) => ({ name, value }));

export function rowtypeOf(columns: readonly Column[]): object[] {
  return columns.map(({ name, type }) => ({
    name,
    type,
    nullable: true,
    ...(type === 'fixed' ? { precision: 38, scale: 0 } : {}),
    ...(type === 'text' ? { length: 16_777_216 } : {}),
    ...(type === 'timestamp_ntz' ? { scale: 9 } : {}),
  }));
}

/**
 * Values as they go over the wire: booleans as 1 and 0, timestamps as seconds since 1970. Throws a
 * TypeError for others.
 */
export function rowsetOf(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
): (string | null)[][] {
  return rows.map((row) => {
    if (row.length !== columns.length) {
      throw new TypeError(`a row has ${row.length} values for ${columns.length} columns`);
    }
    return columns.map((column, index) => wireValue(column, row[index] ?? null));
  });
}

function wireValue({ name, type }: Column, value: string | null): string | null {
  if (value === null) return null;
  if (type === 'boolean') {
    if (!/^(true|false|1|0)$/i.test(value)) throw new TypeError(`column ${name} must be true or false, got ${value}`);
    return /^(true|1)$/i.test(value) ? '1' : '0';
  }
  if (type === 'timestamp_ntz' && !/^-?\d+(\.\d+)?$/.test(value)) {
    const milliseconds = Date.parse(`${value.replace(' ', 'T').replace(/Z$/, '')}Z`);
    if (Number.isNaN(milliseconds)) throw new TypeError(`column ${name} must be a timestamp, got ${value}`);
    return (milliseconds / 1000).toFixed(9);
  }
  return value;
}

/** The body of a request, unzipped; an empty object where there is none. */
export async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const isZipped = request.headers['content-encoding'] === 'gzip';
  const body = await text(isZipped ? request.pipe(createGunzip()) : request);
  return body === '' ? {} : asRecord(JSON.parse(body));
}

/** The driver parses nothing but application/json. */
export function reply(response: ServerResponse, status: number, answer: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The `bindings` of a request, in their order. */
export function bindsOf(bindings: unknown): (string | null)[] {
  return Object.entries(asRecord(bindings))
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, bind]) => asText(asRecord(bind).value) ?? null);
}
