import type { Payer } from '../../billing/payer.ts';
import type {
  ReconcileEnd,
  ReconcileHop,
  ReconcileProgress,
  ReconcileRun,
  ReconcileRunsOfLedger,
} from '../../ledger/reconcileRuns.ts';
import { RUN_DAYS } from '../../ledger/reconcileRuns.ts';
import type { SqliteDatabase } from './database.ts';

const DAY_MS = 86_400_000;

interface StoredRun {
  readonly run: ReconcileRun;
  readonly ended?: ReconcileEnd;
}

export class SqliteReconcileRuns implements ReconcileRunsOfLedger {
  readonly #db: SqliteDatabase;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  async openReconcile(run: ReconcileRun): Promise<void> {
    this.#db.transaction(() => {
      if (!this.#stored(run.id)) this.#db.put('reconciles', [run.id], { run });
      this.#forgetBefore(run.startedAt - RUN_DAYS * DAY_MS);
    });
  }

  async reconcileRun(id: string): Promise<ReconcileRun | undefined> {
    return this.#stored(id)?.run;
  }

  async reconcileProgress(id: string): Promise<ReconcileProgress | undefined> {
    return this.#progress(id);
  }

  async recordReconciled({ id }: ReconcileRun, payer: Payer, part: object): Promise<ReconcileProgress> {
    return this.#db.transaction(() => {
      const progress = this.#progress(id);
      if (!progress) throw new Error(`no reconcile ${id}`);
      if (this.#isReconciled(id, payer)) return progress;
      this.#db.put('reconciled_payers', [id, payer], part);
      return { ...progress, done: progress.done + 1 };
    });
  }

  async isReconciled(id: string, payer: Payer): Promise<boolean> {
    return this.#isReconciled(id, payer);
  }

  async reconciledParts<Part>(id: string): Promise<Part[]> {
    return this.#db.all<Part>('select body from reconciled_payers where id = ?', [id]);
  }

  async endReconcile({ id }: ReconcileRun, end: ReconcileEnd): Promise<void> {
    this.#db.transaction(() => {
      const stored = this.#stored(id);
      if (stored && !stored.ended) this.#db.put('reconciles', [id], { ...stored, ended: end });
    });
  }

  async saveReconcileCursor(_run: ReconcileRun, { run, payer, hop }: ReconcileHop, cursor: object): Promise<void> {
    this.#db.put('reconcile_cursors', [run, payer, String(hop)], cursor);
  }

  async reconcileCursor<Cursor>({ run, payer, hop }: ReconcileHop): Promise<Cursor | undefined> {
    const key = [run, payer, String(hop)];
    return this.#db.get<Cursor>('select body from reconcile_cursors where id = ? and payer = ? and hop = ?', key);
  }

  #stored(id: string): StoredRun | undefined {
    return this.#db.get<StoredRun>('select body from reconciles where id = ?', [id]);
  }

  #progress(id: string): ReconcileProgress | undefined {
    const stored = this.#stored(id);
    if (!stored) return undefined;
    const counted = this.#db.prepare('select count(*) as count from reconciled_payers where id = ?').get(id);
    return { payers: stored.run.payers.length, done: Number(counted?.count), ended: stored.ended };
  }

  #isReconciled(id: string, payer: Payer): boolean {
    const sql = 'select 1 from reconciled_payers where id = ? and payer = ?';
    return this.#db.prepare(sql).get(id, payer) !== undefined;
  }

  #forgetBefore(moment: number): void {
    for (const { run } of this.#db.all<StoredRun>('select body from reconciles', [])) {
      if (run.startedAt >= moment) continue;
      for (const table of ['reconciles', 'reconciled_payers', 'reconcile_cursors']) {
        this.#db.prepare(`delete from ${table} where id = ?`).run(run.id);
      }
    }
  }
}
