import { StatementError, type StatementResult } from './protocolServer.ts';
import { NOTHING } from './snowflakeStatements.ts';
import type { SqlValue } from './sql/values.ts';

export interface PublicationRow {
  readonly payer: string;
  readonly year: number;
  readonly month: number;
  readonly deliveryId: string | null;
  readonly asOf: number;
  readonly epoch: number;
  costs: string | null;
}

export interface CurrentFile extends Omit<PublicationRow, 'costs'> {
  readonly stagedKey: string;
  readonly rowCount: number;
}

/** A row of the native table, with every column by its name. */
export interface LoadedRow {
  readonly payer: string;
  readonly year: number;
  readonly month: number;
  readonly publishId: string;
  readonly values: ReadonlyMap<string, SqlValue>;
}

export interface FenceRow {
  readonly period: string;
  epoch: number;
  scriptRun: number | null;
  scriptStatement: number | null;
}

interface CheckRun {
  readonly payer: string;
  readonly year: number;
  readonly month: number;
  readonly check: string;
  readonly status: string;
  readonly reason: string | null;
}

/** The native tables. */
export interface Tables {
  /** What a table of an older release has not yet is null. */
  readonly fence: FenceRow[];
  readonly publications: PublicationRow[];
  readonly currentFiles: CurrentFile[];
  readonly loadedRows: LoadedRow[];
  readonly findings: { payer: string; year: number; month: number }[];
  readonly checkRuns: CheckRun[];
  readonly columnsByValue: { columnName: string; firstFile: string }[];
  /** The staged keys that the external table knows: they change in transactions, too. */
  readonly registered: Set<string>;
}

/** Changes the tables; answers how many rows that were there before it has changed or deleted. */
export type Write = (tables: Tables) => number;

const LOCK_TIMEOUT_MS = 60_000;

export function emptyTables(): Tables {
  return {
    fence: [],
    publications: [],
    currentFiles: [],
    loadedRows: [],
    findings: [],
    checkRuns: [],
    columnsByValue: [],
    registered: new Set(),
  };
}

/**
 * Transactions as Snowflake has them: READ COMMITTED, so a statement sees what is committed when it
 * begins, and what its own transaction did. UPDATE, DELETE and MERGE lock a table when they change
 * rows that are there, until their transaction ends; others wait. INSERT, and a MERGE that only
 * inserts, lock nothing.
 */
export class Sessions {
  readonly committed: Tables;
  readonly #open = new Map<string, Write[]>();
  readonly #locks = new Map<keyof Tables, string>();
  readonly #abandoned = new Set<string>();
  #released = Promise.withResolvers<void>();
  /** How many statements wait for a lock. */
  waiting = 0;

  constructor(tables: Tables) {
    this.committed = tables;
  }

  begin(sessionId: string): void {
    if (!this.#open.has(sessionId)) this.#open.set(sessionId, []);
  }

  commit(sessionId: string): void {
    for (const write of this.#open.get(sessionId) ?? []) write(this.committed);
    this.rollBack(sessionId);
  }

  rollBack(sessionId: string): void {
    this.#open.delete(sessionId);
    this.#abandoned.delete(sessionId);
    this.#release(sessionId);
  }

  /** A session that is gone leaves nothing behind. */
  endAllBut(isOpen: (sessionId: string) => boolean): void {
    for (const sessionId of this.#open.keys()) if (!isOpen(sessionId)) this.rollBack(sessionId);
  }

  /**
   * What ran in a transaction of this session was cancelled. It stays open, but is rolled back as
   * soon as it blocks another: Snowflake gives it five minutes until then.
   */
  abandon(sessionId: string): void {
    if (this.#open.has(sessionId)) this.#abandoned.add(sessionId);
    this.#wake();
  }

  /** What a statement of this session sees. */
  read(sessionId: string): Tables {
    const seen = structuredClone(this.committed);
    for (const write of this.#open.get(sessionId) ?? []) write(seen);
    return seen;
  }

  /** `locked` is the table that the write locks, when it changes rows of it. */
  async write(sessionId: string, locked: keyof Tables | undefined, write: Write): Promise<void> {
    const deadline = Date.now() + LOCK_TIMEOUT_MS;
    while (locked && this.#isHeldByAnother(sessionId, locked) && write(this.read(sessionId)) > 0) {
      const expired = setTimeout(() => this.#wake(), Math.max(0, deadline - Date.now()));
      this.waiting += 1;
      await this.#released.promise;
      this.waiting -= 1;
      clearTimeout(expired);
      if (Date.now() >= deadline) throw new StatementError('000628', `Lock timeout on ${locked}: statement aborted`);
    }
    const changed = write(this.read(sessionId));
    if (locked && changed > 0) this.#locks.set(locked, sessionId);
    const open = this.#open.get(sessionId);
    if (open) {
      open.push(write);
    } else {
      write(this.committed);
      this.#release(sessionId);
    }
  }

  #isHeldByAnother(sessionId: string, table: keyof Tables): boolean {
    const holder = this.#locks.get(table);
    if (holder !== undefined && this.#abandoned.has(holder)) this.rollBack(holder);
    return this.#locks.has(table) && holder !== sessionId;
  }

  #release(sessionId: string): void {
    for (const [table, holder] of this.#locks) if (holder === sessionId) this.#locks.delete(table);
    this.#wake();
  }

  #wake(): void {
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }
}

/** A statement that only adds rows: it locks nothing. */
export async function insert(sessions: Sessions, sessionId: string, write: Write): Promise<StatementResult> {
  await sessions.write(sessionId, undefined, write);
  return NOTHING;
}

/** Deletes rows in place; answers how many. */
export function deleteWhere<Item>(rows: Item[], isDeleted: (row: Item) => boolean): number {
  const kept = rows.filter((row) => !isDeleted(row));
  const deleted = rows.length - kept.length;
  rows.splice(0, rows.length, ...kept);
  return deleted;
}
