import type { VersionRecord } from '../ledger/versionRecord.ts';
import { type CopyServices, sendTick } from './services.ts';

/**
 * Takes a staged version out of its partition, because its source does not have it any more, or
 * holds something in its place. Readers see it until the next run publishes the set without it. One
 * that is not staged, or is withdrawn already, stays as it is. When its content comes back it is
 * staged again.
 */
export async function withdrawVersion(services: CopyServices, version: VersionRecord, reason: string): Promise<void> {
  const { partition, outcome, source } = version;
  if (outcome.status !== 'staged' || outcome.withdrawn !== undefined) return;
  const withdrawn = { ...version, outcome: { ...outcome, withdrawn: reason } };
  const recorded = await services.ledger.recordVersion(withdrawn, services.now());
  if (recorded.isNew) services.report({ what: 'file-withdrawn', partition, key: source.key, reason });
  await sendTick(services, partition, recorded);
}

/**
 * Notes that another content, which the ledger knows by then, has taken a version's place although
 * its time is older: the other one counts from now on. When the version comes back it is staged, or
 * looked at, again.
 */
export async function replaceVersion(services: CopyServices, version: VersionRecord): Promise<void> {
  const { partition, source } = version;
  const recorded = await services.ledger.recordVersion({ ...version, replaced: true }, services.now());
  if (recorded.isNew) {
    services.report({ what: 'file-withdrawn', partition, key: source.key, reason: 'another file has taken its place' });
  }
  await sendTick(services, partition, recorded);
}
