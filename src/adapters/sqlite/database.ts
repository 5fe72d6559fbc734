import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { LedgerDamaged } from '../../ledger/ledgerDamaged.ts';

/** Every record is a JSON document, `body`, under its key. */
const TABLES = `
  create table if not exists versions (
    period text, payer text, id text, body text not null, primary key (period, payer, id)) without rowid;
  create table if not exists deliveries (
    period text, payer text, id text, body text not null, primary key (period, payer, id)) without rowid;
  create table if not exists partitions (
    period text, payer text, body text not null, primary key (period, payer)) without rowid;
  create table if not exists periods (period text primary key, body text not null) without rowid;
  create table if not exists periods_in_play (period text primary key, body text not null) without rowid;
  create table if not exists schemas (id text primary key, body text not null) without rowid;
  create table if not exists analytics (period text primary key, body text not null) without rowid;
  create table if not exists outbox (id text primary key, body text not null) without rowid;
  create table if not exists configurations (id text primary key, body text not null) without rowid;
  create table if not exists reconciles (id text primary key, body text not null) without rowid;
  create table if not exists reconciled_payers (
    id text, payer text, body text not null, primary key (id, payer)) without rowid;
  create table if not exists reconcile_cursors (
    id text, payer text, hop text, body text not null, primary key (id, payer, hop)) without rowid;
  create table if not exists activities (id text primary key, body text not null) without rowid;
`;

/**
 * One SQLite file (Node's own `node:sqlite`), or ':memory:'. Write-ahead logging with
 * synchronous=normal preserves every committed step when the process is killed at any point; a
 * power cut may lose the newest steps, but never mixes them (SQLite, "Write-Ahead Logging"). The
 * log is moved into the file only every 32 MiB: that waits for the disk.
 */
export class SqliteDatabase {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 8192;');
    this.#db.exec(TABLES);
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Does a step as one transaction: it takes effect as a whole, or not at all when it throws. Steps
   * do not nest.
   */
  transaction<Result>(step: () => Result): Result {
    this.#db.exec('begin immediate');
    try {
      const result = step();
      this.#db.exec('commit');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself if the disk is full: a second rollback would fail, and
      // hide why this one came.
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  /** Stores a record in place of the one before. */
  put(table: string, key: readonly string[], body: object): void {
    const marks = [...key, body].map(() => '?').join(', ');
    this.prepare(`insert or replace into ${table} values (${marks})`).run(...key, JSON.stringify(body));
  }

  /** The record that a query for `body` finds. Throws LedgerDamaged when it cannot be read. */
  get<Body>(sql: string, key: readonly string[]): Body | undefined {
    const row = this.prepare(sql).get(...key);
    return row && bodyOf<Body>(row);
  }

  /** The records that a query for `body` finds. Throws LedgerDamaged when one cannot be read. */
  all<Body>(sql: string, key: readonly (string | number)[]): Body[] {
    return this.prepare(sql)
      .all(...key)
      .map((row) => bodyOf<Body>(row));
  }

  /** A statement, prepared once. */
  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /**
   * Reads everything once. Throws LedgerDamaged, or SQLite's error, for a file that was damaged.
   */
  checkWhole(): void {
    const [first] = this.prepare('pragma quick_check(1)').all();
    if (first?.quick_check !== 'ok') {
      throw new LedgerDamaged(`malformed: ${String(first?.quick_check).replace(/^\*\*\*.*\*\*\*\s/, '')}`);
    }
    const tables = this.prepare("select name from sqlite_schema where type = 'table'").all();
    for (const { name } of tables) {
      const wrong = this.prepare(`select count(*) as count from ${name} where not json_valid(body)`).get()?.count;
      if (wrong !== 0) throw new LedgerDamaged(`malformed: ${wrong} records of ${name} cannot be read`);
    }
  }
}

function bodyOf<Body>({ body }: Record<string, unknown>): Body {
  try {
    return JSON.parse(String(body));
  } catch (cause) {
    throw new LedgerDamaged('malformed: a record cannot be read', { cause });
  }
}
