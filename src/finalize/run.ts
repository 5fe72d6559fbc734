import { counted } from '../base/counted.ts';
import { type Partition, partitionName } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import { setOfDelivery, setWithoutManifest } from '../ledger/currentSet.ts';
import { changesAreDue, type Decision } from '../ledger/decide.ts';
import { versionsOfDelivery } from '../ledger/deliveryVersions.ts';
import { type PartitionRecord, setIdOf } from '../ledger/partitionRecord.ts';
import { copyRequest } from '../queue/copyMessage.ts';
import { type PublishedSet, WarehouseUnavailable } from '../warehouse/warehouse.ts';
import { analysePublished } from './analysePublished.ts';
import { withinBudget } from './budget.ts';
import { type Candidate, type Publishable, renewLease } from './candidate.ts';
import { createPublisher, settle } from './publisher.ts';
import { clearAway, forgetReplaced } from './removeSuperseded.ts';
import { type FinalizeServices, type FinalizeSettings, hasTimeFor, type Run } from './services.ts';
import { sliceOf } from './slices.ts';
import { createUnregister } from './unregister.ts';
import { audit } from './verify.ts';
import { workOrder } from './workOrder.ts';
import { workThrough } from './workThrough.ts';

/** What was decided for a period that is to be run. */
type Due = Extract<Decision, { act: 'run' }>;

/**
 * What readers see is read for so many payers in one statement, just before the first of them is
 * worked on.
 */
const PAYERS_PER_LOOK = 50;

/**
 * Finalizes what is due of a period, as far as there is time: each partition is registered,
 * audited, published and settled by itself, several at a time; then the analytics, over whatever
 * was published since they ran last; then superseded files are removed. What there is no time for
 * stays due, and the next tick goes on with it.
 *
 * Every step asks for the state it needs and not for what an earlier run did: what is published is
 * read from the warehouse, and analytics are due when they ran before the publish. So a run that
 * was cut off anywhere is simply done again. Each change is made under the run's epoch; a run that
 * a newer one has overtaken throws LeaseLost or FencedOff there. One partition's trouble, and its
 * slowness, is recorded in its own record, and does not stop the others.
 */
export async function runFinalization(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  due: Due,
): Promise<void> {
  const { report } = services;
  const { period, epoch, stopwatch } = run;
  const partitions = new Set([...due.publish, ...due.analyse]).size;
  report({ what: 'run-started', period, epoch, partitions });
  try {
    await raiseFence(services, settings, run);
    const published = await publishDue(services, settings, run, due.publish);
    const analysed = await stopwatch.time('analyse', () => analysePublished(services, settings, run));
    const payers = new Set([...published, ...analysed]);
    await stopwatch.time('clear', () => clearAway(services, settings, run, [...payers]));
  } finally {
    for (const [step, seconds] of stopwatch.seconds()) report({ what: 'step-timed', period, step, seconds });
  }
}

function raiseFence(
  services: FinalizeServices,
  { partitionSeconds }: FinalizeSettings,
  { period, epoch }: Run,
): Promise<void> {
  const late = (seconds: number) => new WarehouseUnavailable(`the fence was not raised within ${seconds} s`);
  return withinBudget(services, { seconds: partitionSeconds, late }, (signal) =>
    services.warehouse.raiseFence(period, epoch, signal),
  );
}

/**
 * Publishes what is due, in the order of its due times, as far as there is time. Answers whose
 * months are visible now.
 */
async function publishDue(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  records: readonly PartitionRecord[],
): Promise<readonly Payer[]> {
  const { statementsAtOnce } = settings;
  const ordered = workOrder(records, settings, statementsAtOnce);
  const visibleTo = lookInChunks(services, settings, run, ordered);
  const publish = createPublisher(services, settings, run);
  const unregister = createUnregister(services, run);
  const visible: Payer[] = [];
  const mayBegin = (record: PartitionRecord) => hasTimeFor(sliceOf(record, settings) ?? 0, services, run);
  const pace = { atOnce: statementsAtOnce, mayBegin };
  await workThrough(ordered, pace, async ({ partition }, signal) => {
    const candidate = await run.stopwatch.time('read', () => formSet(services, settings, run, partition));
    if (!candidate) return undefined;
    const seen = (await visibleTo(partition.payer)).get(partition.payer);
    if (seen && setIdOf(seen.stagedKeys) === candidate.setId) {
      return async () => {
        await settle(services, run, { ...candidate, publishedEpoch: seen.epoch });
        visible.push(partition.payer);
      };
    }
    await renewLease(services, settings, run);
    const audited = await audit(services, settings, { run, signal }, candidate);
    if (!audited) return undefined;
    return async () => {
      if (!(await publish(audited))) return;
      visible.push(partition.payer);
      const shown = new Set(candidate.files.map(({ stagedKey }) => stagedKey));
      const replaced = seen?.stagedKeys.filter((stagedKey) => !shown.has(stagedKey)) ?? [];
      await forgetReplaced({ services, run, unregister }, partition, replaced);
    };
  });
  return visible;
}

/**
 * What readers see of a payer's month, and of those that follow in the order: nobody but this run
 * changes it while its fence stands.
 */
function lookInChunks(
  services: FinalizeServices,
  { partitionSeconds }: FinalizeSettings,
  { period }: Run,
  ordered: readonly PartitionRecord[],
): (payer: Payer) => Promise<ReadonlyMap<Payer, PublishedSet>> {
  const payers = ordered.map(({ partition }) => partition.payer);
  const chunkOf = new Map(payers.map((payer, index) => [payer, Math.floor(index / PAYERS_PER_LOOK)]));
  const looks = new Map<number, Promise<ReadonlyMap<Payer, PublishedSet>>>();
  const late = (seconds: number) => new WarehouseUnavailable(`what readers see was not read within ${seconds} s`);
  return (payer) => {
    const chunk = chunkOf.get(payer) ?? 0;
    const asked = payers.slice(chunk * PAYERS_PER_LOOK, (chunk + 1) * PAYERS_PER_LOOK);
    const look =
      looks.get(chunk) ??
      withinBudget(services, { seconds: partitionSeconds, late }, (signal) =>
        services.warehouse.published(period, asked, signal),
      );
    looks.set(chunk, look);
    return look;
  };
}

/**
 * The current set of a partition; undefined when it cannot be formed, and is held, or when it is
 * not due any more.
 */
async function formSet(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  partition: Partition,
): Promise<Publishable | undefined> {
  // Others were worked on since the period was read.
  const record = await services.ledger.partition(partition);
  if (!record || !changesAreDue(record, services.now(), settings)) return undefined;
  const candidate = await readCandidate(services, record);
  const publishable = await withFiles(services, candidate);
  if (!publishable) await hold(services, run, candidate);
  return publishable;
}

/**
 * Reads the partition's versions after its record: a change in between is settled by a later run,
 * never lost.
 */
async function readCandidate({ ledger, now }: FinalizeServices, record: PartitionRecord): Promise<Candidate> {
  const { partition, completeDelivery } = record;
  const readAt = now();
  const base = { record, partition, readAt };
  if (completeDelivery) {
    const delivery = await ledger.delivery(partition, completeDelivery.id);
    if (!delivery) throw new Error(`${partitionName(partition)}: the ledger has no delivery ${completeDelivery.id}`);
    return { ...base, set: setOfDelivery(delivery, await versionsOfDelivery(ledger, delivery)) };
  }
  if (record.delivery) {
    const { executionId, awaited, files } = record.delivery;
    const reason = `delivery ${executionId} waits for ${awaited.length} of ${counted(files, 'file')}`;
    return { ...base, set: { is: 'held', reason, removed: [] } };
  }
  return { ...base, set: setWithoutManifest(await ledger.versions(partition), record.report) };
}

async function withFiles({ ledger }: FinalizeServices, candidate: Candidate): Promise<Publishable | undefined> {
  const { set } = candidate;
  if (set.is !== 'set') return undefined;
  const schemas = await ledger.schemas(set.files.map(({ outcome }) => outcome.schemaId));
  const files = set.files.map(({ outcome, source }) => ({
    stagedKey: outcome.stagedKey,
    rows: outcome.rows,
    sizeBytes: source.sizeBytes,
    columns: schemas.get(outcome.schemaId) ?? [],
    sourceKey: source.key,
  }));
  return { ...candidate, set, files, setId: setIdOf(files.map(({ stagedKey }) => stagedKey)) };
}

/** What is visible stays; a new version or delivery makes the partition dirty again. */
async function hold(
  { ledger, copyQueue, report }: FinalizeServices,
  run: Run,
  { partition, record, readAt, set }: Candidate,
): Promise<void> {
  if (set.is !== 'held') return;
  if (set.removed.length > 0) {
    const messages = set.removed.map(({ source: { bucket, key, etag } }) => ({
      body: copyRequest('copy', { bucket, key, etag }, run.correlationId),
      group: partition.payer,
    }));
    await copyQueue.send(messages);
  }
  const { changes } = record;
  await ledger.commit(partition, run.epoch, { kind: 'settled', changes, readAt, held: set.reason });
  report({ what: 'partition-held', partition, reason: set.reason });
}
