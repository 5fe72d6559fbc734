import { mkdtempDisposable, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, it } from 'vitest';
import { sqlAddress } from '../../../src/programs/local/sqlAddress.ts';
import { querySql } from '../../../src/programs/local/sqlQuery.ts';
import { serveSql } from '../../../src/programs/local/sqlServer.ts';
import { warehousePath } from '../../../src/programs/local/state.ts';

const HOURS = 'select sum(a.range * b.range * c.range) from range(1000000) a, range(1000000) b, range(1000000) c';

/** What a socket answers to a line, whole; empty when it is closed without an answer. */
function exchange(address: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address, () => socket.write(line));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(text));
  });
}

describe('whoever answers questions', () => {
  it('ends at once while it answers: the statement is interrupted, its asker hears nothing', async ({ expect }) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'answers-'));
    const server = await serveSql(folder.path);
    const asked = exchange(sqlAddress(folder.path), `${JSON.stringify({ sql: HOURS })}\n`);
    // A second question is answered meanwhile; by then the first one is being worked on.
    const second = await exchange(sqlAddress(folder.path), `${JSON.stringify({ sql: 'select 1 as one' })}\n`);
    expect(JSON.parse(second)).toMatchObject({ is: 'rows', rows: [[1]] });
    await server.close();
    expect(await asked).toBe('');
    const again = await DuckDBInstance.create(warehousePath(folder.path));
    again.closeSync();
  });

  it('interrupts a statement whose asker left before it was run', async ({ expect }) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'answers-'));
    const instance = await DuckDBInstance.create(warehousePath(folder.path));
    const left = AbortSignal.abort();
    expect(await querySql(instance, HOURS, left)).toMatchObject({ is: 'failed' });
    // DuckDB forgets an interrupt that comes between two of a connection's statements.
    for (const turns of [0, 1, 2, 3, 4, 6, 8, 12]) {
      const leaving = new AbortController();
      const answer = querySql(instance, HOURS, leaving.signal);
      for (let turn = 0; turn < turns; turn += 1) await setImmediate();
      leaving.abort();
      expect((await answer).is, `after ${turns} turns`).toBe('failed');
    }
    instance.closeSync();
  });

  it('hangs up on what is no question, and answers the next one', async ({ expect }) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'answers-'));
    const server = await serveSql(folder.path);
    for (const line of ['nonsense\n', '{"sql": 1}\n', `${'x'.repeat(2_000_000)}\n`]) {
      expect(await exchange(sqlAddress(folder.path), line).catch(() => ''), line.slice(0, 20)).toBe('');
    }
    const answer = await exchange(sqlAddress(folder.path), '{"sql": "select 1 as one"}\n');
    expect(JSON.parse(answer)).toMatchObject({ is: 'rows' });
    await server.close();
  });

  it('lets nobody but its owner ask', async ({ expect }) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'answers-'));
    const server = await serveSql(folder.path);
    expect((await stat(sqlAddress(folder.path))).mode & 0o777).toBe(0o600);
    await server.close();
  });
});
