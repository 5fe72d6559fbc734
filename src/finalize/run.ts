import { counted } from '../base/counted.ts';
import { partitionName } from '../billing/partition.ts';
import { setOfDelivery, setWithoutManifest } from '../ledger/currentSet.ts';
import type { Decision } from '../ledger/decide.ts';
import { type PartitionRecord, setIdOf } from '../ledger/partitionRecord.ts';
import type { Problem } from '../ledger/problems.ts';
import { copyRequest } from '../queue/copyMessage.ts';
import type { Warehouse } from '../warehouse/warehouse.ts';
import { analysePublished } from './analysePublished.ts';
import { auditProblem, registrationProblem } from './auditing.ts';
import { asOf, type Candidate, fail, type Publishable, type PublishedCandidate, renewLease } from './candidate.ts';
import { removeSuperseded } from './removeSuperseded.ts';
import { endsRun, type FinalizeServices, type FinalizeSettings, type Run } from './services.ts';

/** What was decided for a period that is to be run. */
type Due = Extract<Decision, { act: 'run' }>;

/**
 * Finalizes what is due of a period: for each partition whose changes are due, form the current
 * set, register, audit, publish, settle; then the analytics, over whatever was published since they
 * ran last; then superseded files are removed.
 *
 * Every step asks for the state it needs and not for what an earlier run did: what is published is
 * read from the warehouse, and analytics are due when they ran before the publish. So a run that
 * was cut off anywhere is simply done again. Each change is made under the run's epoch; a run that
 * a newer one has overtaken throws LeaseLost or FencedOff there. One partition's trouble is
 * recorded in its own record, and does not stop the others.
 */
export async function runFinalization(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  due: Due,
): Promise<void> {
  const { ledger, warehouse, report } = services;
  const { period, epoch, stopwatch } = run;
  const partitions = new Set([...due.publish, ...due.analyse]).size;
  report({ what: 'run-started', period, epoch, partitions });
  try {
    await warehouse.raiseFence(period, epoch);
    const publishables = await stopwatch.time('read', () => formSets(services, run, due.publish));
    const published = await publish(services, settings, run, publishables);
    for (const { partition, record, readAt } of published) {
      await ledger.commit(partition, epoch, { kind: 'settled', changes: record.changes, readAt });
    }
    const analysed = await stopwatch.time('analyse', () => analysePublished(services, settings, run));
    const payers = new Set([...published.map(({ partition }) => partition.payer), ...analysed]);
    await stopwatch.time('clear', async () => {
      for (const payer of payers) await removeSuperseded(services, settings, run, { payer, period });
    });
  } finally {
    for (const [step, seconds] of stopwatch.seconds()) report({ what: 'step-timed', period, step, seconds });
  }
}

/** The current set of each partition; one that cannot be formed is held. */
async function formSets(
  services: FinalizeServices,
  run: Run,
  records: readonly PartitionRecord[],
): Promise<readonly Publishable[]> {
  const publishables: Publishable[] = [];
  for (const record of records) {
    const candidate = await readCandidate(services, record);
    const publishable = await withFiles(services, candidate);
    if (publishable) publishables.push(publishable);
    else await hold(services, run, candidate);
  }
  return publishables;
}

/**
 * Reads the partition's versions after its record: a change in between is settled by a later run,
 * never lost.
 */
async function readCandidate({ ledger, now }: FinalizeServices, record: PartitionRecord): Promise<Candidate> {
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
    const { executionId, awaited, files } = record.delivery;
    const reason = `delivery ${executionId} waits for ${awaited.length} of ${counted(files, 'file')}`;
    return { ...base, set: { is: 'held', reason, removed: [] } };
  }
  return { ...base, set: setWithoutManifest(versions, record.report) };
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

/**
 * Registers, audits and publishes what readers do not see yet. Answers the partitions whose current
 * set is visible now.
 */
async function publish(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  candidates: readonly Publishable[],
): Promise<readonly PublishedCandidate[]> {
  const { warehouse } = services;
  const payers = candidates.map(({ partition }) => partition.payer);
  if (payers.length === 0) return [];
  const sets = await warehouse.published(run.period, payers);
  const visible: PublishedCandidate[] = [];
  const audited: PublishedCandidate[] = [];
  for (const candidate of candidates) {
    const seen = sets.get(candidate.partition.payer);
    if (seen && setIdOf(seen.stagedKeys) === candidate.setId) {
      visible.push({ ...candidate, publishedEpoch: seen.epoch });
      continue;
    }
    await renewLease(services, settings, run);
    if (await passesAudit(services, settings, run, candidate))
      audited.push({ ...candidate, publishedEpoch: run.epoch });
  }
  if (audited.length > 0) {
    const publications = audited.map(publicationOf);
    await run.stopwatch.time('publish', () => warehouse.publish(run.period, run.epoch, publications));
  }
  for (const candidate of visible) await commitPublished(services, run, candidate);
  for (const candidate of audited) await commitPublished(services, run, candidate);
  return [...visible, ...audited];
}

/** Registers and audits; records and reports what is found. */
async function passesAudit(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  candidate: Publishable,
): Promise<boolean> {
  const problem = await findProblem(services.warehouse, run, candidate);
  if (problem) {
    await fail(services, settings, run, { record: candidate.record, ...problem });
    return false;
  }
  services.report({ what: 'rows-verified', partition: candidate.partition, rows: rowsOf(candidate) });
  return true;
}

/**
 * Why these files must not be published. What the warehouse throws here is this partition's
 * trouble, unless it ends the run.
 */
async function findProblem(
  warehouse: Warehouse,
  { stopwatch }: Run,
  { partition, files }: Publishable,
): Promise<Pick<Problem, 'what' | 'message'> | undefined> {
  try {
    const statuses = await stopwatch.time('register', () => warehouse.register(partition, files));
    const unregistered = registrationProblem(partition, files, statuses);
    if (unregistered) return { what: 'registration-failed', message: unregistered };
    const audits = await stopwatch.time('audit', () => warehouse.audit(partition, files));
    const mismatch = auditProblem(partition, files, audits);
    return mismatch ? { what: 'verification-failed', message: mismatch } : undefined;
  } catch (error) {
    if (endsRun(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { what: 'registration-failed', message: `${partitionName(partition)}: ${reason}` };
  }
}

function publicationOf({ partition, files, set }: Publishable) {
  return { partition, files, asOf: asOf(set.files), deliveryId: set.deliveryId };
}

/**
 * Records what is visible. The ledger knows already, unless this run or one that was cut off has
 * published it.
 */
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

function rowsOf({ files }: Publishable): number {
  return files.reduce((sum, { rows }) => sum + rows, 0);
}
