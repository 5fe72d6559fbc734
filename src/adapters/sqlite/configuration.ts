import type { ConfigurationOfLedger, StoredConfiguration } from '../../ledger/ledger.ts';
import type { SqliteDatabase } from './database.ts';

/** The only configuration that there is. */
const PAYERS = 'payers';

export class SqliteConfiguration implements ConfigurationOfLedger {
  readonly #db: SqliteDatabase;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  async saveConfiguration(configuration: StoredConfiguration): Promise<void> {
    this.#db.put('configurations', [PAYERS], configuration);
  }

  async configuration(): Promise<StoredConfiguration | undefined> {
    return this.#db.get('select body from configurations where id = ?', [PAYERS]);
  }
}
