import { Logger } from '@aws-lambda-powertools/logger';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { sqsHandler } from '../../functions/lambda.ts';
import { DynamodbHourlyCounts } from '../../src/adapters/dynamodb/hourlyCounts.ts';
import { openDynamodbLedger } from '../../src/adapters/dynamodb/ledger.ts';
import { Rendezvous } from '../../src/base/rendezvous.ts';
import type { Partition } from '../../src/billing/partition.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { PayerSource } from '../../src/billing/source.ts';
import { PayersInUse } from '../../src/config/payersInUse.ts';
import { handleCopyMessage } from '../../src/copy/handleCopyMessage.ts';
import { HourlyLimits } from '../../src/copy/hourlyLimits.ts';
import { LONGEST_WAIT_MS } from '../../src/copy/services.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { seededRandom } from '../../src/programs/sample/random.ts';
import { type CopyRequest, parseCopyMessage } from '../../src/queue/copyMessage.ts';
import { CopyQueues } from '../../src/queue/copyQueues.ts';
import type { Queue } from '../../src/queue/queue.ts';
import type { Tick } from '../../src/queue/tick.ts';
import { TableInProcess } from '../adapters/dynamodb/tableInProcess.ts';
import { chunk, eventOf, manifestBytes } from '../copy/copyWorld.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';
import { sqsRecord } from '../functions/bundledFunction.ts';
import { executionName } from '../reconcile/createNew.ts';
import { PROD, QUEUES, type QueueLimits } from '../virtualTime/deployed.ts';
import { EventSource, type Life, mortal, type Received } from '../virtualTime/eventSource.ts';
import { VirtualClock } from '../virtualTime/virtualClock.ts';
import { type DynamodbChanges, VirtualDynamodb } from '../virtualTime/virtualDynamodb.ts';
import { withVirtualGlobals } from '../virtualTime/virtualGlobals.ts';
import { VirtualS3 } from '../virtualTime/virtualS3.ts';

const PERIOD = parsePeriod('2026-10');
const START = Date.UTC(2026, 9, 5, 12);
const OWN = `BILLING_PERIOD=${PERIOD}/${executionName(PERIOD, 13)}/`;
const FOLDER = `exports/daily/data/${OWN}`;
const MANIFEST = `exports/daily/metadata/${OWN}daily-Manifest.json`;
const STAGING = 'staging';
/** What is not staged by then never will be: SQS keeps a message for longer. */
const MOST_HOURS = 6;
/** Of a record, as functions/copy.ts and functions/manifest.ts have it. */
const RECORD_SECONDS = { copy: 90, manifest: 300 };
/** Four batches of ten at a time (src/adapters/sqs/queue.ts), and how long these take. */
const SENT_AT_ONCE = 40;
const SEND_SECONDS = 0.015;
/** Until a message that was sent can be received; spread, since SQS keeps no order. */
const SLOWEST_ARRIVAL_SECONDS = 0.2;

const telemetry = { logger: new Logger({ logLevel: 'SILENT' }), metrics: { add: () => {}, publish: () => {} } };
const CONTEXT = { awsRequestId: 'the-request' } as Context;

/** How many payers get a delivery of how many files at once, and what a test makes worse. */
export interface Deliveries {
  readonly payers: number;
  readonly files: number;
  readonly seed: string;
  readonly dynamodb?: DynamodbChanges;
  readonly queue?: Partial<QueueLimits>;
  /** Whether a message that met throttling is left to its visibility timeout. */
  readonly isLeftToTimeout?: boolean;
}

type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/**
 * The copy and the manifest function as AWS runs them, in virtual time, on a ledger in DynamoDB:
 * manifests arrive, all at once, and everything that they name has to be staged.
 */
export class CopyWorld {
  readonly #deliveries: Deliveries;
  readonly #time = { now: START };
  readonly clock = new VirtualClock(this.#time);
  readonly #random;
  readonly dynamodb: VirtualDynamodb;
  readonly s3: VirtualS3;
  readonly copy: EventSource<object>;
  readonly manifest: EventSource<object>;
  readonly ticks: Tick[] = [];
  readonly #sources: readonly PayerSource[];
  #stagedAt = START;
  readonly #handlers = new WeakMap<Life, Handler>();

  constructor(deliveries: Deliveries) {
    const { payers, seed, dynamodb, queue } = deliveries;
    this.#deliveries = deliveries;
    this.#random = seededRandom('copy', seed);
    this.dynamodb = new VirtualDynamodb(this.clock, this.#random, dynamodb);
    this.s3 = new VirtualS3(this.clock, this.#random);
    this.copy = this.#function('copy', { ...QUEUES.copy, ...queue });
    this.manifest = this.#function('manifest', { ...QUEUES.manifest, ...queue });
    this.#sources = Array.from({ length: payers }, (_, nth) => ({
      bucket: `payer-${nth}`,
      bucketOwner: 'self',
      prefix: 'exports',
      payer: parsePayer(String(100_000_000_000 + nth)),
      manifests: true,
    }));
  }

  get partitions(): Partition[] {
    return this.#sources.map(({ payer }) => ({ payer, period: PERIOD }));
  }

  /** Seconds since the manifests came. */
  get seconds(): number {
    return (this.#time.now - START) / 1000;
  }

  /** When the last file was staged that was, in seconds since the manifests came. */
  get stagedAfterSeconds(): number {
    return (this.#stagedAt - START) / 1000;
  }

  async stagedFiles(): Promise<number> {
    const versions = await this.#asked((ledger) => this.partitions.map((one) => ledger.versions(one)));
    return versions.flat().filter(({ outcome }) => outcome.status === 'staged').length;
  }

  /** How many payers' deliveries are complete, and have a tick. */
  async complete(): Promise<number> {
    const records = await this.#asked((ledger) => this.partitions.map((one) => ledger.partition(one)));
    return records.filter((record) => record?.completeDelivery !== undefined).length;
  }

  /** Delivers, and lets time pass until no message is left. */
  async play(): Promise<void> {
    await withVirtualGlobals(this.clock, this.#random, async () => {
      this.#deliver();
      const isOver = () => this.copy.size + this.manifest.size === 0;
      await this.clock.play(START + MOST_HOURS * 3_600_000, isOver);
    });
  }

  /** What the ledger answers afterwards, whatever that costs. */
  async #asked<Answer>(ask: (ledger: Ledger) => Promise<Answer>[]): Promise<Answer[]> {
    return Promise.all(ask(openDynamodbLedger(this.#after().client(), 'ledger')));
  }

  #after(): TableInProcess {
    const table = new TableInProcess();
    table.items = this.dynamodb.table.items;
    return table;
  }

  #deliver(): void {
    const bytes = parquetBytes(1);
    for (const { bucket } of this.#sources) {
      const keys = Array.from({ length: this.#deliveries.files }, (_, nth) => chunk(FOLDER, nth + 1));
      for (const [nth, key] of keys.entries()) {
        this.s3.put({ bucket, key }, { bytes, etag: `d41d8cd98f00b204e9800998${String(nth).padStart(8, '0')}-17` });
      }
      const manifest = manifestBytes('e1', keys, bucket);
      this.s3.put({ bucket, key: MANIFEST }, { bytes: manifest, etag: 'the-manifest' });
      const event = eventOf(bucket, MANIFEST, { etag: 'the-manifest', size: manifest.length }, START);
      this.manifest.send([{ body: event, group: bucket }]);
    }
  }

  #function(name: 'copy' | 'manifest', limits: QueueLimits): EventSource<object> {
    const source: EventSource<object> = new EventSource(this.clock, limits, async (batch, life) => {
      const handler = this.#handlers.get(life) ?? this.#open(name, source, life);
      this.#handlers.set(life, handler);
      const { batchItemFailures } = await handler({ Records: batch.map(recordOf) }, CONTEXT);
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    });
    return source;
  }

  /** What functions/copyRecords.ts does at a cold start. */
  #open(name: 'copy' | 'manifest', source: EventSource<object>, life: Life): Handler {
    const client = this.dynamodb.client();
    const ledger = mortal(this.dynamodb.ledger(client), life);
    const counts = mortal(this.clock.waitingFor(new DynamodbHourlyCounts(client, 'ledger')), life);
    const now = () => this.#time.now;
    const services = {
      store: mortal(this.s3.store(), life),
      ledger,
      copyQueue: new CopyQueues(this.#queueTo(this.copy), this.#queueTo(this.manifest)),
      finalizeQueue: {
        send: async (ticks: readonly { body: Tick }[]) => void this.ticks.push(...ticks.map(({ body }) => body)),
      },
      stagingBucket: STAGING,
      debounce: { quietSeconds: PROD.quietSeconds, maxWaitSeconds: PROD.maxWaitSeconds },
      notify: ledger.putIntoOutbox,
      stage: 'scale',
      limits: new HourlyLimits(counts, now),
      now,
    };
    const stored = () => ledger.configuration();
    const batch = new Rendezvous(LONGEST_WAIT_MS, this.clock.setTimer);
    const payersInUse = new PayersInUse({ stored, fallback: { sources: this.#sources }, now });
    const redelivery = {
      showAgain: async ({ receiptHandle }: { receiptHandle: string }, seconds: number) =>
        source.showAgain(receiptHandle, seconds),
      sendAgain: async ({ body, group }: { body: string; group?: string | undefined }, delaySeconds: number) =>
        source.send([{ body: JSON.parse(body), delaySeconds, ...(group !== undefined && { group }) }]),
    };
    return sqsHandler(telemetry, {
      parse: parseCopyMessage,
      work: (message, report, { correlationId }) =>
        batch.expecting(async (meet) => {
          const { place, placement } = await payersInUse.placed(message, report);
          await handleCopyMessage({ ...services, place, report, correlationId, meet }, message, placement);
          if (placement.is === 'data') this.#stagedAt = now();
        }),
      recordSeconds: RECORD_SECONDS[name],
      ...(this.#deliveries.isLeftToTimeout ? {} : { redelivery }),
    });
  }

  #queueTo(source: EventSource<object>): Queue<CopyRequest> {
    return {
      send: async (messages) => {
        for (const [nth, message] of messages.entries()) {
          const sentAfter = Math.ceil((nth + 1) / SENT_AT_ONCE) * SEND_SECONDS;
          const arrivesAfter = sentAfter + this.#random() * SLOWEST_ARRIVAL_SECONDS;
          source.send([{ ...message, delaySeconds: (message.delaySeconds ?? 0) + arrivesAfter }]);
        }
        await this.clock.sleep(Math.ceil(messages.length / SENT_AT_ONCE) * SEND_SECONDS);
      },
    };
  }
}

function recordOf({ id, body, group, receives }: Received<object>) {
  const record = sqsRecord(id, body, receives);
  return {
    ...record,
    receiptHandle: id,
    attributes: { ...record.attributes, ...(group !== undefined && { MessageGroupId: group }) },
  };
}
