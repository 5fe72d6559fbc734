import { objectCreatedEvent } from '../billing/objectCreated.ts';
import { type Partition, partitionName } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import type { VersionRecord } from '../ledger/ledger.ts';
import { type PartitionRecord, type Problem, setIdOf } from '../ledger/partitionRecord.ts';
import { AnalyticsFailed, type StagedFile, type Warehouse } from '../warehouse/warehouse.ts';
import { auditProblem, registrationProblem } from './auditing.ts';
import { type CurrentSet, type StagedVersion, setOfDelivery, setWithoutManifest } from './currentSet.ts';
import { type Finalizing, isOvertaken, type Run } from './finalizing.ts';
import { removeSuperseded } from './removeSuperseded.ts';

/** A due partition as this run found it, and what to do with it. */
interface Candidate {
  readonly record: PartitionRecord;
  readonly partition: Partition;
  readonly readAt: number;
  readonly versions: readonly VersionRecord[];
  readonly set: CurrentSet;
}

interface Publishable extends Candidate {
  readonly set: Extract<CurrentSet, { is: 'set' }>;
  readonly files: readonly StagedFile[];
  readonly setId: string;
}

/** `publishedEpoch` is that of the run that published the set: this one, or an earlier one. */
interface PublishedCandidate extends Publishable {
  readonly publishedEpoch: number;
}

/**
 * Finalizes the due partitions of a period: form the current set, register, audit, publish, analyse, settle, clear away.
 *
 * Every step asks for the state it needs and not for what an earlier run did: what is published is read from the
 * warehouse, and analytics are due when they ran before the publish. So a run that was cut off anywhere is simply done again.
 * Each change is made under the run's epoch; a run that a newer one has overtaken throws LeaseLost or FencedOff there.
 * One partition's trouble is recorded in its own record, and does not stop the others.
 */
export async function runFinalization(
  finalizing: Finalizing,
  run: Run,
  records: readonly PartitionRecord[],
): Promise<void> {
  const { warehouse, report } = finalizing;
  report({ what: 'run-started', period: run.period, epoch: run.epoch, partitions: records.length });
  await warehouse.raiseFence(run.period, run.epoch);
  const publishables: Publishable[] = [];
  for (const record of records) {
    const candidate = await lookAt(finalizing, record);
    const publishable = await withFiles(finalizing, candidate);
    if (publishable) publishables.push(publishable);
    else await hold(finalizing, run, candidate);
  }
  const published = await publish(finalizing, run, publishables);
  const analysed = await analyse(finalizing, run, published);
  for (const candidate of analysed) {
    const { partition, record, readAt } = candidate;
    await finalizing.ledger.commit(partition, run.epoch, { kind: 'settled', changes: record.changes, readAt });
  }
  for (const { partition } of analysed) await removeSuperseded(finalizing, run, partition);
}

/** Reads the partition's versions after its record: a change in between is settled by a later run, never lost. */
async function lookAt({ ledger, now }: Finalizing, record: PartitionRecord): Promise<Candidate> {
  const { partition, completeDelivery } = record;
  const readAt = now();
  const versions = await ledger.versions(partition);
  const base = { record, partition, readAt, versions };
  if (completeDelivery) {
    const delivery = await ledger.delivery(partition, completeDelivery.id);
    if (!delivery) throw new Error(`${partitionName(partition)}: the ledger has no delivery ${completeDelivery.id}`);
    return { ...base, set: setOfDelivery(delivery, versions) };
  }
  if (record.delivery) {
    const { executionId, pending, files } = record.delivery;
    const reason = `delivery ${executionId} waits for ${pending.length} of ${files} files`;
    return { ...base, set: { is: 'held', reason, removed: [] } };
  }
  return { ...base, set: setWithoutManifest(versions) };
}

async function withFiles({ ledger }: Finalizing, candidate: Candidate): Promise<Publishable | undefined> {
  const { set } = candidate;
  if (set.is !== 'set') return undefined;
  const schemas = await ledger.schemas(set.files.map(({ outcome }) => outcome.schemaId));
  const files = set.files.map(({ outcome, source }) => ({
    stagedKey: outcome.stagedKey,
    rows: outcome.rows,
    sizeBytes: source.sizeBytes,
    columns: schemas.get(outcome.schemaId) ?? [],
  }));
  return { ...candidate, set, files, setId: setIdOf(files.map(({ stagedKey }) => stagedKey)) };
}

/** What is visible stays; a new version or delivery makes the partition dirty again. */
async function hold(finalizing: Finalizing, run: Run, { partition, record, readAt, set }: Candidate): Promise<void> {
  if (set.is !== 'held') return;
  const { ledger, copyQueue, report } = finalizing;
  if (set.removed.length > 0) {
    const messages = set.removed.map(({ source: { bucket, key, etag } }) => ({
      body: objectCreatedEvent('cur-reactor', { bucket, key, etag, reason: 'removed' }),
      group: partition.payer,
    }));
    await copyQueue.send(messages);
  }
  const { changes } = record;
  await ledger.commit(partition, run.epoch, { kind: 'settled', changes, readAt, held: set.reason });
  report({ what: 'partition-held', partition, reason: set.reason });
}

/** Registers, audits and publishes what readers do not see yet. Answers the partitions whose current set is visible now. */
async function publish(
  finalizing: Finalizing,
  run: Run,
  candidates: readonly Publishable[],
): Promise<readonly PublishedCandidate[]> {
  const { warehouse } = finalizing;
  const payers = candidates.map(({ partition }) => partition.payer);
  if (payers.length === 0) return [];
  const sets = await warehouse.published(run.period, payers);
  const visible: PublishedCandidate[] = [];
  const verified: PublishedCandidate[] = [];
  for (const candidate of candidates) {
    const seen = sets.get(candidate.partition.payer);
    if (seen && setIdOf(seen.stagedKeys) === candidate.setId) {
      visible.push({ ...candidate, publishedEpoch: seen.epoch });
      continue;
    }
    await renewLease(finalizing, run);
    if (await verify(finalizing, run, candidate)) verified.push({ ...candidate, publishedEpoch: run.epoch });
  }
  if (verified.length > 0) await warehouse.publish(run.period, run.epoch, verified.map(publicationOf));
  for (const candidate of visible) await commitPublished(finalizing, run, candidate);
  for (const candidate of verified) await commitPublished(finalizing, run, candidate);
  return [...visible, ...verified];
}

async function verify(finalizing: Finalizing, run: Run, candidate: Publishable): Promise<boolean> {
  const problem = await findProblem(finalizing.warehouse, candidate);
  if (problem) await fail(finalizing, run, candidate, problem.what, problem.message);
  return !problem;
}

/** Why these files must not be published. Whatever the warehouse throws here is this partition's trouble alone. */
async function findProblem(
  warehouse: Warehouse,
  { partition, files }: Publishable,
): Promise<Pick<Problem, 'what' | 'message'> | undefined> {
  try {
    const unregistered = registrationProblem(partition, await warehouse.register(partition, files));
    if (unregistered) return { what: 'registration-failed', message: unregistered };
    const mismatch = auditProblem(partition, files, await warehouse.audit(partition, files));
    return mismatch ? { what: 'verification-failed', message: mismatch } : undefined;
  } catch (error) {
    if (isOvertaken(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { what: 'registration-failed', message: `${partitionName(partition)}: ${reason}` };
  }
}

function publicationOf({ partition, files, set }: Publishable) {
  const delivery = set.deliveryId === undefined ? {} : { deliveryId: set.deliveryId };
  return { partition, files, asOf: asOf(set.files), ...delivery };
}

/** Tells the ledger what is visible; it knows already, unless this run or one that was cut off has published it. */
async function commitPublished(
  { ledger, now, report }: Finalizing,
  run: Run,
  { partition, record, files, set, setId, publishedEpoch }: PublishedCandidate,
): Promise<void> {
  const { published } = record;
  const isKnown = published?.epoch === publishedEpoch && published.setId === setId;
  if (isKnown && published.deliveryId === set.deliveryId) return;
  const delivery = set.deliveryId === undefined ? {} : { deliveryId: set.deliveryId };
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  await ledger.commit(partition, run.epoch, {
    kind: 'published',
    published: { setId, files: files.length, rows, epoch: publishedEpoch, at: now(), ...delivery },
  });
  if (!isKnown) report({ what: 'partition-published', partition, files: files.length, rows, ...delivery });
}

/** Runs the analytics over what was published since they ran last. Answers the partitions that need nothing more. */
async function analyse(
  finalizing: Finalizing,
  run: Run,
  candidates: readonly PublishedCandidate[],
): Promise<readonly Candidate[]> {
  const { warehouse, ledger, now, report } = finalizing;
  const stale = candidates.filter(({ record, publishedEpoch }) => (record.analysed?.epoch ?? 0) < publishedEpoch);
  if (stale.length === 0) return candidates;
  await renewLease(finalizing, run);
  const payers: Payer[] = stale.map(({ partition }) => partition.payer);
  try {
    await warehouse.analyse(run.period, run.epoch, payers);
  } catch (error) {
    if (!(error instanceof AnalyticsFailed)) throw error;
    for (const candidate of stale) await fail(finalizing, run, candidate, 'analytics-failed', error.message);
    return candidates.filter((candidate) => !stale.includes(candidate));
  }
  for (const { partition, set, setId } of stale) {
    const analysed = { setId, epoch: run.epoch, watermark: asOf(set.files), at: now() };
    await ledger.commit(partition, run.epoch, { kind: 'analysed', analysed });
  }
  report({ what: 'analytics-done', period: run.period, partitions: stale.length });
  return candidates;
}

async function fail(
  { ledger, settings, now, report }: Finalizing,
  run: Run,
  { partition, record }: Candidate,
  what: Problem['what'],
  message: string,
): Promise<void> {
  const attempts = record.problem?.what === what ? record.problem.attempts + 1 : 1;
  const seconds = Math.min(settings.retryMaxSeconds, settings.retryBaseSeconds * 2 ** (attempts - 1));
  const at = now();
  const problem = { what, message, attempts, at, retryAt: at + seconds * 1000, changes: record.changes };
  await ledger.commit(partition, run.epoch, { kind: 'failed', problem });
  report({ what, partition, reason: message, attempts });
}

async function renewLease({ ledger, settings, now }: Finalizing, { period, epoch }: Run): Promise<void> {
  await ledger.renewLease(period, epoch, now() + settings.leaseSeconds * 1000);
}

/** As of when the files tell the bill: the newest source LastModified among them, 0 when there are none. */
function asOf(files: readonly StagedVersion[]): number {
  return files.reduce((newest, { source }) => Math.max(newest, source.lastModified), 0);
}
