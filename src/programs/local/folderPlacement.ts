import { classifyKey } from '../../billing/layout.ts';
import type { Partition } from '../../billing/partition.ts';
import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import { type Place, type Placement, placeBySources } from '../../billing/placement.ts';
import { exportRoot, isReport, reportOf } from '../../billing/report.ts';
import type { Source } from '../../billing/source.ts';
import type { FileFacts } from './fileFacts.ts';
import { type Found, payerOf, type Stated, whyNoReport } from './fileOwner.ts';
import { executionFolder, isLoose, LooseFiles, type LooseReading } from './looseFiles.ts';
import { folderOf } from './looseRefreshes.ts';

/** A month of one export in a person's folder. */
interface Month {
  readonly root: string;
  readonly period: Period;
  payer: Found<Payer> | undefined;
  /** Why nothing of it is part of a bill: another kind of export, or files without rows. */
  foreign: string | undefined;
}

/**
 * Places the files of a person's folder. Keys in one of AWS's layouts are placed by it, below their
 * export's root; a month of an export belongs to the payer that the person names, else to the one
 * in the rows of its first file that has one. (An account that joins an organization changes its
 * payer from one month to the next.) All others are loose.
 */
export class FolderPlacement {
  readonly #bucket: string;
  readonly #stated: Stated;
  readonly #reading: LooseReading;
  readonly #loose: LooseFiles;
  readonly #months = new Map<string, Month>();
  /** Roots with a manifest: it may lie on another page of the listing than the data. */
  readonly #withManifests = new Set<string>();

  constructor(bucket: string, stated: Stated, reading: LooseReading) {
    this.#bucket = bucket;
    this.#stated = stated;
    this.#reading = reading;
    this.#loose = new LooseFiles(stated, reading);
  }

  /** Looks at keys that are new, or new again. Rows are read only where they decide. */
  async learn(keys: readonly string[]): Promise<void> {
    const inLayout = keys.flatMap((key) => {
      const classified = classifyKey(key);
      if (classified.kind === 'ignored') return [];
      return [{ key, kind: classified.kind, root: exportRoot(key) ?? '', period: classified.period }];
    });
    for (const { root, kind } of inLayout) if (kind === 'manifest') this.#withManifests.add(root);
    for (const ofMonth of Map.groupBy(inLayout, monthName).values()) {
      const [first] = ofMonth;
      if (!first) continue;
      const data = ofMonth.filter(({ kind }) => kind === 'data').map(({ key }) => key);
      await this.#learnMonth(this.#monthOf(first), data);
    }
    await this.#loose.learn(keys);
  }

  /**
   * Takes a loose file for what an earlier run made of the same content, unless the person says
   * otherwise now.
   */
  remember(key: string, partition: Partition): boolean {
    return this.#loose.remember(key, partition);
  }

  /**
   * Files that do not count any more, or never did, by key, with the reason: nothing of a bill is
   * missing without them.
   */
  get leftOut(): ReadonlyMap<string, string> {
    return this.#loose.leftOut;
  }

  /**
   * Why files could not be placed: each reason with one of the files, or the folder, it holds for.
   */
  get complaints(): string[] {
    const exports = [...this.#months.values()].flatMap(({ root, payer, foreign }) =>
      payer && 'reason' in payer && foreign === undefined ? [[root || 'the folder', payer.reason] as const] : [],
    );
    const empty = [...this.#months.values()].flatMap(({ root, period }) =>
      this.#payerOf(root, period) === undefined
        ? [[`${root || 'the folder'}, ${period}`, 'there is a manifest, and none of its files'] as const]
        : [],
    );
    return eachReasonOnce([...exports, ...empty, ...this.#loose.unplaced]);
  }

  /**
   * What was left out for good, and why: each reason with one of the files, or the folder, it holds
   * for.
   */
  get notices(): string[] {
    const exports = [...this.#months.values()].flatMap(({ root, period, foreign }) =>
      foreign === undefined ? [] : [[`${root || 'the folder'}, ${period}`, foreign] as const],
    );
    const beside = this.#loose.placed.flatMap(([key, partition]) => {
      const root = this.#exportOf(partition);
      return root === undefined ? [] : [[key, besideExport(root)] as const];
    });
    return eachReasonOnce([...exports, ...beside, ...this.#loose.leftOut]);
  }

  readonly place: Place = (bucket, key) => {
    if (bucket !== this.#bucket) return { is: 'unknown-source' };
    return isLoose(key) ? this.#placeLoose(key) : this.#placeInLayout(key);
  };

  #placeLoose(key: string): Placement {
    const place = this.#loose.place(key);
    if (!place) return { is: 'unknown-source' };
    if ('reason' in place) return { is: 'ignored', reason: place.reason };
    const beside = this.#exportOf(place.found);
    if (beside !== undefined) return { is: 'ignored', reason: besideExport(beside) };
    const report = reportOf({ bucket: this.#bucket, key });
    const chosen = this.#stated.report;
    if (chosen !== undefined && !isReport(report, chosen)) {
      return { is: 'ignored', reason: `a loose file, and the bill is the report ${chosen}` };
    }
    const folder = executionFolder(key);
    return {
      is: 'data',
      partition: place.found,
      folder,
      ownFolder: folder !== '',
      awaitsManifest: false,
      report,
      isChosenReport: chosen !== undefined,
    };
  }

  #placeInLayout(key: string): Placement {
    const classified = classifyKey(key);
    if (classified.kind === 'ignored') return { is: 'ignored', reason: classified.reason };
    const { period } = classified;
    if (this.#stated.period && this.#stated.period !== period)
      return { is: 'ignored', reason: `not of ${this.#stated.period}` };
    const root = exportRoot(key) ?? '';
    const payer = this.#payerOf(root, period);
    if (!payer) return { is: 'unknown-source' };
    if ('reason' in payer) return { is: 'ignored', reason: payer.reason };
    return placeBySources([this.#sourceOf(root, payer.found)])(this.#bucket, key);
  }

  /**
   * An export that holds a partition: what lies loose beside it is a copy or a refresh of it, never
   * an addition.
   */
  #exportOf({ payer, period }: Partition): string | undefined {
    const month = [...this.#months.values()].find(
      (one) => one.period === period && one.foreign === undefined && isPayer(one.payer, payer),
    );
    return month?.root;
  }

  #sourceOf(root: string, payer: Payer): Source {
    const source = {
      bucket: this.#bucket,
      prefix: root.replace(/^\/+|\/+$/g, ''),
      manifests: this.#withManifests.has(root),
      payer,
    };
    return this.#stated.report === undefined ? source : { ...source, report: this.#stated.report };
  }

  /**
   * The month's own payer; of a month that has a manifest alone, that of the export's other months.
   */
  #payerOf(root: string, period: Period): Found<Payer> | undefined {
    const own = this.#months.get(monthName({ root, period }))?.payer;
    if (own) return own;
    const others = [...this.#months.values()].filter((month) => month.root === root && month.payer);
    return others.toSorted((a, b) => (a.period < b.period ? -1 : 1)).at(-1)?.payer;
  }

  #monthOf({ root, period }: { readonly root: string; readonly period: Period }): Month {
    const name = monthName({ root, period });
    const month = this.#months.get(name) ?? { root, period, payer: undefined, foreign: undefined };
    this.#months.set(name, month);
    return month;
  }

  /** The payer in the rows of the first file that has one, or why the last has none. */
  async #learnMonth(month: Month, keys: readonly string[]): Promise<void> {
    if (month.payer && 'found' in month.payer) return;
    for (const key of keys) {
      const facts: FileFacts | undefined = (await this.#reading.facts([key])).get(key);
      if (!facts) continue;
      month.foreign = facts.is === 'not-bill' || facts.is === 'empty' ? whyNoReport(facts) : undefined;
      if (facts.is === 'empty') continue;
      month.payer = this.#payerOfFile(key, facts);
      if ('found' in month.payer) return;
    }
    if (!month.payer && this.#stated.payer) month.payer = { found: this.#stated.payer };
  }

  #payerOfFile(key: string, facts: FileFacts): Found<Payer> {
    if (facts.is === 'not-bill') return { reason: facts.reason };
    const payer = payerOf(this.#stated, facts);
    return 'reason' in payer ? { reason: `${key.slice(folderOf(key).length)}: ${payer.reason}` } : payer;
  }
}

function isPayer(found: Found<Payer> | undefined, payer: Payer): boolean {
  return found !== undefined && 'found' in found && found.found === payer;
}

function besideExport(root: string): string {
  return `a loose file, and the export ${root || 'at the top of the folder'} holds the same month`;
}

function monthName({ root, period }: { readonly root: string; readonly period: Period }): string {
  return `${root}\0${period}`;
}

function eachReasonOnce(named: readonly (readonly [name: string, reason: string])[]): string[] {
  const byReason = Map.groupBy(named, ([, reason]) => reason);
  return [...byReason].map(([reason, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    return `${first?.[0]}: ${reason}${more}`;
  });
}
