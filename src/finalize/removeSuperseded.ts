import { type Partition, partitionPrefix } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import { compareVersions, objectName, type VersionId } from '../billing/version.ts';
import { versionIdIn } from '../copy/stagedKey.ts';
import { isDirty } from '../ledger/partitionRecord.ts';
import type { StagedVersion, VersionRecord } from '../ledger/versionRecord.ts';
import { type FinalizeServices, type FinalizeSettings, hasTimeFor, type Run } from './services.ts';
import { createUnregister, type Unregister } from './unregister.ts';
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
  const clearing = { services, settings, run, unregister: createUnregister(services, run) };
  await workThrough(turned, pace, async (payer) => {
    await removeSuperseded(clearing, { payer, period });
    return undefined;
  });
}

/**
 * For so long after its removal a version is still known: no message about it is older (SQS stores
 * none for more than 14 days), and a copy that could not be deleted is gone by then, ten days after
 * reconcile has tagged it. So it may be staged anew under its first key. Deliveries that others
 * have followed are known for as long.
 */
const FORGET_AFTER_MS = 14 * 86_400_000;

/**
 * Removes staged files that publishes have hidden from readers, each once its grace time is over.
 *
 * A file is superseded if the warehouse does not show it, no delivery that is known names it, it is
 * older than what is shown in its place, and no change is waiting to be worked in: a late file may
 * be older than its fellows. The warehouse forgets it as soon as it is hidden, by the run that has
 * hidden it or by the first clearing that finds it so, and the ledger notes since when; a later one
 * deletes its copy. Order then: the warehouse forgets it, unless it has, the ledger marks it
 * removed (both under the epoch), the copy is deleted. Cut off before the mark, or refused by the
 * warehouse, the next clearing does it again; after the mark, or refused by the store, a copy
 * without an owner stays behind under a key that is never used again. Nothing that readers see
 * depends on either, so this never fails a run: it is reported. What was removed long ago is
 * forgotten, where a manifest says what a delivery consists of: without one, reconcile would take
 * it for new as long as its source has it.
 *
 * It looks at the copies that lie in the staging bucket, not at all versions that there ever were:
 * a month's last clearing costs what its first did. Where the bucket cannot be listed, nothing is
 * cleared, which is reported.
 */
async function removeSuperseded(
  { services, settings, run, unregister }: Clearing,
  partition: Partition,
): Promise<void> {
  const { ledger, now } = services;
  const found = await findSuperseded(services, settings, partition);
  if (!found) return;
  const { hidden, shown, since, kept } = found;
  const removedBy = now() - FORGET_AFTER_MS;
  if (kept) await ledger.forgetVersions(partition, run.epoch, { removedBy, kept });
  await ledger.forgetDeliveries(partition, run.epoch, removedBy);
  const shownAgain = shown.filter(({ outcome }) => outcome.supersededAt !== undefined);
  if (shownAgain.length > 0) await ledger.markSuperseded(partition, run.epoch, idsOf(shownAgain), undefined);
  const fresh = hidden.filter(({ outcome }) => outcome.supersededAt === undefined);
  if (!(await unregister(partition, fresh.map(fileOf), hiddenSince({ ledger, run }, partition, since)))) return;
  const latest = now() - settings.supersededGraceSeconds * 1000;
  const over = hidden.filter(({ outcome }) => (outcome.supersededAt ?? since) <= latest);
  await unregister(partition, over.map(fileOf), async (forgotten) => {
    await ledger.markRemoved(partition, run.epoch, idsOf(forgotten), now());
    await deleteCopies(services, settings, partition, forgotten);
  });
}

/** What one clearing works with. */
interface Clearing {
  readonly services: FinalizeServices;
  readonly settings: FinalizeSettings;
  readonly run: Run;
  readonly unregister: Unregister;
}

/** A staged copy, and the version that it was made of. */
interface HiddenFile {
  readonly id: VersionId;
  readonly stagedKey: string;
}

function fileOf({ id, outcome: { stagedKey } }: StagedVersion): HiddenFile {
  return { id, stagedKey };
}

/**
 * Makes the warehouse forget the files that a publish has just hidden from readers, so that nobody
 * scans them during their grace time, which begins. What is not done here, the next clearing does.
 */
export async function forgetReplaced(
  { services: { ledger, now }, run, unregister }: Omit<Clearing, 'settings'>,
  partition: Partition,
  stagedKeys: readonly string[],
): Promise<void> {
  const files = stagedKeys.flatMap((stagedKey): HiddenFile[] => {
    const id = versionIdIn(stagedKey);
    return id === undefined ? [] : [{ id, stagedKey }];
  });
  await unregister(partition, files, hiddenSince({ ledger, run }, partition, now()));
}

function hiddenSince(
  { ledger, run }: Pick<FinalizeServices, 'ledger'> & { readonly run: Run },
  partition: Partition,
  since: number,
): (forgotten: readonly HiddenFile[]) => Promise<void> {
  return (forgotten) => ledger.markSuperseded(partition, run.epoch, idsOf(forgotten), since);
}

async function deleteCopies(
  { store, report }: FinalizeServices,
  { stagingBucket }: FinalizeSettings,
  partition: Partition,
  removed: readonly HiddenFile[],
): Promise<void> {
  const { length: files } = removed;
  try {
    for (const { stagedKey } of removed) await store.delete({ bucket: stagingBucket, key: stagedKey });
    report({ what: 'files-removed', partition, files });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report({ what: 'removal-failed', partition, files, reason });
  }
}

interface Superseded {
  readonly hidden: readonly StagedVersion[];
  readonly shown: readonly StagedVersion[];
  /** The versions that the newest delivery names; undefined where there is none. */
  readonly kept: ReadonlySet<VersionId> | undefined;
  /** When what is shown was published. */
  readonly since: number;
}

/** What is superseded in a partition; undefined when that cannot be said now. */
async function findSuperseded(
  services: FinalizeServices,
  { stagingBucket }: FinalizeSettings,
  partition: Partition,
): Promise<Superseded | undefined> {
  const { ledger, warehouse } = services;
  const copies = await listCopies(services, stagingBucket, partition);
  if (!copies) return undefined;
  // In this order: what was recorded before the versions were read has made the record dirty, or
  // was worked in.
  const listed = await versionsOfCopies(ledger, partition, copies);
  const record = await ledger.partition(partition);
  if (!record?.published || isDirty(record)) return undefined;
  const sets = await warehouse.published(partition.period, [partition.payer]);
  const keys = new Set(sets.get(partition.payer)?.stagedKeys);
  // Of what is shown, copies may be gone.
  const gone = await versionsOfCopies(
    ledger,
    partition,
    [...keys].filter((key) => !copies.has(key)),
  );
  const shown = [...listed, ...gone].filter(({ outcome }) => keys.has(outcome.stagedKey));
  const delivery = record.delivery && (await ledger.delivery(partition, record.delivery.id));
  const named = new Set(delivery?.files.flatMap(({ versionId }) => versionId ?? []));
  const newestShown = shown.reduce((newest, { source }) => Math.max(newest, source.lastModified), 0);
  const shownByObject = new Map(shown.map((version) => [objectName(version.source), version]));
  const hidden = listed.filter(({ id, source, outcome }) => {
    if (keys.has(outcome.stagedKey) || named.has(id)) return false;
    if (outcome.withdrawn !== undefined) return true;
    const inItsPlace = shownByObject.get(objectName(source));
    return inItsPlace ? compareVersions(source, inItsPlace.source) < 0 : source.lastModified <= newestShown;
  });
  return { hidden, shown, kept: record.delivery && named, since: record.published.at };
}

/** The keys of a partition's copies; undefined where they cannot be listed. */
async function listCopies(
  { store, report }: FinalizeServices,
  stagingBucket: string,
  partition: Partition,
): Promise<ReadonlySet<string> | undefined> {
  const keys = new Set<string>();
  try {
    for await (const page of store.list(stagingBucket, partitionPrefix(partition))) {
      for (const { key } of page) keys.add(key);
    }
    return keys;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report({ what: 'removal-failed', partition, files: 0, reason });
    return undefined;
  }
}

/** The versions that own these copies. */
async function versionsOfCopies(
  ledger: FinalizeServices['ledger'],
  partition: Partition,
  keys: Iterable<string>,
): Promise<StagedVersion[]> {
  const ids = [...keys].flatMap((key) => versionIdIn(key) ?? []);
  return (await ledger.versionsById(partition, ids)).filter(hasCopy);
}

function hasCopy(version: VersionRecord): version is StagedVersion {
  return version.outcome.status === 'staged';
}

function idsOf(versions: readonly Pick<VersionRecord, 'id'>[]): VersionId[] {
  return versions.map(({ id }) => id);
}
