import { executionTime } from '../../billing/executionTime.ts';
import { classifyKey } from '../../billing/layout.ts';
import { type Partition, partitionName } from '../../billing/partition.ts';
import type { FileFacts } from './fileFacts.ts';
import { type Found, partitionOfFile, type Stated } from './fileOwner.ts';
import { findDoubles, folderOf, type LooseUnit, unitsOfKeys } from './looseRefreshes.ts';
import type { RowSketch } from './rowSketch.ts';

/** How loose files are looked at. Keys are of the person's folder. */
export interface LooseReading {
  readonly facts: (keys: readonly string[]) => Promise<ReadonlyMap<string, FileFacts>>;
  /** One sketch of several files, which have these columns in common. */
  readonly sketch: (keys: readonly string[], columns: readonly string[]) => Promise<RowSketch>;
  /** Names a file's bytes: equal for equal contents only. */
  readonly contentOf: (key: string) => Promise<string>;
  /** The name of the delivery that a manifest names; undefined for what is no manifest. */
  readonly deliveryOf: (key: string) => Promise<string | undefined>;
}

/**
 * The Parquet files of a person's folder that lie in none of AWS's layouts: payer and month are
 * what the person says, else what the rows say, if they agree. A file that cannot be read goes with
 * the others when these are all of one partition: there it is quarantined. Files of one partition
 * that hold the same rows are never added up.
 */
export class LooseFiles {
  readonly #stated: Stated;
  readonly #reading: LooseReading;
  readonly #facts = new Map<string, FileFacts>();
  readonly #places = new Map<string, Found<Partition>>();
  /**
   * Files that an earlier run has placed: they stay where they are while nothing better is known.
   */
  readonly #remembered = new Set<string>();
  readonly #sketches = new Map<string, RowSketch>();
  /** Manifests outside of AWS's layouts, and the delivery that each names. */
  readonly #manifests = new Map<string, string>();
  readonly #leftOut = new Map<string, string>();
  readonly #unclear = new Map<string, string>();

  constructor(stated: Stated, reading: LooseReading) {
    this.#stated = stated;
    this.#reading = reading;
  }

  /** Looks at keys that are new, or new again: another content may be another month's. */
  async learn(keys: readonly string[]): Promise<void> {
    for (const key of keys.filter(isLooseManifest)) {
      const delivery = await this.#reading.deliveryOf(key);
      if (delivery !== undefined) this.#manifests.set(key, delivery);
    }
    const files = keys.filter(isLoose);
    if (files.length === 0) return;
    await this.#read(files);
    const touched = new Map<string, Partition>();
    for (const key of files) {
      const answer = partitionOfFile(this.#stated, this.#facts.get(key) ?? GONE);
      this.#places.set(key, answer);
      this.#remembered.delete(key);
      if ('found' in answer) touched.set(partitionName(answer.found), answer.found);
    }
    for (const name of touched.keys()) await this.#findDoubles(name);
  }

  /**
   * Takes a file for what an earlier run made of the same content, unless the person says otherwise
   * now.
   */
  remember(key: string, partition: Partition): boolean {
    const { payer = partition.payer, period = partition.period } = this.#stated;
    if (!isLoose(key) || payer !== partition.payer || period !== partition.period) return false;
    this.#places.set(key, { found: partition });
    this.#remembered.add(key);
    return true;
  }

  /** Where a file belongs, or why nowhere; undefined for what was never looked at. */
  place(key: string): Found<Partition> | undefined {
    const reason = this.#leftOut.get(key) ?? this.#unclear.get(key);
    if (reason !== undefined) return { reason };
    const facts = this.#facts.get(key);
    if (facts?.is === 'not-bill') return { reason: facts.reason };
    const isSilent = facts?.is === 'unreadable' || facts?.is === 'empty';
    return (isSilent && this.#onlyPartition()) || this.#places.get(key);
  }

  /**
   * Files that are known not to count, by key, with the reason: nothing of a bill is missing
   * without them.
   */
  get leftOut(): ReadonlyMap<string, string> {
    const foreign = [...this.#facts].flatMap(([key, facts]) =>
      facts.is === 'not-bill' ? [[key, facts.reason] as const] : [],
    );
    return new Map([...this.#leftOut, ...foreign]);
  }

  /** Files that have a place, with their partitions. */
  get placed(): readonly (readonly [key: string, partition: Partition])[] {
    return [...this.#places.keys()].flatMap((key) => {
      const answer = this.place(key);
      return answer && 'found' in answer ? [[key, answer.found] as const] : [];
    });
  }

  /** Files that might belong to a bill and were not placed, by key, with the reason. */
  get unplaced(): ReadonlyMap<string, string> {
    const answers = [...this.#places.keys()].flatMap((key) => {
      const answer = this.place(key);
      const isKnown = this.#leftOut.has(key) || ['not-bill', 'empty'].includes(this.#facts.get(key)?.is ?? '');
      return answer && 'reason' in answer && !isKnown ? [[key, answer.reason] as const] : [];
    });
    return new Map(answers);
  }

  async #read(keys: readonly string[]): Promise<void> {
    for (const [key, facts] of await this.#reading.facts(keys)) this.#facts.set(key, facts);
    const read = new Set(keys);
    for (const name of this.#sketches.keys()) {
      if (name.split('\0').some((key) => read.has(key))) this.#sketches.delete(name);
    }
  }

  /**
   * The partition of all that is placed, if it is one. A file that says nothing is, if anything, a
   * part of it.
   */
  #onlyPartition(): Found<Partition> | undefined {
    const found = [...this.#places].flatMap(([key, place]) =>
      'found' in place && !this.#isSilent(key) ? [place.found] : [],
    );
    const names = new Set(found.map(partitionName));
    const [first] = found;
    return first && names.size === 1 ? { found: first } : undefined;
  }

  #isSilent(key: string): boolean {
    const facts = this.#facts.get(key);
    return facts !== undefined && facts.is !== 'report';
  }

  async #findDoubles(name: string): Promise<void> {
    const keys = [...this.#places].flatMap(([key, place]) =>
      'found' in place && partitionName(place.found) === name ? [key] : [],
    );
    for (const key of keys) for (const answers of [this.#leftOut, this.#unclear]) answers.delete(key);
    if (keys.length < 2) return;
    const unread = keys.filter((key) => !this.#facts.has(key));
    if (unread.length > 0) await this.#read(unread);
    // Executions have folders that say which is the newest: staging goes by them, also where
    // contents come back.
    const plain = keys.filter((key) => this.#facts.get(key)?.is === 'report' && executionFolder(key) === '');
    const units: LooseUnit[] = [];
    for (const unit of unitsOfKeys(await this.#withoutCopies(plain))) units.push(await this.#unitOf(unit));
    const { leftOut, unclear } = findDoubles(units);
    for (const [key, reason] of leftOut) this.#leftOut.set(key, reason);
    for (const [key, reason] of unclear) if (!this.#remembered.has(key)) this.#unclear.set(key, reason);
  }

  /**
   * Leaves out all but one of files with the same bytes: the one with the shortest name stays. One
   * that was renamed while somebody watches is gone by now under its old name.
   */
  async #withoutCopies(keys: readonly string[]): Promise<readonly string[]> {
    const bySize = Map.groupBy(keys, (key) => sizeOf(this.#facts.get(key)));
    const kept: string[] = [];
    for (const like of bySize.values()) {
      const first = new Map<string, string>();
      for (const key of like.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))) {
        const content = like.length === 1 ? key : await this.#reading.contentOf(key).catch(() => undefined);
        const original = content === undefined ? undefined : first.get(content);
        if (content === undefined) this.#leftOut.set(key, 'it cannot be read any more');
        else if (original !== undefined) this.#leftOut.set(key, `the same content as ${original}`);
        else kept.push(key);
        if (content !== undefined && original === undefined) first.set(content, key);
      }
    }
    return kept;
  }

  async #unitOf(keys: readonly string[]): Promise<LooseUnit> {
    const name = keys.join('\0');
    const columns = keys.map((key) => columnsOf(this.#facts.get(key)));
    const [first = [], ...others] = columns;
    const common = first.filter((column) => others.every((names) => names.includes(column)));
    const sketch = this.#sketches.get(name) ?? (await this.#reading.sketch(keys, common).catch(() => NOTHING_SEEN));
    this.#sketches.set(name, sketch);
    const folder = folderOf(keys[0] ?? '');
    const own = folder.slice(folder.lastIndexOf('/', folder.length - 2) + 1, -1);
    const isCurrent = [...this.#manifests].some(([key, delivery]) => delivery === own && folderOf(key) !== folder);
    return { keys, sketch, isCurrent };
  }
}

/** Of files that cannot be read as a whole, or are gone by now: their audit fails, and says why. */
const NOTHING_SEEN: RowSketch = {
  identities: { hashes: [], isWhole: true },
  rows: { hashes: [], isWhole: true },
  until: null,
};

const GONE: FileFacts = { is: 'unreadable', reason: 'it is not there any more' };

/**
 * The folder of a create-new delivery whose export's own folders were not copied: such deliveries
 * never add up.
 */
export function executionFolder(key: string): string {
  const folder = folderOf(key);
  const isInPeriod = /(?:^|\/)billing_period=[^/]*\/[^/]+\/$/is.test(folder);
  return isInPeriod || executionTime(key) !== undefined ? folder : '';
}

/** A Parquet file that no layout of AWS's claims. */
export function isLoose(key: string): boolean {
  const classified = classifyKey(key);
  if (classified.kind !== 'ignored' || !key.endsWith('.parquet')) return false;
  return classified.reason !== 'status table' && classified.reason !== 'macOS metadata';
}

function isLooseManifest(key: string): boolean {
  return key.endsWith('-Manifest.json') && classifyKey(key).kind === 'ignored';
}

function sizeOf(facts: FileFacts | undefined): number {
  return facts?.is === 'report' ? facts.sizeBytes : 0;
}

function columnsOf(facts: FileFacts | undefined): readonly string[] {
  return facts?.is === 'report' ? facts.columns : [];
}
