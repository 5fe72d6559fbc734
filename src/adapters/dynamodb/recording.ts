import { setImmediate } from 'node:timers/promises';
import type { Moment } from '../../base/moment.ts';
import { type Partition, partitionName } from '../../billing/partition.ts';
import type { VersionId } from '../../billing/version.ts';
import type { Recorded } from '../../ledger/ledger.ts';
import { applySighting, sightingOf, tickFor } from '../../ledger/partitionChanges.ts';
import { hasChanges } from '../../ledger/partitionRecord.ts';
import { mergeVersion, type VersionRecord } from '../../ledger/versionRecord.ts';
import { type Intent, mayComplete } from './intents.ts';
import type { Appended, DynamodbPartitionItems } from './partitionItems.ts';
import {
  type DynamodbVersionItems,
  type VersionItem,
  type VersionWrite,
  versionName,
  versionWrite,
} from './versionItems.ts';
import type { DynamodbViews, PartitionView } from './views.ts';

/** What came of a list that has grown; `by` is a version whose message is still at work. */
export interface Grown extends Appended {
  readonly partition: Partition;
  readonly added: number;
  readonly by: VersionId;
  readonly now: Moment;
}

/** One call that records a version, as it waits for its group. */
interface Recording {
  readonly seen: VersionRecord;
  readonly now: Moment;
  /** Whether nothing was known of it when the caller looked: then it need not be read again. */
  readonly isUnknown: boolean;
}

/**
 * A recording after its version was read: what is to be written. Without a write only the intent
 * is.
 */
interface Plan {
  readonly id: VersionId;
  readonly intent: Intent;
  readonly write?: VersionWrite;
}

/**
 * What became of a recording: to be done again where somebody else had written the version
 * meanwhile.
 */
type Outcome =
  | { readonly is: 'recorded'; readonly recorded: Recorded }
  | { readonly is: 'overtaken' }
  | { readonly is: 'failed'; readonly error: unknown };

/** Recordings of one partition that are made together; open until they begin. */
interface Group {
  readonly recordings: Map<VersionId, Recording>;
  readonly outcomes: Promise<ReadonlyMap<VersionId, Outcome>>;
  isOpen: boolean;
}

const MAX_GROUP = 50;
/** Each time, somebody else has recorded the same version; nobody does so this often. */
const TRIES = 20;

/**
 * Records versions, those of one partition that come at the same time together: while a group is
 * under way, the next one gathers. A group reads its versions in one request, appends its intents
 * in one, writes each version's item, and looks at the partition in one, for the tick.
 *
 * Who sends the tick is read from the partition after the item was written, so that of all who
 * record at the same time the last to look sees what all have done. Two cases are left in which the
 * one that it names has looked too early:
 *
 *   - what completes the delivery is the last in the list, and the last to be written was another.
 *     So whoever finds a delivery complete that the own version has resolved, or whose version
 *     somebody else has folded meanwhile, sends it.
 *   - a fold takes the first version that counts for the owner while one before it is about to
 *     count. Then whoever folds becomes the owner (`ownerIsUnsure`).
 */
export class DynamodbRecording {
  readonly #partitions: DynamodbPartitionItems;
  readonly #versions: DynamodbVersionItems;
  readonly #views: DynamodbViews;
  readonly #onGrown: (grown: Grown) => Promise<boolean>;
  /** The last group of each partition, by its name, while it is under way. */
  readonly #groups = new Map<string, Group>();

  constructor(
    {
      partitions,
      versions,
      views,
    }: { partitions: DynamodbPartitionItems; versions: DynamodbVersionItems; views: DynamodbViews },
    onGrown: (grown: Grown) => Promise<boolean>,
  ) {
    this.#partitions = partitions;
    this.#versions = versions;
    this.#views = views;
    this.#onGrown = onGrown;
  }

  async record(recording: Recording): Promise<Recorded> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const outcome = await this.#join(attempt === 1 ? recording : { ...recording, isUnknown: false });
      if (outcome.is === 'recorded') return outcome.recorded;
      if (outcome.is === 'failed') throw outcome.error;
    }
    throw new Error(`version ${recording.seen.id} was changed by others ${TRIES} times in a row`);
  }

  async #join(recording: Recording): Promise<Outcome> {
    const { partition, id } = recording.seen;
    const name = partitionName(partition);
    const last = this.#groups.get(name);
    const hasRoom = last?.isOpen && last.recordings.size < MAX_GROUP && !last.recordings.has(id);
    const group = hasRoom ? last : this.#groupAfter(last, partition);
    this.#groups.set(name, group);
    group.recordings.set(id, recording);
    try {
      const outcome = (await group.outcomes).get(id);
      if (!outcome) throw new Error(`nothing became of the recording of version ${id}`);
      return outcome;
    } finally {
      if (this.#groups.get(name) === group) this.#groups.delete(name);
    }
  }

  #groupAfter(last: Group | undefined, partition: Partition): Group {
    const recordings = new Map<VersionId, Recording>();
    const previous = last?.outcomes.catch(() => undefined) ?? Promise.resolve();
    const group: Group = {
      recordings,
      isOpen: true,
      outcomes: previous.then(async () => {
        // Whatever comes in the same turn goes along.
        await setImmediate();
        group.isOpen = false;
        return this.#recordGroup(partition, [...recordings.values()]);
      }),
    };
    return group;
  }

  async #recordGroup(partition: Partition, recordings: readonly Recording[]): Promise<ReadonlyMap<VersionId, Outcome>> {
    const toRead = recordings.filter(({ isUnknown }) => !isUnknown);
    const known = await this.#versions.find(toRead.map(({ seen: { id } }) => ({ partition, id })));
    const merged = recordings.map((recording) =>
      mergedWith(known.get(versionName({ partition, id: recording.seen.id })), recording),
    );
    const outcomes = new Map<VersionId, Outcome>();
    const plans = merged.filter(({ isNew }) => isNew).map(planOf);
    const repeated = merged.filter(({ isNew }) => !isNew);
    if (repeated.length > 0) {
      const view = await this.#viewFor(partition, repeated);
      for (const one of repeated) {
        if (isAwaited(view, one)) plans.push(planOf(one));
        else outcomes.set(one.record.id, unchanged(view, one.record.id));
      }
    }
    if (plans.length > 0) await this.#carryOut(partition, plans, outcomes);
    return outcomes;
  }

  /** With what others record, where it matters to a version that is recorded again. */
  async #viewFor(partition: Partition, repeated: readonly Merged[]): Promise<PartitionView> {
    const items = await this.#partitions.read(partition);
    const isNamed = repeated.some(({ record }) => items.base.delivery?.awaited.includes(record.id));
    return isNamed || isUndecided(items) ? this.#views.complete(items) : this.#views.glance(items);
  }

  async #carryOut(partition: Partition, plans: readonly Plan[], outcomes: Map<VersionId, Outcome>): Promise<void> {
    const appended = await this.#partitions.append(
      partition,
      plans.map(({ intent }) => intent),
    );
    const written = await Promise.allSettled(plans.map(({ write }) => (write ? this.#versions.write(write) : true)));
    for (const [index, { id, intent, write }] of plans.entries()) {
      const is = written[index];
      if (is?.status === 'rejected') outcomes.set(id, { is: 'failed', error: is.reason });
      else if (is?.value !== true) outcomes.set(id, { is: 'overtaken' });
      else if (write) this.#views.remember(partition, intent, write.record.source);
    }
    const items = await this.#partitions.read(partition);
    const view = isUndecided(items) ? await this.#views.complete(items) : this.#views.glance(items);
    const recorded = plans.filter(({ id }) => !outcomes.has(id));
    const numbers = new Map(plans.map(({ id }, index) => [id, appended.first + index]));
    const ticks = ticksAfter(
      view,
      recorded.map(({ id }) => ({ id, number: numbers.get(id) ?? 0 })),
    );
    for (const [id, tick] of ticks) {
      outcomes.set(id, { is: 'recorded', recorded: { partition: view.record, isNew: true, tick } });
    }
    const last = recorded.at(-1);
    if (!last) return;
    const grown = { ...appended, partition, added: plans.length, by: last.id, now: last.intent.at };
    const becameOwner = await this.#onGrown(grown);
    if (becameOwner && ticks.get(last.id) === 'none') {
      outcomes.set(last.id, { is: 'recorded', recorded: { partition: view.record, isNew: true, tick: 'quiet' } });
    }
  }
}

/** A recording with what was known merged in. */
interface Merged {
  readonly known: VersionItem | undefined;
  readonly record: VersionRecord;
  readonly isNew: boolean;
  readonly awaitsManifest: boolean;
  readonly at: Moment;
}

function mergedWith(known: VersionItem | undefined, { seen, now }: Recording): Merged {
  const { record, isNew } = mergeVersion(known?.record, seen);
  return { known, record, isNew, awaitsManifest: seen.awaitsManifest, at: now };
}

function planOf({ known, record, isNew, awaitsManifest, at }: Merged): Plan {
  const { source, ...sighting } = sightingOf(record, { isNew, awaitsManifest, at });
  const write = isNew ? versionWrite(record, known) : undefined;
  const mark = write?.mark ?? known?.marks.at(-1) ?? '';
  const intent = { ...sighting, mark, lastModified: source.lastModified };
  return { id: record.id, intent, ...(write && { write }) };
}

/**
 * Whether a delivery waits for it that was recorded since: then it counts, though nothing about it
 * is new.
 */
function isAwaited({ record }: PartitionView, repeated: Merged): boolean {
  return applySighting(record, sightingOf(repeated.record, repeated)) !== record;
}

function unchanged({ record }: PartitionView, id: VersionId): Outcome {
  return { is: 'recorded', recorded: { partition: record, isNew: false, tick: tickFor(record, id) } };
}

/** Whether the tick may depend on what others record at this moment. */
function isUndecided({ base, intents }: PartitionView['items']): boolean {
  return !hasChanges(base) || mayComplete(base, intents);
}

/** An intent whose version was just written. */
interface Written {
  readonly id: VersionId;
  readonly number: number;
}

/**
 * The ticks that versions have to send whose items were just written, all of them before the view
 * was read. Where a delivery is complete with them, one of them says so, be it the one that the
 * record names or not.
 */
function ticksAfter(view: PartitionView, written: readonly Written[]): Map<VersionId, Recorded['tick']> {
  const ticks = new Map(written.map(({ id }) => [id, tickFor(view.record, id)]));
  if ([...ticks.values()].includes('now')) return ticks;
  const last = written.findLast((one) => mayBeLastToComplete(view, one));
  if (last) ticks.set(last.id, 'now');
  return ticks;
}

function mayBeLastToComplete({ record, items, resolvers }: PartitionView, { id, number }: Written): boolean {
  const { delivery, published } = record;
  if (!hasChanges(record) || delivery?.awaited.length !== 0 || delivery.id === published?.deliveryId) return false;
  const wasFolded = number < items.folded && !items.intents.some((intent) => intent.id === id);
  return wasFolded || (resolvers.has(id) && (items.base.delivery?.awaited.length ?? 0) > 0);
}
