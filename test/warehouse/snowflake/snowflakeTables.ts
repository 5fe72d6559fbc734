import { StatementError } from './protocolServer.ts';

export interface PublicationRow {
  readonly payer: string;
  readonly year: number;
  readonly month: number;
  readonly deliveryId: string | null;
  readonly asOf: number;
  readonly epoch: number;
}

export interface CurrentFile extends PublicationRow {
  readonly stagedKey: string;
  readonly rowCount: number;
}

/** The native tables. */
export interface Tables {
  readonly fence: { period: string; epoch: number }[];
  readonly publications: PublicationRow[];
  readonly currentFiles: CurrentFile[];
  readonly findings: { payer: string; year: number; month: number }[];
}

/** Changes the tables; answers how many rows that were there before it has changed or deleted. */
export type Write = (tables: Tables) => number;

const LOCK_TIMEOUT_MS = 3_000;

export function emptyTables(): Tables {
  return { fence: [], publications: [], currentFiles: [], findings: [] };
}

/**
 * Transactions as Snowflake has them: READ COMMITTED, so a statement sees what is committed when it begins, and what its
 * own transaction did. UPDATE, DELETE and MERGE lock a table when they change rows that are there, until their
 * transaction ends; others wait. INSERT, and a MERGE that only inserts, lock nothing.
 */
export class Sessions {
  readonly committed: Tables;
  readonly #open = new Map<string, Write[]>();
  readonly #locks = new Map<keyof Tables, string>();
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
    this.#release(sessionId);
  }

  /** A session that is gone leaves nothing behind. */
  endAllBut(isOpen: (sessionId: string) => boolean): void {
    for (const sessionId of this.#open.keys()) if (!isOpen(sessionId)) this.rollBack(sessionId);
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
    return holder !== undefined && holder !== sessionId;
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
