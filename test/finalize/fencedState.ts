import { byId, PERIOD } from '../ledger/records.ts';
import { PARTITIONS } from './busyWorld.ts';
import type { FinalizerWorld } from './finalizerWorld.ts';

/** Everything that a run must not change any more once a newer one has taken over. */
export async function fencedState(world: FinalizerWorld) {
  const { epoch, lease } = await world.ledger.period(PERIOD);
  return structuredClone({
    epoch,
    lease,
    records: await world.ledger.partitions(PERIOD),
    versions: await Promise.all(PARTITIONS.map(async (partition) => byId(await world.ledger.versions(partition)))),
    current: world.tables.current,
    analysed: world.tables.analysed,
    fences: world.tables.fences,
    analytics: await world.ledger.analytics(PERIOD),
    effects: world.tables.script.effects,
  });
}
