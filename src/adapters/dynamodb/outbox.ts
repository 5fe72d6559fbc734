import pMap from 'p-map';
import type { OutboxOfLedger } from '../../ledger/ledger.ts';
import type { OutboxPage } from '../../ledger/message.ts';
import { byAge, type Message } from '../../ledger/message.ts';
import { OUTBOX, outboxKey } from './keys.ts';
import { type DynamodbTable, text, textOf } from './table.ts';

/** A broker confirms a hundred messages at once. */
const DELETIONS_AT_A_TIME = 8;

export class DynamodbOutbox implements OutboxOfLedger {
  readonly #table: DynamodbTable;

  constructor(table: DynamodbTable) {
    this.#table = table;
  }

  async putIntoOutbox(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      const content = { body: text(JSON.stringify(message)) };
      await this.#table.put(outboxKey(message.id), content, { condition: 'attribute_not_exists(pk)' });
    }
  }

  async outbox(page: Partial<OutboxPage> = {}): Promise<Message[]> {
    const items = await this.#table.query(OUTBOX, page);
    return items.map((item) => JSON.parse(textOf(item, 'body')) as Message).sort(byAge);
  }

  async takeFromOutbox(ids: readonly string[]): Promise<void> {
    await pMap(ids, (id) => this.#table.delete(outboxKey(id)), { concurrency: DELETIONS_AT_A_TIME });
  }
}
