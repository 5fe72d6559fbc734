import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { DuckDBInstance } from '@duckdb/node-api';
import * as z from 'zod';
import { sqlAddress } from './sqlAddress.ts';
import { querySql, type SqlAnswer } from './sqlQuery.ts';
import { warehousePath } from './state.ts';

interface SqlServer {
  readonly close: () => Promise<void>;
}

/** A question is a statement that somebody typed. */
const MAX_QUESTION_BYTES = 1024 * 1024;

const Question = z.strictObject({ sql: z.string() });

/**
 * Answers questions about the warehouse that this process has open: DuckDB lets no other process
 * open the file meanwhile. A question is one line of JSON on a socket, `{"sql": "…"}`; the answer
 * is one JSON document (sqlQuery.ts), and the end. Only for the state's holder, whose lock says
 * that no other process has this socket. The socket is for its owner alone.
 */
export async function serveSql(keep: string): Promise<SqlServer> {
  const instance = await DuckDBInstance.fromCache(warehousePath(keep));
  const address = sqlAddress(keep);
  const sockets = new Set<Socket>();
  const answers = new Set<Promise<void>>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Whoever asked has gone: there is nobody to say it to.
    socket.on('error', () => socket.destroy());
    answer(instance, socket, (answered) => {
      answers.add(answered);
      void answered.finally(() => answers.delete(answered));
    });
  });
  // One that a killed process has left.
  await rm(address, { force: true });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject).listen(address, listening.resolve);
  await listening.promise;
  await chmod(address, 0o600);
  return {
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      for (const socket of sockets) socket.destroy();
      await closed.promise;
      // Those whose asker is gone have been interrupted.
      await Promise.all(answers);
      instance.closeSync();
    },
  };
}

function answer(instance: DuckDBInstance, socket: Socket, onAnswer: (answered: Promise<void>) => void): void {
  const gone = new AbortController();
  socket.on('close', () => gone.abort());
  let asked = '';
  const onData = (chunk: string): void => {
    asked += chunk;
    if (asked.length > MAX_QUESTION_BYTES) return void socket.destroy();
    const end = asked.indexOf('\n');
    if (end < 0) return;
    socket.off('data', onData).resume();
    const answered = answerTo(instance, asked.slice(0, end), gone.signal).then(
      (found) => void socket.end(JSON.stringify(found)),
      () => void socket.destroy(),
    );
    onAnswer(answered);
  };
  socket.setEncoding('utf8').on('data', onData);
}

async function answerTo(instance: DuckDBInstance, line: string, signal: AbortSignal): Promise<SqlAnswer> {
  const { sql } = Question.parse(JSON.parse(line));
  return querySql(instance, sql, signal);
}
