import type { Activity } from '../../ledger/activity.ts';
import type { ActivityOfLedger } from '../../ledger/ledger.ts';
import { ACTIVITY, activityKey } from './keys.ts';
import { type DynamodbTable, text, textOf } from './table.ts';

export class DynamodbActivity implements ActivityOfLedger {
  readonly #table: DynamodbTable;

  constructor(table: DynamodbTable) {
    this.#table = table;
  }

  async noteActivity(activity: Activity): Promise<void> {
    for (const [name, part] of Object.entries(activity)) {
      await this.#table.put(activityKey(name), { body: text(JSON.stringify({ [name]: part })) });
    }
  }

  async activity(): Promise<Activity> {
    const items = await this.#table.query(ACTIVITY);
    return Object.assign({}, ...items.map((item) => JSON.parse(textOf(item, 'body')) as Activity));
  }
}
