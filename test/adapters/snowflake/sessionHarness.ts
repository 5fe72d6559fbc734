import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterEach, expect } from 'vitest';
import type { SnowflakeCredentials } from '../../../src/adapters/snowflake/credentials.ts';
import { SnowflakeFailure } from '../../../src/adapters/snowflake/failures.ts';
import { openSession, type Session, type SessionOptions } from '../../../src/adapters/snowflake/session.ts';
import { type Execute, type ProtocolServer, type StatementResult, startProtocolServer } from './protocolServer.ts';

/** An RSA key as a secret holds it, and its public half as a server knows it. */
export function createKey(): { privateKey: string; publicKey: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey };
}

const key = createKey();

export interface SessionWorld {
  readonly server: ProtocolServer;
  /** Statements that `execute` was given, oldest first. */
  readonly executed: string[];
  credentials(): SnowflakeCredentials;
  open(options?: Partial<SessionOptions>): Promise<Session>;
  close(): Promise<void>;
}

/**
 * A server with `execute` behind it, and sessions on it which are closed with it. Nothing waits
 * between tries.
 */
async function createSessionWorld(execute: Execute = async () => numbers(1)): Promise<SessionWorld> {
  const executed: string[] = [];
  const server = await startProtocolServer((statement, running) => {
    executed.push(statement.sql);
    return execute(statement, running);
  });
  const sessions: Session[] = [];
  const credentials = () => ({
    account: 'example-account',
    accessUrl: server.accessUrl,
    username: 'REACTOR',
    role: 'REACTOR_ROLE',
    privateKey: key.privateKey,
  });
  return {
    server,
    executed,
    credentials,
    async open(options) {
      const session = await openSession({
        readCredentials: async () => credentials(),
        database: 'COSTS',
        schema: 'CUR',
        warehouse: 'CUR_WH',
        application: 'cur-reactor',
        queryTag: 'cur-reactor',
        statementTimeoutSeconds: 3600,
        lockTimeoutSeconds: 60,
        backoff: async () => undefined,
        ...options,
      });
      sessions.push(session);
      return session;
    },
    async close() {
      await Promise.all(sessions.map((session) => session.close()));
      await server.close();
    },
  };
}

/** One row with one number, in column N. */
export function numbers(...values: number[]): StatementResult {
  return { columns: [{ name: 'N', type: 'fixed' }], rows: values.map((value) => [String(value)]) };
}

/** Makes worlds for the tests of a file, each closed when its test ends. */
export function useSessionWorlds(): (execute?: Execute) => Promise<SessionWorld> {
  const worlds: SessionWorld[] = [];
  afterEach(async () => {
    await Promise.all(worlds.splice(0).map((world) => world.close()));
  });
  return async (execute) => {
    const world = await createSessionWorld(execute);
    worlds.push(world);
    return world;
  };
}

/** The SnowflakeFailure that the work must end with. */
export async function failureOf(work: Promise<unknown>): Promise<SnowflakeFailure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SnowflakeFailure);
  if (!(error instanceof SnowflakeFailure)) throw error;
  return error;
}

/** What statements can wait for. */
export function createGate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
