import { type Partition, partitionName } from '../../src/billing/partition.ts';
import type { Payer } from '../../src/billing/payer.ts';
import type { Period } from '../../src/billing/period.ts';
import { setIdOf } from '../../src/ledger/partitionRecord.ts';
import type { OwnerDigests } from '../../src/warehouse/ownerDigest.ts';
import {
  FencedOff,
  type FileAudit,
  type FileStatus,
  type PartitionTotals,
  type Publication,
  type PublishedSet,
  type StagedFile,
  type SupersededFiles,
  type Warehouse,
} from '../../src/warehouse/warehouse.ts';
import { SimulatedScript } from './simulatedScript.ts';

/** Why a payer's totals cannot be read. */
export const TOTALS_OVERFLOW = 'Out of Range Error: Overflow in SUM';

/** The check that fails, if one does. */
export const FAILED_CHECK = { check: 'idle-load-balancer', reason: '100038: Numeric value is not recognized' };

/** What the simulated warehouse needs of the world around it. */
export interface WarehouseWorld {
  /** The rows in a staged file, undefined when there is no such file. */
  readonly rowsIn: (stagedKey: string) => number | undefined;
  /** Whether no number type holds the costs in a staged file. */
  readonly isImpossible: (stagedKey: string) => boolean;
  /** Whether a payer's totals cannot be read. */
  readonly hasNoTotals: (payer: Payer) => boolean;
  /** Whether reading a file silently skips some of its rows this time. */
  readonly skipsRows: () => boolean;
  readonly now: () => number;
  readonly queryPrefix?: string;
  /** How long a step of the analytics script takes. */
  readonly stepSeconds: () => number;
  readonly analyticsFail: (payers: readonly Payer[]) => boolean;
  /** Whether a check of the script fails over these payers, which ends nothing. */
  readonly checksFail: (payers: readonly Payer[]) => boolean;
}

/**
 * A warehouse in memory, with the contract of the real ones. Its fields are open: the oracle looks
 * at them.
 */
export class SimulatedWarehouse implements Warehouse {
  /** Rows that the external table reads, by staged key. */
  readonly registered = new Map<string, number>();
  /** What readers see, by partition name. */
  readonly current = new Map<string, PublishedSet>();
  /** The set that analytics ran over last, by partition name. */
  readonly analysed = new Map<string, string>();
  /** What a test wants readers to see, by partition name. */
  readonly found = new Map<string, PartitionTotals>();
  /** What a test wants owners to hear, by partition name. */
  readonly digests = new Map<string, OwnerDigests>();
  /** The partitions, by name, over which a check failed when analytics ran last. */
  readonly failedChecks = new Set<string>();
  readonly fences = new Map<Period, number>();
  readonly script: SimulatedScript;
  readonly #world: WarehouseWorld;

  constructor(world: WarehouseWorld) {
    this.#world = world;
    this.script = new SimulatedScript({
      now: world.now,
      queryPrefix: world.queryPrefix ?? '',
      stepSeconds: world.stepSeconds,
      fails: world.analyticsFail,
      epochFence: (period) => this.fences.get(period) ?? 0,
      analysed: (period, payers) => {
        const fails = world.checksFail(payers);
        for (const payer of payers) {
          const name = partitionName({ payer, period });
          if (fails) this.failedChecks.add(name);
          else this.failedChecks.delete(name);
          this.analysed.set(name, setIdOf(this.current.get(name)?.stagedKeys ?? []));
        }
      },
    });
  }

  async raiseFence(period: Period, epoch: number): Promise<void> {
    this.#pass(period, epoch);
    const scriptRun = this.script.fences.get(period) ?? 0;
    if (scriptRun >= epoch) throw new FencedOff(`epoch ${epoch} of ${period} was used before`, scriptRun);
    this.fences.set(period, epoch);
  }

  async published(period: Period, payers: readonly Payer[]): Promise<Map<Payer, PublishedSet>> {
    const published = new Map<Payer, PublishedSet>();
    for (const payer of payers) {
      const set = this.current.get(partitionName({ payer, period }));
      if (set) published.set(payer, set);
    }
    return published;
  }

  async register(_partition: Partition, files: readonly StagedFile[]): Promise<FileStatus[]> {
    return files.map(({ stagedKey }) => {
      const rows = this.#world.rowsIn(stagedKey);
      if (rows === undefined) return { stagedKey, status: 'failed', reason: 'there is no such file' };
      const isWhole = this.registered.get(stagedKey) === rows;
      if (!isWhole) this.registered.set(stagedKey, this.#world.skipsRows() ? rows - 1 : rows);
      return { stagedKey, status: 'registered' };
    });
  }

  async audit(_partition: Partition, files: readonly StagedFile[]): Promise<FileAudit[]> {
    return files.map(({ stagedKey }) => {
      const rows = this.registered.get(stagedKey) ?? 0;
      const rowsOfImpossibleCost = this.#world.isImpossible(stagedKey) ? 1 : 0;
      return { stagedKey, rows, rowsOfOtherPeriods: 0, rowsWithCost: rows, rowsOfImpossibleCost, costs: [] };
    });
  }

  async publish(period: Period, epoch: number, publications: readonly Publication[]): Promise<void> {
    this.#pass(period, epoch);
    for (const { partition, files } of publications) {
      const stagedKeys = files.map(({ stagedKey }) => stagedKey).sort();
      this.current.set(partitionName(partition), { stagedKeys, epoch });
    }
  }

  async totals(period: Period, payers: readonly Payer[]): Promise<Map<Payer, PartitionTotals>> {
    if (payers.some(this.#world.hasNoTotals)) throw new Error(TOTALS_OVERFLOW);
    const none = { costs: [], findings: [], failedChecks: [], unknownChecks: [] };
    return new Map(
      payers.map((payer) => {
        const name = partitionName({ payer, period });
        const failedChecks = this.failedChecks.has(name) ? [FAILED_CHECK] : [];
        return [payer, { ...(this.found.get(name) ?? none), failedChecks }];
      }),
    );
  }

  async ownerDigests(period: Period, payers: readonly Payer[]): Promise<Map<Payer, OwnerDigests>> {
    const none = { owners: [], leftOut: 0 };
    return new Map(payers.map((payer) => [payer, this.digests.get(partitionName({ payer, period })) ?? none]));
  }

  async unregister(
    period: Period,
    epoch: number,
    superseded: readonly SupersededFiles[],
  ): Promise<ReadonlyMap<string, string>> {
    this.#pass(period, epoch);
    const refused = new Map<string, string>();
    for (const { payer, stagedKeys } of superseded) {
      const visible = this.current.get(partitionName({ payer, period }))?.stagedKeys ?? [];
      for (const key of stagedKeys) {
        if (visible.includes(key)) refused.set(key, 'it is published');
        else this.registered.delete(key);
      }
    }
    return refused;
  }

  #pass(period: Period, epoch: number): void {
    const fence = this.fences.get(period) ?? 0;
    if (epoch < fence) throw new FencedOff(`epoch ${epoch} of ${period} is over: ${fence} runs now`, fence);
  }
}
