import { createChunks } from '../base/chunks.ts';
import { partitionName } from '../billing/partition.ts';
import { type Publication, WarehouseUnavailable } from '../warehouse/warehouse.ts';
import { withinBudget } from './budget.ts';
import { type Audited, asOf, fail, type PublishedCandidate, rowsOf } from './candidate.ts';
import { throwIfUnanswered } from './probe.ts';
import { endsRun, type FinalizeServices, type FinalizeSettings, type Run } from './services.ts';

/** One transaction stays small: it locks the period's fence. */
const PARTITIONS_PER_PUBLISH = 100;
/**
 * A publish that began late may still end so long after the invocation stops to begin partitions.
 */
const PUBLISH_AFTER_YIELD_SECONDS = 60;

/**
 * Publishes an audited partition and settles it. Answers it, or undefined when the warehouse
 * refused it alone.
 */
type Publish = (candidate: Audited) => Promise<PublishedCandidate | undefined>;

/**
 * Makes the {@link Publish} of a run. One transaction publishes whatever was audited while the one
 * before it ran: they would wait for each other's lock anyway. A chunk that fails is published one
 * by one, and a partition that the warehouse refuses alone, while it answers other questions, has
 * failed by itself.
 */
export function createPublisher(services: FinalizeServices, settings: FinalizeSettings, run: Run): Publish {
  const publishTogether = createChunks<Audited, Refusals>(PARTITIONS_PER_PUBLISH, (candidates) =>
    run.stopwatch.time('publish', () => publishChunk(services, settings, run, candidates)),
  );
  return async (candidate) => {
    const { partition, record } = candidate;
    const refusal = (await publishTogether(candidate)).get(candidate);
    if (refusal !== undefined) {
      const message = `${partitionName(partition)}: it was not published: ${refusal}`;
      await fail(services, settings, run, { record, what: 'registration-failed', message });
      return undefined;
    }
    const published = { ...candidate, publishedEpoch: run.epoch };
    await settle(services, run, published);
    return published;
  };
}

/** Records in the ledger what is visible, and that its changes are worked in. */
export async function settle(services: FinalizeServices, run: Run, candidate: PublishedCandidate): Promise<void> {
  const { partition, record, readAt } = candidate;
  await commitPublished(services, run, candidate);
  await services.ledger.commit(partition, run.epoch, { kind: 'settled', changes: record.changes, readAt });
}

/**
 * A publish has used up its time. Of several partitions it ends the run: those that are published
 * stay so, and the next run goes on. Of one it is that partition's failure.
 */
class PublishLate extends WarehouseUnavailable {}

/** Why the warehouse did not publish some of a chunk's partitions. */
type Refusals = ReadonlyMap<Audited, string>;

async function publishChunk(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  candidates: readonly Audited[],
): Promise<Refusals> {
  try {
    await publishWithinBudget(services, settings, run, candidates.map(publicationOf));
    return new Map();
  } catch (error) {
    const [candidate] = candidates;
    // What is too much for its time is nobody else's trouble, if the warehouse answers meanwhile.
    const isItsOwn = candidates.length === 1 && error instanceof PublishLate;
    if ((endsRun(error) && !isItsOwn) || !candidate) throw error;
    if (candidates.length === 1) {
      await throwIfUnanswered(services, run, candidate.partition.payer, error);
      return new Map([[candidate, error instanceof Error ? error.message : String(error)]]);
    }
    const refusals = new Map<Audited, string>();
    for (const one of candidates) {
      for (const [refused, reason] of await publishChunk(services, settings, run, [one])) refusals.set(refused, reason);
    }
    return refusals;
  }
}

function publishWithinBudget(
  services: FinalizeServices,
  { partitionSeconds }: FinalizeSettings,
  { period, epoch, yieldAt = Number.POSITIVE_INFINITY }: Run,
  publications: readonly Publication[],
): Promise<void> {
  const late = (seconds: number) => new PublishLate(`a publish did not end within ${seconds} s`);
  const left = Math.max(0, (yieldAt - services.now()) / 1000) + PUBLISH_AFTER_YIELD_SECONDS;
  const seconds = partitionSeconds === undefined ? undefined : Math.min(partitionSeconds, left);
  return withinBudget(services, { seconds, late }, (signal) =>
    services.warehouse.publish(period, epoch, publications, signal),
  );
}

function publicationOf({ partition, files, set, costs }: Audited): Publication {
  return { partition, files, asOf: asOf(set.files), deliveryId: set.deliveryId, costs };
}

/** The ledger knows already, unless this run or one that was cut off has published it. */
async function commitPublished(
  { ledger, now, report }: FinalizeServices,
  run: Run,
  candidate: PublishedCandidate,
): Promise<void> {
  const { partition, record, files, set, setId, publishedEpoch } = candidate;
  const { published } = record;
  const isKnown = published?.epoch === publishedEpoch && published.setId === setId;
  if (isKnown && published.deliveryId === set.deliveryId) return;
  const { deliveryId } = set;
  const rows = rowsOf(candidate);
  const is = { setId, files: files.length, rows, epoch: publishedEpoch, at: now(), asOf: asOf(set.files), deliveryId };
  await ledger.commit(partition, run.epoch, { kind: 'published', published: is });
  if (!isKnown) report({ what: 'partition-published', partition, files: files.length, rows, deliveryId });
}
