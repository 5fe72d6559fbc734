import type { Activity } from '../../ledger/activity.ts';
import type { ActivityOfLedger } from '../../ledger/ledger.ts';
import type { SqliteDatabase } from './database.ts';

export class SqliteActivity implements ActivityOfLedger {
  readonly #db: SqliteDatabase;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  async noteActivity(activity: Activity): Promise<void> {
    this.#db.transaction(() => {
      for (const [id, part] of Object.entries(activity)) this.#db.put('activities', [id], { [id]: part });
    });
  }

  async activity(): Promise<Activity> {
    return Object.assign({}, ...this.#db.all<Activity>('select body from activities', []));
  }
}
