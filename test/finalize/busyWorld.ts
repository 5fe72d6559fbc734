import type { Partition } from '../../src/billing/partition.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import { ALPHA, BETA, byId, deliveryOf, PERIOD } from '../ledger/records.ts';
import { FinalizerWorld, STAGING } from './finalizerWorld.ts';

const GAMMA: Partition = { payer: parsePayer('333333333333'), period: PERIOD };
export const PARTITIONS: readonly Partition[] = [ALPHA, BETA, GAMMA];

/**
 * A world in which the next run has every kind of work: ALPHA replaces a set, whose old file goes
 * at once (no grace time); BETA publishes its first delivery; GAMMA is held for want of a file that
 * was removed.
 */
export async function busyWorld(): Promise<FinalizerWorld> {
  const world = new FinalizerWorld({ supersededGraceSeconds: 0 });
  await world.stage({ partition: ALPHA, key: 'a', etag: 'e1' });
  await world.stage({ partition: ALPHA, key: 'b' });
  await world.tickWhenDue();
  await world.stage({ partition: ALPHA, key: 'a', etag: 'e2' });

  const files = [await world.stage({ partition: BETA, key: 'a' }), await world.stage({ partition: BETA, key: 'b' })];
  await world.deliver(deliveryOf({ partition: BETA, id: 'beta-1', files }), []);

  const removed = await world.stage({ partition: GAMMA });
  const lease = await world.ledger.acquireLease(PERIOD, 'earlier', world.now, world.now);
  await world.ledger.markRemoved(GAMMA, lease.taken ? lease.epoch : 0, [removed.id], 0);
  await world.ledger.releaseLease(PERIOD, lease.taken ? lease.epoch : 0);
  await world.deliver(deliveryOf({ partition: GAMMA, id: 'gamma-1', files: [removed] }), []);

  world.now += world.settings.maxWaitSeconds * 1000;
  world.events.length = 0;
  return world;
}

/**
 * How long a step of the script takes, and how long an invocation waits for it before it hands the
 * run on.
 */
export interface Pace {
  readonly stepSeconds: number;
  readonly handOnAfterSeconds: number;
}

/** A busy world in which every invocation keeps this pace. */
export async function busyWorldAt({ stepSeconds, handOnAfterSeconds }: Pace): Promise<FinalizerWorld> {
  const world = await busyWorld();
  world.stepSeconds = stepSeconds;
  const tick = world.tick.bind(world);
  world.tick = (parts) => tick({ yieldAt: world.now + handOnAfterSeconds * 1000, ...parts });
  return world;
}

/** What a world has come to, apart from when and by which run. */
export async function outcomeOf(world: FinalizerWorld) {
  const partitions = PARTITIONS.map(async (partition) => {
    const { published, analysed, ...record } = await world.record(partition);
    return {
      dirty: isDirty(record),
      problem: record.problem,
      held: record.held,
      published: published && { ...published, epoch: 0, at: 0 },
      analysed: analysed && { ...analysed, epoch: 0, at: 0 },
      visible: world.visible(partition),
    };
  });
  return {
    partitions: await Promise.all(partitions),
    analysed: [...world.tables.analysed].sort(),
    requested: world.requests.length > 0,
    ticks: world.ticks,
  };
}

/**
 * What a world has come to, and what became of every version, when one more change was worked in: a
 * superseded file may be left over from a run that was cut off, until the next one.
 */
export async function outcomeAfterAnotherRun(world: FinalizerWorld) {
  await world.stage({ partition: ALPHA, key: 'c', outcome: { status: 'empty' } });
  await world.tickWhenDue();
  await world.drain();
  const versions = await Promise.all(PARTITIONS.map((partition) => world.ledger.versions(partition)));
  const statuses = byId(versions.flat()).map(({ id, outcome }) => ({ id, status: outcome.status }));
  const { lease } = await world.ledger.period(PERIOD);
  return { ...(await outcomeOf(world)), statuses, lease };
}

/** The staged files that the ledger counts on and that are gone: there must be none. */
export async function missingFiles(world: FinalizerWorld): Promise<string[]> {
  const staged = new Set(world.buckets.keys(STAGING, ''));
  const wanted = await Promise.all(
    PARTITIONS.map(async (partition) => [
      ...(await world.ledger.versions(partition)).flatMap(({ outcome }) =>
        outcome.status === 'staged' ? outcome.stagedKey : [],
      ),
      ...(world.visible(partition) ?? []),
    ]),
  );
  return wanted.flat().filter((key) => !staged.has(key));
}
