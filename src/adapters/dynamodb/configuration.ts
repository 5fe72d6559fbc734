import type { ConfigurationOfLedger, StoredConfiguration } from '../../ledger/ledger.ts';
import { getDocument, putDocument } from './documents.ts';
import { configurationKey } from './keys.ts';
import type { DynamodbTable } from './table.ts';

export class DynamodbConfiguration implements ConfigurationOfLedger {
  readonly #table: DynamodbTable;

  constructor(table: DynamodbTable) {
    this.#table = table;
  }

  async saveConfiguration(configuration: StoredConfiguration): Promise<void> {
    await putDocument(this.#table, configurationKey(), configuration);
  }

  async configuration(): Promise<StoredConfiguration | undefined> {
    return getDocument(this.#table, configurationKey());
  }
}
