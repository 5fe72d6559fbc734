import { partitionName } from '../../src/billing/partition.ts';
import type { Period } from '../../src/billing/period.ts';
import { reportOf } from '../../src/billing/report.ts';
import { versionIdOf } from '../../src/billing/version.ts';
import { compareDeliveries } from '../../src/ledger/deliveryOrder.ts';
import { failedChecksOf, isDirty, type PartitionRecord, setIdOf } from '../../src/ledger/partitionRecord.ts';
import { parseCopyMessage } from '../../src/queue/copyMessage.ts';
import type { Publication } from '../../src/warehouse/warehouse.ts';
import type { Omniscience } from './omniscience.ts';
import { isImpossible, isStray, type PartitionPlan } from './scenario.ts';
import { expectedAtRest, folder, isStuckIn, sameSet, type Visible, type Watched, watch } from './watched.ts';

const STAGING = 'staging';

/**
 * Nothing waits longer for anything, however far a clock was set back; the longest of what is
 * waited for are minutes.
 */
const RESTS_WITHIN_SECONDS = 7200;

/**
 * Holds a simulated world to the invariants of src/README.md. Each violation says which one, by
 * number.
 */
export class Oracle {
  readonly violations: string[] = [];
  readonly #world: Omniscience;
  readonly #watched: Watched[];
  readonly #fences = new Map<Period, number>();
  #fencedOff = 0;
  #isClockSetBack = false;
  #isLedgerRestored = false;

  constructor(plans: readonly PartitionPlan[], world: Omniscience) {
    this.#world = world;
    this.#watched = plans.map((plan, index) => watch(plan, index));
  }

  /** Invariant 1: the event of what lies at the source goes only when the ledger knows it. */
  async acknowledged(body: unknown): Promise<void> {
    const { bucket, key, etag = '', sequencer } = parseCopyMessage(body);
    const watched = this.#watched.find((each) => each.bucket === bucket);
    const present = this.#world.buckets.get({ bucket, key });
    if (!watched || !present || present.sequencer !== sequencer) return;
    const { ledger } = this.#world;
    const source = { bucket, key, etag };
    if (await ledger.version(watched.partition, versionIdOf(source))) return;
    const { delivery, otherReports = [] } = (await ledger.partition(watched.partition)) ?? {};
    if (otherReports.some(({ report }) => report === reportOf(source))) return;
    if (key.endsWith('-Manifest.json') && delivery) {
      const manifest = { ...source, lastModified: present.lastModified, sizeBytes: present.bytes.length };
      if (compareDeliveries({ ...delivery, manifest }, delivery) <= 0) return;
    }
    this.#violate(1, `${bucket}/${key} (${etag}) was acknowledged, and the ledger does not know it`);
  }

  /**
   * What the older ledger does not know cannot be held against it: a publish may go back, until all
   * is read again, and a step of the analytics outside of a transaction may be submitted again.
   */
  ledgerRestored(): void {
    this.#isLedgerRestored = true;
    for (const watched of this.#watched) {
      Object.assign(watched, { publishedIndex: 0, delivered: false, watermark: 0, analysedWatermark: 0 });
    }
  }

  /** Whoever worked with the lost one has ended; its fences have gone with it. */
  warehouseLost(): void {
    this.#fences.clear();
  }

  /** What was noted in the future is due at once: nobody can say how long it has waited. */
  clockSetBack(): void {
    this.#isClockSetBack = true;
  }

  /** Invariant 6: a ledger that is behind its warehouse catches up at once. */
  fencedOff(period: Period, epoch: number, newest: number): void {
    this.#fencedOff += 1;
    if (this.#fencedOff <= this.#world.fencedOffAtMost) return;
    this.#violate(
      6,
      `run ${epoch} of ${period} was begun in vain, as ${this.#fencedOff} were: ${newest} was there before`,
    );
  }

  /** Invariant 6: it did not take longer than what is waited for. */
  rested(seconds: number): void {
    if (seconds <= RESTS_WITHIN_SECONDS) return;
    throw new Error(`invariant 6: the world came to rest ${seconds} s after the last thing that happened`);
  }

  /** Invariant 5 in the warehouse. */
  fenceRaised(period: Period, epoch: number): void {
    this.#fences.set(period, Math.max(epoch, this.#fences.get(period) ?? 0));
  }

  /** Invariant 5 in the warehouse: nothing changes under an epoch that is over. */
  warehouseChanged(what: string, period: Period, epoch: number): void {
    const fence = this.#fences.get(period) ?? 0;
    if (epoch < fence) this.#violate(5, `epoch ${epoch} did ${what} after epoch ${fence} had taken over`);
  }

  /** Invariant 5 in the ledger. */
  async ledgerCommitted(period: Period, epoch: number): Promise<void> {
    const current = (await this.#world.ledger.period(period)).epoch;
    if (epoch < current) this.#violate(5, `epoch ${epoch} committed to the ledger under epoch ${current}`);
  }

  /** Invariants 2, 3, 8 and 12, whenever something was published. */
  async published(publications: readonly Publication[]): Promise<void> {
    for (const { partition, deliveryId } of publications) {
      const watched = this.#watched.find(({ name }) => name === partitionName(partition));
      if (!watched) throw new Error(`nobody planned ${partitionName(partition)}`);
      const visible = this.#visible(watched);
      this.#auditedRows(watched, visible);
      const impossible = visible.find(isImpossible);
      if (impossible) this.#violate(8, `${watched.name} shows ${impossible.stagedKey}, whose costs no number holds`);
      const keys = new Set(visible.map(({ key }) => key));
      if (keys.size < visible.length) this.#violate(2, `${watched.name} shows two versions of one key`);
      if (new Set([...keys].map(folder)).size > 1) this.#violate(2, `${watched.name} shows two deliveries' folders`);
      this.#oneReport(watched, visible);
      if (deliveryId !== undefined) this.#oneDelivery(watched, visible);
      else if (watched.plan.mode !== 'without-manifests') await this.#lastResort(watched);
    }
  }

  /** Invariant 10: what is deleted is not visible, and not counted on. */
  async deleted(stagedKey: string): Promise<void> {
    for (const watched of this.#watched) {
      if (this.#visible(watched).some((file) => file.stagedKey === stagedKey)) {
        this.#violate(10, `${stagedKey} was deleted and is visible`);
      }
      for (const { outcome } of await this.#world.ledger.versions(watched.partition)) {
        if (outcome.status !== 'staged' || outcome.stagedKey !== stagedKey) continue;
        this.#violate(10, `${stagedKey} was deleted and the ledger counts on it`);
      }
    }
  }

  /** Invariants 3, 9 and 10, after every step. */
  async step(): Promise<void> {
    for (const [step, times] of this.#world.warehouse.script.effects) {
      if (times > 1 && !this.#isLedgerRestored)
        this.#violate(9, `step ${step} of the analytics took effect ${times} times`);
    }
    for (const watched of this.#watched) {
      const record = await this.#world.ledger.partition(watched.partition);
      if (record) this.#watermarks(watched, record);
      for (const { stagedKey } of this.#visible(watched)) {
        if (this.#world.buckets.get({ bucket: STAGING, key: stagedKey })) continue;
        this.#violate(10, `${stagedKey} is visible and there is no such file`);
      }
    }
    if (this.violations.length > 0) throw new Error(this.violations.join('\n'));
  }

  /**
   * Invariants 4 and 12: at rest, readers see the newest delivery, analytics have run over it, and
   * the ledger says so.
   */
  async atRest(): Promise<void> {
    const { script } = this.#world.warehouse;
    script.passTime();
    if (script.running.length > 0) this.#violate(9, `at rest, ${listed(script.running)} of the analytics run on`);
    for (const watched of this.#watched) {
      const { name, partition } = watched;
      const visible = this.#visible(watched);
      if (this.#world.isStuck(watched.plan)) {
        await this.#isRefusedByName(watched);
        continue;
      }
      const expected = expectedAtRest(watched, this.#world.buckets);
      if (!sameSet(visible, expected)) {
        this.#violate(4, `${name} shows ${listed(visible)} at rest, not ${listed([...expected])}`);
      }
      const setId = setIdOf(visible.map(({ stagedKey }) => stagedKey));
      if (this.#world.warehouse.analysed.get(name) !== setId)
        this.#violate(4, `${name}: analytics ran over another set`);
      const record = await this.#world.ledger.partition(partition);
      if (record) this.#leftOutIsSaid(watched, record);
      const settled =
        record && !isDirty(record) && record.published?.setId === setId && record.analysed?.setId === setId;
      this.#isAnalysedWhole(name, record);
      // A restored ledger may have announced the set under the epoch that it knew then.
      const id = `finalized/${name}/${this.#isLedgerRestored ? '' : record?.published?.epoch}`;
      const isAnnounced = (await this.#world.ledger.outbox()).some((message) =>
        this.#isLedgerRestored ? message.id.startsWith(id) : message.id === id,
      );
      if (!isAnnounced) this.#violate(9, `${name} was finalized, and nothing announced it`);
      if (!settled) this.#violate(4, `${name} is at rest, and its record says ${JSON.stringify(record)}`);
    }
    if (this.violations.length > 0) throw new Error(this.violations.join('\n'));
  }

  /** Invariant 9: what has failed of the analytics was run again, until it went well. */
  #isAnalysedWhole(name: string, record: PartitionRecord | undefined): void {
    const hasFailed = this.#world.warehouse.failedChecks.has(name);
    if (!hasFailed && (record === undefined || failedChecksOf(record) === undefined)) return;
    this.#violate(9, `${name} is at rest, and a check has failed over it`);
  }

  /**
   * Invariant 7: what is stuck says so, and why. That the others are at rest is looked at by
   * itself.
   */
  async #isRefusedByName({ plan, partition, name }: Watched): Promise<void> {
    const record = await this.#world.ledger.partition(partition);
    if (record && plan.stuck && isStuckIn(plan.stuck, record)) return;
    this.#violate(7, `${name} cannot be finalized, and its record says ${JSON.stringify(record)}`);
  }

  /**
   * Invariant 6: a partition that keeps changing does not stay dirty for longer than
   * `limitSeconds`.
   */
  async progress(limitSeconds: number): Promise<void> {
    for (const { partition, name } of this.#watched) {
      const since = (await this.#world.ledger.partition(partition))?.firstChangeAt;
      const seconds = since === undefined ? 0 : (this.#world.now() - since) / 1000;
      if (seconds > limitSeconds) this.#violate(6, `${name} has been dirty for ${seconds} s`);
    }
  }

  #visible({ name, origins }: Watched): Visible[] {
    const keys = this.#world.warehouse.current.get(name)?.stagedKeys ?? [];
    return keys.map((stagedKey) => origins.get(stagedKey) ?? { stagedKey, key: stagedKey, etag: 'unknown' });
  }

  #auditedRows({ name }: Watched, visible: readonly Visible[]): void {
    for (const { stagedKey } of visible) {
      const promised = this.#world.buckets.get({ bucket: STAGING, key: stagedKey })?.rows;
      const read = this.#world.warehouse.registered.get(stagedKey);
      if (promised !== read) this.#violate(8, `${name}: ${stagedKey} has ${promised} rows, ${read} were published`);
    }
  }

  /**
   * Files whose manifest never came are shown after the maximum wait, and never in the place of a
   * delivery.
   */
  async #lastResort(watched: Watched): Promise<void> {
    const { firstChangeAt = 0 } = (await this.#world.ledger.partition(watched.partition)) ?? {};
    if (watched.delivered) this.#violate(2, `${watched.name} went back from a delivery to files without a manifest`);
    if (!this.#isClockSetBack && this.#world.now() < firstChangeAt + this.#world.maxWaitSeconds * 1000) {
      this.#violate(2, `${watched.name} was published without its manifest before the maximum wait`);
    }
  }

  /** Readers see one report and nothing else, and always the same one. */
  #oneReport(watched: Watched, visible: readonly Visible[]): void {
    const shown = watched.reports.filter(({ root }) => visible.some(({ key }) => key.startsWith(root)));
    if (visible.some(({ key }) => isStray(key))) this.#violate(12, `${watched.name} shows what is no part of a bill`);
    if (shown.length > 1) this.#violate(12, `${watched.name} shows two reports: ${listed(visible)}`);
    const [bill] = shown;
    // A ledger that was restored to before the first arrival has forgotten which one that was.
    if (!this.#isLedgerRestored && watched.bill && bill && bill !== watched.bill) {
      this.#violate(12, `${watched.name} went from the report ${watched.bill.root} to ${bill.root}, and nobody chose`);
    }
    watched.bill = bill ?? watched.bill;
  }

  #oneDelivery(watched: Watched, visible: readonly Visible[]): void {
    const deliveries = watched.bill?.deliveries ?? [];
    const fitting = deliveries.flatMap(({ expected }, index) => (expected && sameSet(visible, expected) ? index : []));
    watched.delivered = true;
    const index = fitting.find((each) => each >= watched.publishedIndex);
    if (index !== undefined) watched.publishedIndex = index;
    else if (fitting.length === 0) this.#violate(2, `${watched.name} shows a mix: ${listed(visible)}`);
    else this.#violate(3, `${watched.name} went back to delivery ${fitting} from ${watched.publishedIndex}`);
  }

  #watermarks(watched: Watched, { watermark, analysed }: PartitionRecord): void {
    const [staged, seen] = [watermark ?? 0, analysed?.watermark ?? 0];
    if (staged < watched.watermark) this.#violate(3, `${watched.name}: the staged watermark moved back`);
    if (seen < watched.analysedWatermark) this.#violate(3, `${watched.name}: the analysed watermark moved back`);
    watched.watermark = staged;
    watched.analysedWatermark = seen;
  }

  /** Invariant 12: a report that is left out is known to be. */
  #leftOutIsSaid({ name, bucket, reports, bill }: Watched, { otherReports = [] }: PartitionRecord): void {
    for (const report of reports) {
      if (report === bill) continue;
      const leftOut = `${bucket}/${report.root}`.slice(0, -1);
      if (otherReports.some((other) => other.report === leftOut)) continue;
      this.#violate(12, `${name}: nobody knows that ${leftOut} is left out`);
    }
  }

  #violate(invariant: number, message: string): void {
    this.violations.push(`invariant ${invariant}: ${message}`);
  }
}

function listed(files: readonly unknown[]): string {
  return JSON.stringify(files);
}
