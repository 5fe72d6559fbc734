import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { type Partition, partitionName } from '../../src/billing/partition.ts';
import type { Payer } from '../../src/billing/payer.ts';
import { handleTick } from '../../src/finalize/handleTick.ts';
import type { FinalizeServices, FinalizeSettings, FinalizeTimings, Invocation } from '../../src/finalize/services.ts';
import type { Delivery } from '../../src/ledger/delivery.ts';
import type { PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import type { VersionRecord } from '../../src/ledger/versionRecord.ts';
import type { Queue } from '../../src/queue/queue.ts';
import type { Tick } from '../../src/queue/tick.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import type { ReactorEvent } from '../../src/telemetry/events.ts';
import { ALPHA, PERIOD, START, type VersionSketch, versionOf } from '../ledger/records.ts';
import { SimulatedBuckets } from '../simulation/simulatedStore.ts';
import { SimulatedWarehouse } from '../simulation/simulatedWarehouse.ts';

export const STAGING = 'staging';
export const SETTINGS: FinalizeTimings = {
  quietSeconds: 30,
  maxWaitSeconds: 300,
  leaseSeconds: 60,
  retryBaseSeconds: 10,
  retryMaxSeconds: 100,
  supersededGraceSeconds: 3600,
  statementsAtOnce: 2,
};
/**
 * When a message whose work failed comes again: while the lease of a run that died is still held.
 */
const VISIBILITY_SECONDS = 40;
const MAX_TICKS = 200;

/** A tick on its way, and when it arrives: milliseconds since 1970. */
interface SentTick {
  readonly body: Tick;
  readonly at: number;
}

/** What one tick is handled with, where that differs from the world's own. */
export type TickParts = Partial<FinalizeServices> & Pick<Invocation, 'yieldAt'>;

/**
 * What a test says of a file; `readableRows` is what the warehouse reads where that differs from
 * its footer.
 */
export interface FileSketch extends VersionSketch {
  readonly readableRows?: number;
}

/**
 * A finalizer with a real ledger, and a warehouse, buckets and queues in memory. Time stands still
 * unless it is moved.
 */
export class FinalizerWorld {
  now = START;
  analyticsFail = false;
  /** Over whose months a check of the script fails. */
  checksFailFor: (payer: Payer) => boolean = () => false;
  /** Whose data the script stumbles over. */
  stumblesOver: Payer | undefined;
  stepSeconds = 0;
  readonly ledger = openSqliteLedger(':memory:');
  readonly buckets = new SimulatedBuckets();
  readonly tables: SimulatedWarehouse;
  readonly events: ReactorEvent[] = [];
  /** Requests on the copy queue. */
  readonly requests: object[] = [];
  ticks: SentTick[] = [];
  readonly settings: FinalizeSettings;

  constructor(settings: Partial<FinalizeTimings & Pick<FinalizeSettings, 'ownerDigests'>> = {}) {
    this.settings = { ...SETTINGS, ...settings, stagingBucket: STAGING, stage: 'test', holder: 'this-run' };
    this.tables = new SimulatedWarehouse({
      isImpossible: () => false,
      hasNoTotals: () => false,
      rowsIn: (key) => this.buckets.get({ bucket: STAGING, key })?.rows,
      skipsRows: () => false,
      now: () => this.now,
      stepSeconds: () => this.stepSeconds,
      checksFail: (payers) => payers.some(this.checksFailFor),
      analyticsFail: (payers) =>
        this.analyticsFail || (this.stumblesOver !== undefined && payers.includes(this.stumblesOver)),
    });
  }

  finalizing(parts: Partial<FinalizeServices> = {}): FinalizeServices {
    return {
      ledger: this.ledger,
      warehouse: this.tables,
      script: this.tables.script,
      store: storeOf(this.buckets),
      copyQueue: queueTo((body) => this.requests.push(body)),
      finalizeQueue: queueTo((body, delaySeconds) => this.ticks.push({ body, at: this.now + delaySeconds * 1000 })),
      now: () => this.now,
      sleep: async (seconds) => {
        this.now += seconds * 1000;
      },
      // Time stands still: no budget is ever used up.
      setTimer: () => () => {},
      notify: (messages) => this.ledger.putIntoOutbox(messages),
      report: (event) => this.events.push(event),
      ...parts,
    };
  }

  /** Handles one tick of the period now. */
  tick({ yieldAt, ...services }: TickParts = {}): Promise<void> {
    return handleTick(this.finalizing(services), this.settings, { period: PERIOD }, { yieldAt });
  }

  /** Handles one tick of the period once everything that is dirty now is due. */
  async tickWhenDue(): Promise<void> {
    this.now += this.settings.maxWaitSeconds * 1000;
    await this.tick();
  }

  /**
   * Handles the ticks on their way, each at its time, until none is left or `until` has come.
   * Answers how many.
   */
  async drain(until = Number.POSITIVE_INFINITY): Promise<number> {
    for (let count = 0; count < MAX_TICKS; count += 1) {
      const next = this.ticks.toSorted((a, b) => a.at - b.at)[0];
      if (!next || next.at > until) return count;
      this.ticks.splice(this.ticks.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      await this.tick().catch(() => this.redeliver());
    }
    throw new Error(`still ticking after ${MAX_TICKS} ticks`);
  }

  /** A message whose work failed comes again. */
  redeliver(): void {
    this.ticks.push({ body: { period: PERIOD }, at: this.now + VISIBILITY_SECONDS * 1000 });
  }

  /** A file arrives and is staged: what the copy workflow does. */
  async stage(sketch: FileSketch = {}): Promise<VersionRecord> {
    const version = versionOf({ lastModified: this.now, ...sketch });
    const { outcome, source } = version;
    if (outcome.status === 'staged') {
      const content = { etag: source.etag, bytes: new Uint8Array(), rows: sketch.readableRows ?? outcome.rows };
      this.buckets.put({ bucket: STAGING, key: outcome.stagedKey }, content, this.now);
      await this.ledger.recordSchema({ id: outcome.schemaId, columns: [{ name: 'cost', type: 'double' }] });
    }
    await this.ledger.recordVersion(version, this.now);
    return version;
  }

  async deliver(delivery: Delivery, awaited: readonly string[] = []): Promise<void> {
    await this.ledger.recordDelivery(delivery, awaited, this.now);
  }

  /**
   * Another process finalizes the period from now on, because this one's lease has run out. Answers
   * its lease's end.
   */
  async overtake(): Promise<number> {
    this.now += this.settings.leaseSeconds * 1000;
    const until = this.now + this.settings.leaseSeconds * 1000;
    const lease = await this.ledger.acquireLease(PERIOD, 'newer-run', this.now, until);
    if (!lease.taken) throw new Error(`held until ${lease.heldUntil}`);
    await this.tables.raiseFence(PERIOD, lease.epoch);
    return until;
  }

  visible(partition: Partition = ALPHA): readonly string[] | undefined {
    return this.tables.current.get(partitionName(partition))?.stagedKeys;
  }

  async record(partition: Partition = ALPHA): Promise<PartitionRecord> {
    const record = await this.ledger.partition(partition);
    if (!record) throw new Error(`the ledger does not know ${partitionName(partition)}`);
    return record;
  }

  reported(what: ReactorEvent['what']): ReactorEvent[] {
    return this.events.filter((event) => event.what === what);
  }

  close(): void {
    this.ledger.close();
  }
}

/** The staged keys of versions, as the warehouse lists them. */
export function keysOf(...versions: readonly VersionRecord[]): string[] {
  return versions.flatMap(({ outcome }) => (outcome.status === 'staged' ? outcome.stagedKey : [])).sort();
}

/** The finalizer lists staged copies and deletes them, and asks nothing else of the store. */
function storeOf(buckets: SimulatedBuckets): ObjectStore {
  const refuse = () => {
    throw new Error('the finalizer has no business with the source');
  };
  return {
    read: refuse,
    copy: refuse,
    listFolder: refuse,
    list: async function* (bucket, prefix) {
      const keys = buckets.keys(bucket, prefix);
      yield keys.map((key) => ({ key, etag: 'e', sizeBytes: 1, lastModified: 0 }));
    },
    delete: async (location) => buckets.delete(location),
  };
}

function queueTo<Message>(take: (body: Message, delaySeconds: number) => void): Queue<Message> {
  return {
    send: async (messages) => {
      for (const { body, delaySeconds = 0 } of messages) take(JSON.parse(JSON.stringify(body)), delaySeconds);
    },
  };
}
