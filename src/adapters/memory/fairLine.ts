/**
 * A waiting line in which groups take turns: each `take` serves the next group, and within a group
 * whoever came first. One group's backlog so delays the others by one turn, not by its length.
 * Every step is O(1).
 */
export class FairLine<Item> {
  readonly #groups = new Map<string, Line<Item>>();
  readonly #turns = new Line<string>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(group: string, item: Item): void {
    let line = this.#groups.get(group);
    if (line === undefined) {
      line = new Line();
      this.#groups.set(group, line);
      this.#turns.add(group);
    }
    line.add(item);
    this.#size++;
  }

  take(): Item | undefined {
    const group = this.#turns.take();
    if (group === undefined) return undefined;
    const line = this.#groups.get(group);
    const item = line?.take();
    this.#size--;
    if (line === undefined || line.isEmpty) this.#groups.delete(group);
    else this.#turns.add(group);
    return item;
  }
}

/** First in, first out, as a chain: an array's `shift` is O(n). */
class Line<Item> {
  #first: Link<Item> | undefined;
  #last: Link<Item> | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  add(item: Item): void {
    const link: Link<Item> = { item, next: undefined };
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
  }

  take(): Item | undefined {
    const link = this.#first;
    this.#first = link?.next;
    if (this.#first === undefined) this.#last = undefined;
    return link?.item;
  }
}

interface Link<Item> {
  readonly item: Item;
  next: Link<Item> | undefined;
}
