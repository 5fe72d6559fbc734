/**
 * Something that falls due. The heap keeps its own place in it, so that it can be taken out from
 * the middle.
 */
export interface Due {
  /** Milliseconds since 1970. Must not change while the entry is in a heap. */
  dueEpochMs: number;
  /** Among equals the lower comes first. */
  readonly order: number;
  /** Written by the heap alone; -1 outside. */
  heapIndex: number;
}

/**
 * A binary min-heap by due time: adding and taking out cost O(log n), looking at the earliest O(1).
 * An entry is in one heap at a time.
 */
export class DueHeap<Entry extends Due> {
  readonly #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The entry that falls due first. */
  get earliest(): Entry | undefined {
    return this.#entries[0];
  }

  /** How many entries there are of a kind: looks at each of them. */
  count(isWanted: (entry: Entry) => boolean): number {
    return this.#entries.filter(isWanted).length;
  }

  add(entry: Entry): void {
    this.#rise(entry, this.#entries.length);
  }

  /** Takes out an entry that is in this heap. */
  remove(entry: Entry): void {
    const hole = entry.heapIndex;
    entry.heapIndex = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    const parent = this.#entries[(hole - 1) >> 1];
    if (hole > 0 && parent !== undefined && isBefore(last, parent)) this.#rise(last, hole);
    else this.#sink(last, hole);
  }

  /** Takes out the earliest entry if it is due. */
  takeDue(nowEpochMs: number): Entry | undefined {
    const entry = this.earliest;
    if (entry === undefined || entry.dueEpochMs > nowEpochMs) return undefined;
    this.remove(entry);
    return entry;
  }

  #rise(entry: Entry, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#entries[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.#set(index, parent);
      index = parentIndex;
    }
    this.#set(index, entry);
  }

  #sink(entry: Entry, from: number): void {
    let index = from;
    for (;;) {
      const left = this.#entries[2 * index + 1];
      const right = this.#entries[2 * index + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, entry)) break;
      const childIndex = child.heapIndex;
      this.#set(index, child);
      index = childIndex;
    }
    this.#set(index, entry);
  }

  #set(index: number, entry: Entry): void {
    this.#entries[index] = entry;
    entry.heapIndex = index;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.dueEpochMs === b.dueEpochMs ? a.order < b.order : a.dueEpochMs < b.dueEpochMs;
}
