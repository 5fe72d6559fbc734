import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import type { PayerSource } from '../../src/billing/source.ts';
import { handleCopyMessage } from '../../src/copy/handleCopyMessage.ts';
import type { CopyServices } from '../../src/copy/services.ts';
import { handleTick } from '../../src/finalize/handleTick.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { seededRandom } from '../../src/programs/sample/random.ts';
import { type CopyRequest, parseCopyMessage } from '../../src/queue/copyMessage.ts';
import type { Queue, QueueMessage } from '../../src/queue/queue.ts';
import type { Tick } from '../../src/queue/tick.ts';
import { reconcile } from '../../src/reconcile/reconcile.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import { sweepAndSurvey } from '../../src/sweep/survey.ts';
import { chunk, eventOf, manifestBytes } from '../copy/copyWorld.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';
import { FinalizerWorld, STAGING } from '../finalize/finalizerWorld.ts';
import { PROD_TIMINGS } from '../finalize/lambdaWorld.ts';
import { executionName } from '../reconcile/createNew.ts';
import { PROD } from '../virtualTime/deployed.ts';
import { VirtualClock } from '../virtualTime/virtualClock.ts';
import { VirtualDynamodb } from '../virtualTime/virtualDynamodb.ts';
import { withVirtualGlobals } from '../virtualTime/virtualGlobals.ts';
import { VirtualS3 } from '../virtualTime/virtualS3.ts';

const PERIOD = parsePeriod('2026-10');
const BEGIN = Date.UTC(2026, 9, 1, 4);
export const DELIVERIES_PER_DAY = 3;
const HOURS_APART = 24 / DELIVERIES_PER_DAY;
const HOUR_MS = 3_600_000;
export const SOURCE: PayerSource = {
  bucket: 'payer-0',
  bucketOwner: 'self',
  prefix: 'exports',
  payer: parsePayer('100000000000'),
  manifests: true,
};

/** What one piece of work asked of AWS. */
export interface Cost {
  readonly dynamodbRequests: number;
  readonly dynamodbBytesRead: number;
  readonly s3Requests: number;
}

export const WORKS = ['manifest', 'run', 'reconcile', 'sweep'] as const;
export type CostsOfDelivery = Readonly<Record<(typeof WORKS)[number], Cost>>;

/**
 * One payer's month, delivered three times a day, each time into a folder of its own, and all that
 * is done about it. Every piece of work is that of a process that has just been started.
 */
export class MonthWorld {
  readonly base = new FinalizerWorld(PROD_TIMINGS);
  readonly clock = new VirtualClock(this.base);
  readonly #random;
  readonly dynamodb: VirtualDynamodb;
  readonly #s3: VirtualS3;
  readonly #files: number;
  #requests: CopyRequest[] = [];
  #ticks: { readonly body: Tick; readonly at: number }[] = [];

  constructor(files: number, seed: string) {
    this.#files = files;
    this.#random = seededRandom('month', seed);
    this.dynamodb = new VirtualDynamodb(this.clock, this.#random);
    this.#s3 = new VirtualS3(this.clock, this.#random);
    this.base.now = BEGIN;
  }

  /** Has the nth delivery come, from 0, and everything done that follows from it. */
  async deliver(nth: number): Promise<CostsOfDelivery> {
    return withVirtualGlobals(this.clock, this.#random, async () => {
      await this.clock.play(BEGIN + nth * HOURS_APART * HOUR_MS);
      const event = this.#put(nth);
      const manifest = await this.#cost(() => this.#copy(event));
      for (const request of this.#requests.splice(0)) await this.#do(() => this.#copy(request));
      const run = await this.#cost(() => this.#finalize());
      const reconciled = await this.#cost(() => this.#reconcile());
      const sweep = await this.#cost(() => this.#sweep([SOURCE]));
      return { manifest, run, reconcile: reconciled, sweep };
    });
  }

  /** A sweep of these payers, and how many seconds it takes. */
  async sweep(sources: readonly PayerSource[]): Promise<Cost & { readonly seconds: number }> {
    return withVirtualGlobals(this.clock, this.#random, async () => {
      const began = this.base.now;
      const cost = await this.#cost(() => this.#sweep(sources));
      return { ...cost, seconds: (this.base.now - began) / 1000 };
    });
  }

  close(): void {
    this.base.close();
  }

  #put(nth: number): object {
    const { bucket } = SOURCE;
    const own = `BILLING_PERIOD=${PERIOD}/${executionName(PERIOD, nth)}/`;
    const keys = Array.from({ length: this.#files }, (_, file) => chunk(`exports/daily/data/${own}`, file + 1));
    const bytes = parquetBytes(1);
    for (const key of keys) this.#s3.put({ bucket, key }, { bytes, etag: `content-${nth}` });
    const manifest = manifestBytes(`e${nth}`, keys, bucket);
    const key = `exports/daily/metadata/${own}daily-Manifest.json`;
    this.#s3.put({ bucket, key }, { bytes: manifest, etag: `manifest-${nth}` });
    return eventOf(bucket, key, { etag: `manifest-${nth}`, size: manifest.length }, this.base.now);
  }

  #do(work: () => Promise<void>): Promise<void> {
    return this.clock.run(work);
  }

  async #cost(work: () => Promise<void>): Promise<Cost> {
    const { table } = this.dynamodb;
    table.countAnew();
    const before = this.#s3.requestCount;
    await this.#do(work);
    return {
      dynamodbRequests: table.requests,
      dynamodbBytesRead: table.charged.reduce((sum, { readBytes }) => sum + readBytes, 0),
      s3Requests: this.#s3.requestCount - before,
    };
  }

  async #copy(body: object): Promise<void> {
    const ledger = this.dynamodb.ledger();
    const services: CopyServices = {
      ...this.#shared(ledger),
      place: placeBySources([SOURCE]),
      debounce: this.base.settings,
      notify: (messages) => ledger.putIntoOutbox(messages),
    };
    const message = parseCopyMessage(body);
    await handleCopyMessage(services, message, services.place(message.bucket, message.key));
  }

  /** Handles the ticks of the next hours, each at its time. */
  async #finalize(): Promise<void> {
    const until = this.base.now + (HOURS_APART / 2) * HOUR_MS;
    for (;;) {
      const next = this.#ticks.toSorted((a, b) => a.at - b.at)[0];
      if (!next || next.at > until) return;
      this.#ticks.splice(this.#ticks.indexOf(next), 1);
      await this.clock.sleep(Math.max(0, next.at - this.base.now) / 1000);
      const ledger = this.dynamodb.ledger();
      const { sleep, setTimer } = this.clock;
      const notify: CopyServices['notify'] = async () => {};
      const services = this.base.finalizing({ ...this.#shared(ledger), notify, sleep, setTimer });
      await handleTick(services, this.base.settings, next.body);
    }
  }

  async #reconcile(): Promise<void> {
    const ledger = this.dynamodb.ledger();
    const { quietSeconds, maxWaitSeconds, supersededGraceSeconds } = this.base.settings;
    const services = {
      ...this.#shared(ledger),
      debounce: { quietSeconds, maxWaitSeconds },
      supersededGraceSeconds,
      reconcileQueue: { send: () => Promise.reject(new Error('one payer needs no messages')) },
      inlinePayers: 1,
      concurrency: 1,
      tagUnowned: async () => {},
      staleAfterHours: PROD.staleAfterHours,
      notify: async () => {},
      sleep: this.clock.sleep,
    };
    const input = { periods: [PERIOD] };
    const invocation = { id: `run-${this.base.now}`, yieldAt: Number.MAX_SAFE_INTEGER };
    await reconcile(services, { fallback: { sources: [SOURCE] } }, input, invocation);
  }

  async #sweep(sources: readonly PayerSource[]): Promise<void> {
    const ledger = this.dynamodb.ledger();
    await sweepAndSurvey({
      ...this.#shared(ledger),
      debounce: this.base.settings,
      fallback: { sources },
      staleAfterHours: PROD.staleAfterHours,
      payerMetrics: PROD.payerMetrics,
    });
  }

  #shared(ledger: Ledger) {
    return {
      ledger,
      store: this.#store(),
      copyQueue: queueTo<CopyRequest>(({ body }) => void this.#requests.push(body)),
      finalizeQueue: queueTo<Tick>(({ body, delaySeconds = 0 }) => {
        this.#ticks.push({ body, at: this.base.now + delaySeconds * 1000 });
      }),
      stagingBucket: STAGING,
      stage: 'scale',
      now: () => this.base.now,
      report: () => {},
    };
  }

  /** The warehouse reads the staged copies besides. */
  #store(): ObjectStore {
    const store = this.#s3.store();
    return {
      ...store,
      copy: async (source, target) => {
        this.base.buckets.put(target, { etag: source.etag, bytes: new Uint8Array(), rows: 1 }, this.base.now);
        return store.copy(source, target);
      },
      delete: async (location) => {
        this.base.buckets.delete(location);
        await store.delete(location);
      },
    };
  }
}

function queueTo<Body>(take: (message: QueueMessage<Body>) => void): Queue<Body> {
  return { send: async (messages) => messages.forEach((message) => void take(message)) };
}
