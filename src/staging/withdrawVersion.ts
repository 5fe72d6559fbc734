import type { VersionRecord } from '../ledger/ledger.ts';
import { type Staging, sendTick } from './staging.ts';

/**
 * Takes a staged version out of its partition, because its source does not have it any more, or holds something in its
 * place. Readers see it until the next run publishes the set without it. One that is not staged, or is withdrawn already,
 * stays as it is. When its content comes back it is staged again.
 */
export async function withdrawVersion(staging: Staging, version: VersionRecord, reason: string): Promise<void> {
  const { partition, outcome, source } = version;
  if (outcome.status !== 'staged' || outcome.withdrawn !== undefined) return;
  const withdrawn = { ...version, outcome: { ...outcome, withdrawn: reason } };
  const recorded = await staging.ledger.recordVersion(withdrawn, staging.now());
  if (recorded.news) staging.report({ what: 'file-withdrawn', partition, key: source.key, reason });
  await sendTick(staging, partition, recorded);
}
