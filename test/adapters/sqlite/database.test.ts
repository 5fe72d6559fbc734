import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteDatabase } from '../../../src/adapters/sqlite/database.ts';

let folder: string;
let db: SqliteDatabase;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'database-'));
  db = new SqliteDatabase(path.join(folder, 'ledger.sqlite'));
});
afterEach(async () => {
  db.close();
  await rm(folder, { recursive: true });
});

/** The file may not grow beyond so many pages more: to SQLite the disk is full then. */
const allowPages = (pages: number) => {
  const current = Number(db.prepare('pragma page_count').get()?.page_count);
  db.prepare(`pragma max_page_count = ${current + pages}`).get();
};
const putMessages = (count: number) => {
  for (let id = 0; id < count; id += 1) db.put('outbox', [String(id)], { text: 'x'.repeat(4000) });
};
const messages = () => db.all('select body from outbox', []);

describe('a transaction that fails', () => {
  it('because the disk is full says so, though SQLite has rolled it back by itself, and leaves nothing of it', () => {
    allowPages(5);
    expect(() => db.transaction(() => putMessages(100))).toThrow('database or disk is full');
    expect(messages()).toEqual([]);
    allowPages(1000);
    db.transaction(() => putMessages(100));
    expect(messages()).toHaveLength(100);
  });

  it('for a reason of its own is rolled back, and says that reason', () => {
    const failing = () => {
      putMessages(3);
      throw new Error('the step went wrong');
    };
    expect(() => db.transaction(failing)).toThrow('the step went wrong');
    expect(messages()).toEqual([]);
    db.transaction(() => putMessages(1));
    expect(messages()).toHaveLength(1);
  });
});
