import { classifyKey } from '../billing/layout.ts';
import { type Partition, partitionName } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import { type Place, type Placement, placeBySources } from '../billing/placement.ts';
import type { Source } from '../billing/source.ts';
import { type Found, partitionOfFile, payerOf, type Told } from './fileOwner.ts';
import { rootOf } from './relocateManifest.ts';
import type { RowFacts } from './rowFacts.ts';

/** Answers what the rows of files say, by key. */
export type RowFactsOf = (keys: readonly string[]) => Promise<Map<string, RowFacts | string>>;

/**
 * Places the files of a person's folder. Keys in one of AWS's layouts are placed by it, below their export's root; a
 * root belongs to the payer that the person names, else to the one in the rows of its first file that has one. All other
 * Parquet files are loose: payer and period are what the person says, else what the rows say, if they agree. A file
 * whose rows say nothing goes with the others when these are all of one partition: there it is quarantined.
 */
export class FolderPlacement {
  readonly #bucket: string;
  readonly #told: Told;
  readonly #rowFacts: RowFactsOf;
  readonly #roots = new Map<string, Found<Source>>();
  /** Roots with a manifest: it may lie on another page of the listing than the data. */
  readonly #withManifests = new Set<string>();
  readonly #loose = new Map<string, Found<Partition>>();
  /** The partitions of the loose files so far. */
  readonly #partitions = new Map<string, Partition>();
  /** Loose files whose rows say nothing: they cannot be read, or there are none. */
  readonly #silent = new Set<string>();

  constructor(bucket: string, told: Told, rowFacts: RowFactsOf) {
    this.#bucket = bucket;
    this.#told = told;
    this.#rowFacts = rowFacts;
  }

  /** Looks at keys that are new, or new again: another content may be another month's. Rows are read only where they decide. */
  async learn(keys: readonly string[]): Promise<void> {
    const loose: string[] = [];
    const inLayout = new Map<string, string[]>();
    for (const key of keys) {
      if (classifyKey(key).kind !== 'ignored') inLayout.set(rootOf(key), [...(inLayout.get(rootOf(key)) ?? []), key]);
      else if (isLoose(key) && !(this.#told.payer && this.#told.period)) loose.push(key);
    }
    for (const [root, ofRoot] of inLayout) await this.#learnRoot(root, ofRoot);
    await this.#learnLoose(loose);
  }

  /** Takes a loose file for what an earlier run made of the same content, unless the person says otherwise now. */
  remember(key: string, partition: Partition): boolean {
    const { payer = partition.payer, period = partition.period } = this.#told;
    if (!isLoose(key) || payer !== partition.payer || period !== partition.period) return false;
    this.#loose.set(key, { found: partition });
    this.#partitions.set(partitionName(partition), partition);
    return true;
  }

  /** Why files could not be placed: each reason with one of the files, or the folder, it holds for. */
  get complaints(): string[] {
    const byReason = new Map<string, string>();
    const loose = [...this.#loose.keys()].map((key) => [key, this.#placeLoose(key)] as const);
    for (const [name, answer] of [...this.#roots, ...loose]) {
      if (answer && 'reason' in answer && !byReason.has(answer.reason)) byReason.set(answer.reason, name);
    }
    return [...byReason].map(([reason, name]) => `${name || 'the folder'}: ${reason}`);
  }

  readonly place: Place = (bucket, key) => {
    if (bucket !== this.#bucket) return { is: 'unknown-source' };
    const loose = isLoose(key) ? this.#placeLoose(key) : undefined;
    if (loose && 'reason' in loose) return { is: 'ignored', reason: loose.reason };
    if (loose) {
      const folder = executionFolder(key);
      return { is: 'data', partition: loose.found, folder, ownFolder: folder !== '', awaitsManifest: false };
    }
    const classified = classifyKey(key);
    if (classified.kind === 'ignored') return { is: 'ignored', reason: classified.reason };
    const root = this.#roots.get(rootOf(key));
    if (!root) return { is: 'unknown-source' };
    if ('reason' in root) return { is: 'ignored', reason: root.reason };
    return this.#ofToldPeriod(placeBySources([root.found])(bucket, key));
  };

  #ofToldPeriod(placed: Placement): Placement {
    const { period } = this.#told;
    const isOther = (placed.is === 'data' || placed.is === 'manifest') && period && placed.partition.period !== period;
    return isOther ? { is: 'ignored', reason: `not of ${period}` } : placed;
  }

  async #learnRoot(root: string, keys: readonly string[]): Promise<void> {
    if (keys.some((key) => classifyKey(key).kind === 'manifest')) this.#withManifests.add(root);
    const manifests = this.#withManifests.has(root);
    const known = this.#roots.get(root);
    if (known && 'found' in known) {
      this.#roots.set(root, { found: { ...known.found, manifests } });
      return;
    }
    const payer = await this.#payerOfRoot(keys.filter((key) => classifyKey(key).kind === 'data'));
    if (!payer) return;
    const source = { bucket: this.#bucket, prefix: root.replace(/^\/+|\/+$/g, ''), manifests };
    this.#roots.set(root, 'reason' in payer ? payer : { found: { ...source, payer: payer.found } });
  }

  /** The payer in the rows of the first file that has one, or why the last has none; undefined without files. */
  async #payerOfRoot(keys: readonly string[]): Promise<Found<Payer> | undefined> {
    if (this.#told.payer) return { found: this.#told.payer };
    let payer: Found<Payer> | undefined;
    for (const key of keys) {
      payer = payerOf(this.#told, (await this.#rowFacts([key])).get(key) ?? 'it is not there');
      if ('found' in payer) break;
    }
    return payer;
  }

  async #learnLoose(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const facts = await this.#rowFacts(keys);
    for (const key of keys) {
      const ofFile = facts.get(key) ?? 'it is not there';
      const answer = partitionOfFile(this.#told, ofFile);
      this.#loose.set(key, answer);
      this.#silent.delete(key);
      if ('found' in answer) this.#partitions.set(partitionName(answer.found), answer.found);
      else if (saysNothing(ofFile)) this.#silent.add(key);
    }
  }

  #placeLoose(key: string): Found<Partition> | undefined {
    const { payer, period } = this.#told;
    if (payer && period) return { found: { payer, period } };
    const [fellow, another] = this.#partitions.values();
    if (fellow && !another && this.#silent.has(key)) return { found: fellow };
    return this.#loose.get(key);
  }
}

/** The folder of a create-new delivery whose export's own folders were not copied: such deliveries never add up. */
function executionFolder(key: string): string {
  return /^(?:.*\/)?billing_period=[^/]*\/[^/]+\/(?=[^/]*$)/is.exec(key)?.[0] ?? '';
}

/** A Parquet file that no layout of AWS's claims. */
function isLoose(key: string): boolean {
  const classified = classifyKey(key);
  if (classified.kind !== 'ignored' || !key.endsWith('.parquet')) return false;
  return classified.reason !== 'status table';
}

function saysNothing(facts: RowFacts | string): boolean {
  return typeof facts === 'string' || (facts.payers.length === 0 && facts.periods.length === 0);
}
