import { DatabaseSync } from 'node:sqlite';
import { openSqliteLedger, type SqliteLedger } from '../../src/adapters/sqlite/ledger.ts';

let worlds = 0;

/** What stands in a ledger: the rows of each table. */
export type SavedLedger = ReadonlyMap<string, readonly Record<string, string>[]>;

/** The real embedded ledger, in memory, of which a copy can be taken and put back. */
export class SimulatedLedger {
  readonly #path: string;
  readonly #rows: DatabaseSync;
  #open: SqliteLedger;

  constructor() {
    worlds += 1;
    this.#path = `file:world-${worlds}?mode=memory&cache=shared`;
    this.#open = openSqliteLedger(this.#path);
    this.#rows = new DatabaseSync(this.#path);
  }

  /** The ledger as the processes of now have opened it. */
  get open(): SqliteLedger {
    return this.#open;
  }

  /** As a process does that starts: what the one before has kept in its memory is gone. */
  openAgain(): void {
    this.#open.close();
    this.#open = openSqliteLedger(this.#path);
    this.#open.takeOver();
  }

  save(): SavedLedger {
    const tables = this.#rows.prepare("select name from sqlite_schema where type = 'table'").all();
    return new Map(
      tables.map(({ name }) => {
        const rows = this.#rows.prepare(`select * from ${name}`).all();
        return [String(name), rows.map((row) => ({ ...row }) as Record<string, string>)];
      }),
    );
  }

  restore(saved: SavedLedger): void {
    for (const [table, rows] of saved) {
      this.#rows.exec(`delete from ${table}`);
      for (const row of rows) {
        const values = Object.values(row);
        this.#rows.prepare(`insert into ${table} values (${values.map(() => '?').join(', ')})`).run(...values);
      }
    }
  }

  close(): void {
    this.#open.close();
    this.#rows.close();
  }
}
