import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FolderObjectStore } from '../../src/adapters/folder/objectStore.ts';
import { MemoryQueue } from '../../src/adapters/memory/queue.ts';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import type { Partition } from '../../src/billing/partition.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import type { Source } from '../../src/billing/source.ts';
import { handleCopyMessage } from '../../src/copy/handleCopyMessage.ts';
import type { CopyServices } from '../../src/copy/services.ts';
import type { Debounce } from '../../src/ledger/decide.ts';
import { parseCopyMessage } from '../../src/queue/copyMessage.ts';
import type { Queue, QueueMessage } from '../../src/queue/queue.ts';
import type { Tick } from '../../src/queue/tick.ts';
import type { ListedObject, ObjectStore } from '../../src/store/objectStore.ts';
import type { ReactorEvent } from '../../src/telemetry/events.ts';
import { md5, withContentEtags } from './contentEtags.ts';

export const PERIOD = parsePeriod('2026-10');
export const NOON = Date.UTC(2026, 9, 5, 12);
export const DEBOUNCE: Debounce = { quietSeconds: 300, maxWaitSeconds: 7200 };

/**
 * Two payers share a bucket, each below a prefix; a third one's bucket holds loose files without
 * manifests.
 */
export const DAILY: Source = { bucket: 'payer-cur', prefix: 'cur', payer: parsePayer('111122223333'), manifests: true };
export const NEIGHBOUR: Source = { ...DAILY, prefix: 'neighbour', payer: parsePayer('777788889999') };
export const LOOSE: Source = { bucket: 'loose-cur', prefix: '', payer: parsePayer('444455556666'), manifests: false };

export const OVERWRITE = 'cur/daily/data/BILLING_PERIOD=2026-10/';
export const OVERWRITE_MANIFEST = 'cur/daily/metadata/BILLING_PERIOD=2026-10/daily-Manifest.json';
const STAGING = 'staging';

/** The partition of a source in the one period of these tests. */
export function partitionOf({ payer }: Source): Partition {
  return { payer, period: PERIOD };
}

/** A key of the nth chunk in a folder. */
export function chunk(folder: string, nth: number): string {
  return `${folder}daily-${String(nth).padStart(5, '0')}.snappy.parquet`;
}

/** A Data Exports manifest that names these keys of a bucket. */
export function manifestBytes(executionId: string, keys: readonly string[], bucket = DAILY.bucket): Uint8Array {
  const dataFiles = keys.map((key) => `s3://${bucket}/${key}`);
  const exportArn = 'arn:aws:bcm-data-exports:us-east-1:111122223333:export/daily-1';
  return new TextEncoder().encode(JSON.stringify({ executionId, exportArn, columns: [], dataFiles }));
}

/** Where one execution of a create-new export has its files and its manifest. */
export function execution(time: string, executionId: string): { readonly folder: string; readonly manifest: string } {
  const own = `BILLING_PERIOD=2026-10/${time}-${executionId}/`;
  return { folder: `cur/daily/data/${own}`, manifest: `cur/daily/metadata/${own}daily-Manifest.json` };
}

/** A queue that also remembers what it was sent. */
class RecordingQueue<Message> implements Queue<Message> {
  readonly sent: QueueMessage<Message>[] = [];
  readonly memory: MemoryQueue<Message>;

  constructor(now: () => number) {
    this.memory = new MemoryQueue({ visibilitySeconds: 900, maxReceives: 5, now, setTimer: () => () => {} });
  }

  async send(messages: readonly QueueMessage<Message>[]): Promise<void> {
    await this.memory.send(messages);
    this.sent.push(...messages);
  }
}

interface Put {
  readonly bucket?: string;
  /** LastModified; now, when it is not given. */
  readonly at?: number;
}

/**
 * Real parts on a temporary folder, an embedded ledger in memory, and a clock in the test's hands.
 */
export class CopyWorld {
  now = NOON;
  readonly reports: ReactorEvent[] = [];
  readonly ledger = openSqliteLedger(':memory:');
  readonly copyQueue = new RecordingQueue<object>(() => this.now);
  readonly finalizeQueue = new RecordingQueue<Tick>(() => this.now);
  readonly directory: FolderObjectStore;
  readonly store: ObjectStore;
  readonly staging: CopyServices;
  readonly #root: string;
  #writes = 0;

  static async create(): Promise<CopyWorld> {
    const root = await mkdtemp(path.join(os.tmpdir(), 'copy-world-'));
    for (const bucket of [DAILY.bucket, LOOSE.bucket, STAGING]) await mkdir(path.join(root, bucket));
    return new CopyWorld(root);
  }

  private constructor(root: string) {
    this.#root = root;
    const buckets = [DAILY.bucket, LOOSE.bucket, STAGING];
    this.directory = new FolderObjectStore(new Map(buckets.map((bucket) => [bucket, path.join(root, bucket)])));
    this.store = withContentEtags(this.directory);
    this.staging = {
      store: this.store,
      ledger: this.ledger,
      copyQueue: this.copyQueue,
      finalizeQueue: this.finalizeQueue,
      place: placeBySources([DAILY, NEIGHBOUR, LOOSE]),
      stagingBucket: STAGING,
      debounce: DEBOUNCE,
      now: () => this.now,
      report: (event) => void this.reports.push(event),
      notify: (messages) => this.ledger.putIntoOutbox(messages),
      stage: 'test',
    };
  }

  async close(): Promise<void> {
    this.ledger.close();
    await rm(this.#root, { recursive: true });
  }

  /** Writes an object as its owner does, and answers the event that S3 raises for it. */
  async put(key: string, bytes: Uint8Array, { bucket = DAILY.bucket, at = this.now }: Put = {}) {
    await this.directory.put({ bucket, key }, bytes);
    await utimes(path.join(this.#root, bucket, key), at / 1000, at / 1000);
    this.#writes += 1;
    return eventOf(bucket, key, { etag: md5(bytes), size: bytes.length, sequencer: hex(this.#writes) }, at);
  }

  async remove(key: string, bucket = DAILY.bucket): Promise<void> {
    await this.directory.delete({ bucket, key });
  }

  /** Does what the copy function does with a message's body. */
  async handle(body: unknown, changes: Partial<CopyServices> = {}): Promise<void> {
    const services = { ...this.staging, ...changes };
    const message = parseCopyMessage(body);
    await handleCopyMessage(services, message, services.place(message.bucket, message.key));
  }

  /** Works on what is ready in the copy queue until nothing is. */
  async play(): Promise<void> {
    const { memory } = this.copyQueue;
    for (let [message] = memory.receive(1); message; [message] = memory.receive(1)) {
      await this.handle(message.body);
      memory.acknowledge(message.receipt);
    }
  }

  /** Lets time pass, then plays. */
  async playAfter(seconds: number): Promise<void> {
    this.now += seconds * 1000;
    await this.play();
  }

  /** Which of the reports are of these kinds, in order. */
  reported<What extends ReactorEvent['what']>(...kinds: readonly What[]): ReactorEvent[] {
    return this.reports.filter(({ what }) => kinds.some((kind) => kind === what));
  }

  async listed(bucket: string): Promise<ListedObject[]> {
    const all: ListedObject[] = [];
    for await (const page of this.store.list(bucket, '')) all.push(...page);
    return all;
  }

  staged(): Promise<ListedObject[]> {
    return this.listed(STAGING);
  }
}

/** S3's own event of an object (S3 User Guide, EventBridge event message structure). */
export function eventOf(bucket: string, key: string, object: Record<string, unknown> = {}, at = NOON) {
  return {
    version: '0',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    time: new Date(at).toISOString(),
    detail: { version: '0', bucket: { name: bucket }, object: { key, ...object }, reason: 'PutObject' },
  };
}

function hex(number: number): string {
  return number.toString(16).toUpperCase().padStart(18, '0');
}
