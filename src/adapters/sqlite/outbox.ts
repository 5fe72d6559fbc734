import type { OutboxOfLedger } from '../../ledger/ledger.ts';
import type { OutboxPage } from '../../ledger/message.ts';
import { byAge, type Message } from '../../ledger/message.ts';
import type { SqliteDatabase } from './database.ts';

export class SqliteOutbox implements OutboxOfLedger {
  readonly #db: SqliteDatabase;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  async putIntoOutbox(messages: readonly Message[]): Promise<void> {
    this.#db.transaction(() => {
      const insert = this.#db.prepare('insert or ignore into outbox values (?, ?)');
      for (const message of messages) insert.run(message.id, JSON.stringify(message));
    });
  }

  async outbox({ after = '', limit }: Partial<OutboxPage> = {}): Promise<Message[]> {
    const sql = 'select body from outbox where id > ? order by id limit ?';
    return this.#db.all<Message>(sql, [after, limit ?? -1]).sort(byAge);
  }

  async takeFromOutbox(ids: readonly string[]): Promise<void> {
    this.#db.transaction(() => {
      for (const id of ids) this.#db.prepare('delete from outbox where id = ?').run(id);
    });
  }
}
