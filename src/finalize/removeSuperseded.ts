import type { Partition } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import { compareVersions, objectName, type VersionId } from '../billing/version.ts';
import { isDirty } from '../ledger/partitionRecord.ts';
import type { StagedVersion, VersionOutcome, VersionRecord } from '../ledger/versionRecord.ts';
import { type FinalizeServices, type FinalizeSettings, hasTimeFor, type Run } from './services.ts';
import { workThrough } from './workThrough.ts';

/** A prime: from run to run, the first one lies far from the one before. */
const STRIDE = 7919;

/**
 * Clears away what is superseded of these payers' months, as far as there is time. What is left
 * over is found by the next run over the month, or by the clearing that reconcile asks for.
 */
export async function clearAway(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  payers: readonly Payer[],
): Promise<void> {
  const { period, epoch } = run;
  const pace = { atOnce: settings.statementsAtOnce, mayBegin: () => hasTimeFor(0, services, run) };
  // Another one begins in each run: where time is always short, everybody's turn comes.
  const start = payers.length === 0 ? 0 : (epoch * STRIDE) % payers.length;
  const turned = [...payers.slice(start), ...payers.slice(0, start)];
  await workThrough(turned, pace, async (payer) => {
    await removeSuperseded(services, settings, run, { payer, period });
    return undefined;
  });
}

/**
 * For so long after its removal a version is still known: no message about it is older (SQS stores
 * none for more than 14 days), and a copy that could not be deleted is gone by then, ten days after
 * reconcile has tagged it. So it may be staged anew under its first key.
 */
const FORGET_AFTER_MS = 14 * 86_400_000;

/**
 * Removes staged files that publishes have hidden from readers, each once its grace time is over.
 *
 * A file is superseded if the warehouse does not show it, no delivery that is known names it, it is
 * older than what is shown in its place, and no change is waiting to be worked in: a late file may
 * be older than its fellows. The first run that finds it so notes since when; a later one removes
 * it. Order: the ledger marks it removed (under the epoch), the warehouse forgets it, the copy is
 * deleted. Cut off in between, or refused by the store, a file without an owner stays behind under
 * a key that is never used again; nothing that readers see depends on it, so this never fails a
 * run: it is reported. What was removed long ago is forgotten, where a manifest says what a
 * delivery consists of: without one, reconcile would take it for new as long as its source has it.
 */
async function removeSuperseded(
  services: FinalizeServices,
  settings: FinalizeSettings,
  run: Run,
  partition: Partition,
): Promise<void> {
  const { ledger, now } = services;
  const found = await findSuperseded(services, partition);
  if (!found) return;
  const forgotten = found.removed.filter(({ outcome }) => outcome.removedAt <= now() - FORGET_AFTER_MS);
  if (forgotten.length > 0) await ledger.forgetVersions(partition, run.epoch, idsOf(forgotten));
  const { hidden, shown, since } = found;
  const fresh = hidden.filter(({ outcome }) => outcome.supersededAt === undefined);
  const shownAgain = shown.filter(({ outcome }) => outcome.supersededAt !== undefined);
  if (fresh.length > 0) await ledger.markSuperseded(partition, run.epoch, idsOf(fresh), since);
  if (shownAgain.length > 0) await ledger.markSuperseded(partition, run.epoch, idsOf(shownAgain), undefined);
  const latest = now() - settings.supersededGraceSeconds * 1000;
  const over = hidden.filter(({ outcome }) => (outcome.supersededAt ?? since) <= latest);
  if (over.length === 0) return;
  await ledger.markRemoved(partition, run.epoch, idsOf(over), now());
  await remove(services, settings, partition, over);
}

async function remove(
  { warehouse, store, report }: FinalizeServices,
  { stagingBucket }: FinalizeSettings,
  partition: Partition,
  versions: readonly StagedVersion[],
): Promise<void> {
  const keys = versions.map(({ outcome }) => outcome.stagedKey);
  try {
    await warehouse.unregister(partition, keys);
    for (const key of keys) await store.delete({ bucket: stagingBucket, key });
    report({ what: 'files-removed', partition, files: keys.length });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report({ what: 'removal-failed', partition, files: keys.length, reason });
  }
}

interface Superseded {
  readonly hidden: readonly StagedVersion[];
  readonly shown: readonly StagedVersion[];
  /** What was removed before, and nobody may ask for. */
  readonly removed: readonly RemovedVersion[];
  /** When what is shown was published. */
  readonly since: number;
}

/** What is superseded in a partition; undefined when that cannot be said now. */
async function findSuperseded(
  { ledger, warehouse }: FinalizeServices,
  partition: Partition,
): Promise<Superseded | undefined> {
  // In this order: what was recorded before the versions were read has made the record dirty, or
  // was worked in.
  const versions = await ledger.versions(partition);
  const staged = versions.filter(hasCopy);
  const record = await ledger.partition(partition);
  if (!record?.published || isDirty(record)) return undefined;
  const sets = await warehouse.published(partition.period, [partition.payer]);
  const keys = new Set(sets.get(partition.payer)?.stagedKeys);
  const shown = staged.filter(({ outcome }) => keys.has(outcome.stagedKey));
  const awaited = record.delivery && (await ledger.delivery(partition, record.delivery.id));
  const named = new Set(awaited?.files.flatMap(({ versionId }) => versionId ?? []));
  const newestShown = shown.reduce((newest, { source }) => Math.max(newest, source.lastModified), 0);
  const shownByObject = new Map(shown.map((version) => [objectName(version.source), version]));
  const hidden = staged.filter(({ id, source, outcome }) => {
    if (keys.has(outcome.stagedKey) || named.has(id)) return false;
    if (outcome.withdrawn !== undefined) return true;
    const inItsPlace = shownByObject.get(objectName(source));
    return inItsPlace ? compareVersions(source, inItsPlace.source) < 0 : source.lastModified <= newestShown;
  });
  const removed = record.delivery ? versions.filter(isRemoved).filter(({ id }) => !named.has(id)) : [];
  return { hidden, shown, removed, since: record.published.at };
}

function hasCopy(version: VersionRecord): version is StagedVersion {
  return version.outcome.status === 'staged';
}

type RemovedVersion = VersionRecord & { readonly outcome: Extract<VersionOutcome, { status: 'removed' }> };

/** What its source has withdrawn stays known: that a month is empty may depend on it. */
function isRemoved(version: VersionRecord): version is RemovedVersion {
  return version.outcome.status === 'removed' && version.outcome.withdrawn === undefined;
}

function idsOf(versions: readonly VersionRecord[]): VersionId[] {
  return versions.map(({ id }) => id);
}
