import { type Partition, partitionName } from '../../billing/partition.ts';
import type { Period } from '../../billing/period.ts';
import type { SourceVersion } from '../../billing/version.ts';
import type { PartitionRecord } from '../../ledger/partitionRecord.ts';
import { type CountedSource, type Intent, intentName, type WorkedIn, workIn } from './intents.ts';
import type { DynamodbPartitionItems, PartitionItems } from './partitionItems.ts';
import { type DynamodbVersionItems, versionName } from './versionItems.ts';

/** A partition as its items show it: the record with the intents that count worked in. */
export interface PartitionView extends WorkedIn {
  readonly items: PartitionItems;
  /** Whether anything of it was ever recorded. */
  readonly isKnown: boolean;
}

type NamedIntent = Pick<Intent, 'id' | 'mark' | 'isNew'>;
type ObjectPlace = Pick<SourceVersion, 'bucket' | 'key'>;

/** Once an intent counts it does for ever: so many are remembered. */
const MAX_REMEMBERED = 5000;

/**
 * Reads partitions: the record and the list first, then the version items of the intents that are
 * not in the record. Hence whoever reads a record and then the versions sees every version that the
 * record has counted, and whoever sees a version finds it counted in every record read later.
 */
export class DynamodbViews {
  readonly #partitions: DynamodbPartitionItems;
  readonly #versions: DynamodbVersionItems;
  /** Where the versions of intents lie that are known to count, by partition and intent. */
  readonly #counted = new Map<string, ObjectPlace>();

  constructor(partitions: DynamodbPartitionItems, versions: DynamodbVersionItems) {
    this.#partitions = partitions;
    this.#versions = versions;
  }

  async read(partition: Partition): Promise<PartitionView> {
    return this.complete(await this.#partitions.read(partition));
  }

  /** Of a period, those of which anything was recorded. */
  async list(period: Period): Promise<PartitionView[]> {
    const views = await this.#complete(await this.#partitions.list(period));
    return views.filter(({ isKnown }) => isKnown);
  }

  /** Finds out which of the intents count. */
  async complete(items: PartitionItems): Promise<PartitionView> {
    const [view] = await this.#complete([items]);
    return view ?? this.glance(items);
  }

  /** The same without a request: what others record at this moment may be missing. */
  glance(items: PartitionItems): PartitionView {
    return viewOf(items, (intent) => this.#counted.get(nameIn(items.partition, intent)));
  }

  /** Notes that an intent counts from now on. */
  remember(partition: Partition, intent: NamedIntent, { bucket, key }: ObjectPlace): void {
    this.#counted.set(nameIn(partition, intent), { bucket, key });
    const [oldest] = this.#counted.keys();
    if (this.#counted.size > MAX_REMEMBERED && oldest !== undefined) this.#counted.delete(oldest);
  }

  async #complete(all: readonly PartitionItems[]): Promise<PartitionView[]> {
    const places = new Map<string, ObjectPlace>();
    const unknown: { readonly partition: Partition; readonly intent: Intent }[] = [];
    for (const { partition, intents } of all) {
      for (const intent of intents) {
        const place = this.#counted.get(nameIn(partition, intent));
        if (place) places.set(nameIn(partition, intent), place);
        else unknown.push({ partition, intent });
      }
    }
    const versions = await this.#versions.find(unknown.map(({ partition, intent: { id } }) => ({ partition, id })));
    for (const { partition, intent } of unknown) {
      const version = versions.get(versionName({ partition, id: intent.id }));
      if (!version?.marks.includes(intent.mark)) continue;
      places.set(nameIn(partition, intent), version.record.source);
      this.remember(partition, intent, version.record.source);
    }
    return all.map((items) => viewOf(items, (intent) => places.get(nameIn(items.partition, intent))));
  }
}

/** The partition's record; undefined where nothing was ever recorded of it. */
export function recordOf({ isKnown, record }: PartitionView): PartitionRecord | undefined {
  return isKnown ? record : undefined;
}

function viewOf(items: PartitionItems, sourceOf: CountedSource): PartitionView {
  const worked = workIn(items.base, items.intents, sourceOf);
  return { ...worked, items, isKnown: items.stored !== undefined || worked.counted > 0 };
}

function nameIn(partition: Partition, intent: NamedIntent): string {
  return `${partitionName(partition)} ${intentName(intent)}`;
}
