import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import * as z from 'zod';
import { sqlAddress } from './sqlAddress.ts';
import { querySql, type SqlAnswer } from './sqlQuery.ts';
import { warehousePath } from './state.ts';
import { isStateHeld } from './stateLock.ts';

/**
 * A process that has the state opens its socket moments later, and closes it moments before it lets
 * go.
 */
const TRIES = 50;
const TRY_AGAIN_MS = 100;

const Answer: z.ZodType<SqlAnswer> = z.discriminatedUnion('is', [
  z.object({
    is: z.literal('rows'),
    columns: z.array(z.object({ name: z.string(), isNumber: z.boolean() })),
    rows: z.array(z.array(z.unknown())),
    more: z.boolean(),
  }),
  z.object({ is: z.enum(['wrong', 'failed']), message: z.string() }),
]);

/**
 * Asks a state's warehouse: the process that works on the state, or, when none does, the database
 * itself, opened for reading. Throws DuckDB's error when the database cannot be opened, such as
 * when another program has it open.
 */
export async function askWarehouse(keep: string, sql: string): Promise<SqlAnswer> {
  for (let left = TRIES; ; left -= 1) {
    const answer = await askHolder(sqlAddress(keep), sql);
    if (answer) return answer;
    try {
      if (!isStateHeld(keep)) return await askDatabase(warehousePath(keep), sql);
    } catch (error) {
      // Somebody may have taken the state up since: ask again, and at last say what DuckDB says.
      if (left <= 0 || !isHeldOpen(error)) throw error;
    }
    if (left <= 0) return { is: 'failed', message: `the process that works on ${keep} does not answer` };
    await wait(TRY_AGAIN_MS);
  }
}

async function askDatabase(path: string, sql: string): Promise<SqlAnswer> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  try {
    return await querySql(instance, sql, new AbortController().signal);
  } finally {
    instance.closeSync();
  }
}

/**
 * The answer of whoever listens; undefined when nobody does, or somebody else's socket lies there.
 */
async function askHolder(address: string, sql: string): Promise<SqlAnswer | undefined> {
  const stats = await lstat(address).catch(() => undefined);
  const isOwn = stats?.isSocket() && (process.getuid === undefined || stats.uid === process.getuid());
  if (!isOwn) return undefined;
  const text = await exchange(address, `${JSON.stringify({ sql })}\n`);
  try {
    return text === undefined ? undefined : Answer.parse(JSON.parse(text));
  } catch {
    // Cut off: whoever answered has ended meanwhile, and somebody else is asked.
    return undefined;
  }
}

function exchange(address: string, question: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text)).on('error', () => resolve(undefined));
    socket.write(question);
  });
}

function isHeldOpen(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Could not set lock on file');
}
