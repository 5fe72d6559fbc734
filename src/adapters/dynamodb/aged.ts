import type { Moment } from '../../base/moment.ts';
import type { Partition } from '../../billing/partition.ts';
import { agedKey, agedPrefix } from './keys.ts';
import { type DynamodbTable, type Item, type ItemKey, textOf } from './table.ts';

/** What may be forgotten once it is old. */
type Aging = 'removed' | 'delivery' | 'awaited';

/** What was noted of something that is old by now. */
interface AgedNote {
  readonly key: ItemKey;
  /** What it was noted under. */
  readonly name: string;
  readonly item: Item;
}

/** So many notes are read at once: a month's deliveries are three a day. */
const PAGE = 100;

/**
 * Notes of what a partition may forget once it is old, in the order of their moments: so that what
 * is old is found without reading what is not. A note is written before what it is about, and means
 * nothing by itself: whoever forgets looks whether that is still so.
 */
export class DynamodbAged {
  readonly #table: DynamodbTable;

  constructor(table: DynamodbTable) {
    this.#table = table;
  }

  async note(
    partition: Partition,
    what: Aging,
    { at, name }: { readonly at: Moment; readonly name: string },
    item: Item = {},
  ): Promise<void> {
    await this.#table.put(agedKey(partition, what, at, name), item);
  }

  /** The oldest of those that were noted by a moment. */
  async notedBy(partition: Partition, what: Aging, by: Moment): Promise<AgedNote[]> {
    const { pk, prefix } = agedPrefix(partition, what);
    const items = await this.#table.query(pk, { prefix, limit: PAGE });
    return items.flatMap((item) => {
      const sk = textOf(item, 'sk');
      const [at = '', name = ''] = split(sk.slice(prefix.length));
      return Number(at) <= by ? { key: { pk, sk }, name, item } : [];
    });
  }

  async drop({ key }: AgedNote): Promise<void> {
    await this.#table.delete(key);
  }
}

/** At the first `#`: names may have others. */
function split(text: string): [string, string] {
  const at = text.indexOf('#');
  return [text.slice(0, at), text.slice(at + 1)];
}
