import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { PayerSource } from '../../src/billing/source.ts';
import { seededRandom } from '../../src/programs/sample/random.ts';
import type { CopyRequest } from '../../src/queue/copyMessage.ts';
import { parseReconcileMessage, type ReconcileMessage } from '../../src/queue/reconcileMessage.ts';
import { reconcile } from '../../src/reconcile/reconcile.ts';
import type { ReconcileAnswer } from '../../src/reconcile/reconcileAnswer.ts';
import type { ReconcileServices } from '../../src/reconcile/services.ts';
import { handleReconcileMessage } from '../../src/reconcile/workOnPayer.ts';
import { keysOfExport } from '../reconcile/createNew.ts';
import { PROD, QUEUES } from '../virtualTime/deployed.ts';
import { EventSource, type Life, mortal } from '../virtualTime/eventSource.ts';
import { VirtualClock } from '../virtualTime/virtualClock.ts';
import { VirtualDynamodb } from '../virtualTime/virtualDynamodb.ts';
import { withVirtualGlobals } from '../virtualTime/virtualGlobals.ts';
import { VirtualS3 } from '../virtualTime/virtualS3.ts';

/** The end of a month, after which nothing more is delivered of the one before. */
const START = Date.UTC(2026, 9, 31, 23);
const MONTHS = { '2026-09': 90, '2026-10': 45 };
const ROOT = 'exports/daily/';
const RUN = 'the-run';
/** As functions/reconcile.ts has it. */
const YIELD_SECONDS = 150;
const INLINE_PAYERS = 8;
const MOST_HOURS = 24;

export interface Exports {
  readonly payers: number;
  /** Of a delivery; a payer has had 135 of them, each in a folder of its own. */
  readonly files: number;
}

/** A reconcile of many payers that the ledger knows nothing of yet, as AWS runs it. */
export class ReconcileWorld {
  readonly #time = { now: START };
  readonly clock = new VirtualClock(this.#time);
  readonly #random;
  readonly dynamodb: VirtualDynamodb;
  readonly s3: VirtualS3;
  readonly queue: EventSource<ReconcileMessage>;
  readonly asked: CopyRequest[] = [];
  readonly sources: readonly PayerSource[];

  constructor({ payers, files }: Exports, seed: string) {
    this.#random = seededRandom('reconcile', seed);
    this.dynamodb = new VirtualDynamodb(this.clock, this.#random);
    this.s3 = new VirtualS3(this.clock, this.#random);
    this.sources = Array.from({ length: payers }, (_, nth) => ({
      bucket: `payer-${nth}`,
      bucketOwner: 'self',
      prefix: 'exports',
      payer: parsePayer(String(100_000_000_000 + nth)),
      manifests: true,
    }));
    const deliveries = new Map(Object.entries(MONTHS).map(([period, count]) => [parsePeriod(period), count]));
    const keys = keysOfExport({ root: ROOT, files, deliveries });
    for (const { bucket } of this.sources) this.s3.fill(bucket, keys);
    this.queue = new EventSource(this.clock, QUEUES.reconcile, async ([message], life) => {
      if (!message) return [];
      const attempt = {
        yieldAt: this.#time.now + (QUEUES.reconcile.timeoutSeconds - YIELD_SECONDS) * 1000,
        isLast: message.receives >= QUEUES.reconcile.maxReceives,
      };
      await handleReconcileMessage(this.#services(life), parseReconcileMessage(message.body), attempt);
      return [];
    });
  }

  get minutes(): number {
    return (this.#time.now - START) / 60_000;
  }

  /** Asks for a reconcile, and answers what is known of it when no message is left. */
  async play(): Promise<ReconcileAnswer> {
    return withVirtualGlobals(this.clock, this.#random, async () => {
      const services = this.#services({ isDead: false });
      const origins = { fallback: { sources: this.sources } };
      const yieldAt = START + (QUEUES.reconcile.timeoutSeconds - YIELD_SECONDS) * 1000;
      let isAnswered = false;
      const asking = reconcile(services, origins, {}, { id: RUN, yieldAt }).finally(() => {
        isAnswered = true;
      });
      await this.clock.play(START + MOST_HOURS * 3_600_000, () => isAnswered && this.queue.size === 0);
      await asking;
      return this.clock.run(() => reconcile(services, origins, { run: RUN }, { id: RUN, yieldAt }));
    });
  }

  #services(life: Life): ReconcileServices {
    const ledger = mortal(this.dynamodb.ledger(), life);
    return {
      store: mortal(this.s3.store(), life),
      ledger,
      copyQueue: { send: async (messages) => void this.asked.push(...messages.map(({ body }) => body)) },
      finalizeQueue: { send: async () => {} },
      reconcileQueue: { send: async (messages) => this.queue.send(messages) },
      stagingBucket: 'staging',
      debounce: { quietSeconds: PROD.quietSeconds, maxWaitSeconds: PROD.maxWaitSeconds },
      supersededGraceSeconds: PROD.supersededGraceSeconds,
      inlinePayers: INLINE_PAYERS,
      concurrency: PROD.reconcileConcurrency,
      tagUnowned: async () => {},
      staleAfterHours: PROD.staleAfterHours,
      stage: 'scale',
      notify: (messages) => ledger.putIntoOutbox(messages),
      now: () => this.#time.now,
      sleep: this.clock.sleep,
      report: () => {},
    };
  }
}
