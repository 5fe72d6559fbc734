import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { PayerSource } from '../../src/billing/source.ts';
import type { CopyRequest } from '../../src/queue/copyMessage.ts';
import type { Queue, QueueMessage } from '../../src/queue/queue.ts';
import type { ReconcileMessage } from '../../src/queue/reconcileMessage.ts';
import { reconcile } from '../../src/reconcile/reconcile.ts';
import type { ReconcileAnswer } from '../../src/reconcile/reconcileAnswer.ts';
import type { ReconcileServices } from '../../src/reconcile/services.ts';
import { handleReconcileMessage } from '../../src/reconcile/workOnPayer.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import { type CreateNewExport, keysOfExport, listingStore } from './createNew.ts';

export const MONTH_END = Date.UTC(2026, 9, 31, 23);
const PREFIX = 'exports/daily/';
const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * Many payers whose exports look the same, and a clock that moves with each request of the store.
 */
export class FanOutWorld {
  now = MONTH_END;
  readonly ledger = openSqliteLedger(':memory:');
  readonly sources: readonly PayerSource[];
  readonly requests: string[];
  /** What the reconcile queue holds, the oldest first. */
  readonly queue: ReconcileMessage[] = [];
  readonly asked: CopyRequest[] = [];
  readonly notices: string[] = [];
  readonly services: ReconcileServices;
  listMs = 0;

  constructor(payers: number, shape: Omit<CreateNewExport, 'root' | 'deliveries'>, deliveries: [string, number][]) {
    this.sources = Array.from({ length: payers }, (_, nth) => ({
      bucket: `payer-${nth}`,
      bucketOwner: 'self',
      prefix: 'exports',
      payer: parsePayer(String(100_000_000_000 + nth)),
      manifests: true,
    }));
    const counts = new Map(deliveries.map(([period, count]) => [parsePeriod(period), count]));
    const keys = keysOfExport({ root: PREFIX, ...shape, deliveries: counts });
    const { store, requests } = listingStore((bucket) => (bucket === 'staging' ? [] : keys), MONTH_END - 3_600_000);
    this.requests = requests;
    const push = <Message>(to: Message[]): Queue<Message> => ({
      send: async (messages: readonly QueueMessage<Message>[]) => void to.push(...messages.map(({ body }) => body)),
    });
    this.services = {
      store: this.#slow(store),
      ledger: this.ledger,
      copyQueue: push(this.asked),
      finalizeQueue: push([]),
      reconcileQueue: push(this.queue),
      stagingBucket: 'staging',
      debounce: { quietSeconds: 300, maxWaitSeconds: 3600 },
      supersededGraceSeconds: 86_400,
      inlinePayers: 0,
      concurrency: 1,
      tagUnowned: async () => {},
      staleAfterHours: 36,
      stage: 'test',
      notify: async (messages) => void this.notices.push(...messages.map(({ id }) => id)),
      now: () => this.now,
      sleep: async (seconds) => {
        this.now += seconds * 1000;
      },
      report: () => {},
    };
  }

  /** Asks for a reconcile; nobody works on messages meanwhile. */
  ask(input: unknown = {}, changes: Partial<ReconcileServices> = {}): Promise<ReconcileAnswer> {
    const origins = { fallback: { sources: this.sources } };
    return reconcile({ ...this.services, ...changes }, origins, input, { id: 'the-run', yieldAt: this.now + 10_000 });
  }

  /** Works on a message as the function does, for so long. */
  work(
    message: ReconcileMessage,
    {
      changes = {},
      ms = NEVER,
      isLast = false,
    }: { changes?: Partial<ReconcileServices>; ms?: number; isLast?: boolean } = {},
  ): Promise<void> {
    const attempt = { yieldAt: Math.min(NEVER, this.now + ms), isLast };
    return handleReconcileMessage({ ...this.services, ...changes }, message, attempt);
  }

  /** Works on all messages, those that they send too; answers how many there were. */
  async workOff(ms?: number): Promise<number> {
    let worked = 0;
    for (let message = this.queue.shift(); message; message = this.queue.shift()) {
      await this.work(message, ms === undefined ? {} : { ms });
      worked += 1;
    }
    return worked;
  }

  #slow(store: ObjectStore): ObjectStore {
    const after = <Page>(pages: AsyncIterable<Page>, count: () => number) => this.#pass(pages, count);
    const made = () => this.requests.length;
    return {
      ...store,
      list: (...what) => after(store.list(...what), made),
      listFolder: (...what) => after(store.listFolder(...what), made),
    };
  }

  async *#pass<Page>(pages: AsyncIterable<Page>, made: () => number): AsyncIterable<Page> {
    let before = made();
    for await (const page of pages) {
      this.now += (made() - before) * this.listMs;
      before = made();
      yield page;
    }
  }

  close(): void {
    this.ledger.close();
  }
}
