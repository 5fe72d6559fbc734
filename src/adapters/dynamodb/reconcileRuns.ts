import type { Payer } from '../../billing/payer.ts';
import type {
  ReconcileEnd,
  ReconcileHop,
  ReconcileProgress,
  ReconcileRun,
  ReconcileRunsOfLedger,
} from '../../ledger/reconcileRuns.ts';
import { RUN_DAYS } from '../../ledger/reconcileRuns.ts';
import { documentOf, getDocument, prepareDocument, putDocument, setDocument } from './documents.ts';
import {
  RECONCILED_PAYER,
  reconcileCursorKey,
  reconciledPayerKey,
  reconcilePk,
  reconcileProgressKey,
  reconcileRunKey,
} from './keys.ts';
import { type DynamodbTable, type Item, number, numberOf } from './table.ts';

const IS_NEW = 'attribute_not_exists(pk)';
const DAY_SECONDS = 86_400;

export class DynamodbReconcileRuns implements ReconcileRunsOfLedger {
  readonly #table: DynamodbTable;

  constructor(table: DynamodbTable) {
    this.#table = table;
  }

  /** The progress is written last: a run that has one is whole. */
  async openReconcile(run: ReconcileRun): Promise<void> {
    const key = reconcileProgressKey(run.id);
    if (await this.#table.get(key)) return;
    await putDocument(this.#table, reconcileRunKey(run.id), run, expiryOf(run));
    const progress = { payers: number(run.payers.length), done: number(0), ...expiryOf(run) };
    await this.#table.put(key, progress, { condition: IS_NEW });
  }

  async reconcileRun(id: string): Promise<ReconcileRun | undefined> {
    return getDocument(this.#table, reconcileRunKey(id));
  }

  async reconcileProgress(id: string): Promise<ReconcileProgress | undefined> {
    const item = await this.#table.get(reconcileProgressKey(id));
    return item && progressOf(item);
  }

  async recordReconciled(run: ReconcileRun, payer: Payer, part: object): Promise<ReconcileProgress> {
    const key = reconciledPayerKey(run.id, payer);
    const document = await prepareDocument(this.#table, key.pk, part, expiryOf(run));
    await this.#table.transact([
      { key, condition: IS_NEW, ...setDocument(document) },
      {
        key: reconcileProgressKey(run.id),
        update: 'add done :one',
        condition: 'attribute_exists(pk)',
        values: { ':one': number(1) },
      },
    ]);
    const progress = await this.reconcileProgress(run.id);
    if (!progress) throw new Error(`no reconcile ${run.id}`);
    return progress;
  }

  async isReconciled(id: string, payer: Payer): Promise<boolean> {
    return (await this.#table.get(reconciledPayerKey(id, payer))) !== undefined;
  }

  async reconciledParts<Part>(id: string): Promise<Part[]> {
    const items = await this.#table.query(reconcilePk(id), { prefix: RECONCILED_PAYER });
    return Promise.all(items.map((item) => documentOf<Part>(this.#table, item)));
  }

  async endReconcile(run: ReconcileRun, { at, ticks }: ReconcileEnd): Promise<void> {
    await this.#table.update(reconcileProgressKey(run.id), {
      update: 'set endedAt = :at, ticks = :ticks',
      condition: 'attribute_not_exists(endedAt)',
      values: { ':at': number(at), ':ticks': number(ticks) },
    });
  }

  async saveReconcileCursor(run: ReconcileRun, hop: ReconcileHop, cursor: object): Promise<void> {
    await putDocument(this.#table, reconcileCursorKey(hop), cursor, expiryOf(run));
  }

  async reconcileCursor<Cursor>(hop: ReconcileHop): Promise<Cursor | undefined> {
    return getDocument(this.#table, reconcileCursorKey(hop));
  }
}

/**
 * The table's expiry removes items with this attribute, in seconds since 1970; no others have it.
 */
function expiryOf({ startedAt }: ReconcileRun): { readonly expiresAt: Item[string] } {
  return { expiresAt: number(Math.ceil(startedAt / 1000) + RUN_DAYS * DAY_SECONDS) };
}

function progressOf(item: Item): ReconcileProgress {
  const at = numberOf(item, 'endedAt');
  const ended = at === undefined ? undefined : { at, ticks: numberOf(item, 'ticks') ?? 0 };
  return { payers: numberOf(item, 'payers') ?? 0, done: numberOf(item, 'done') ?? 0, ended };
}
