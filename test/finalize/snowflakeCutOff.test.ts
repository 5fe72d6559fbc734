import { describe, expect, it } from 'vitest';
import type { WarehouseTarget } from '../../src/adapters/snowflake/names.ts';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import { ALPHA, BETA, PERIOD } from '../ledger/records.ts';
import { ONCE } from './snowflakeScript.ts';
import { SnowflakeWorld } from './snowflakeWorld.ts';

/**
 * What the finalizer comes to when its process dies after its `nth` effect and is started again.
 */
async function finalize(target: WarehouseTarget, nth?: number) {
  const world = await SnowflakeWorld.create(target);
  try {
    const process = await world.start(nth);
    const ticks = await world.run(process);
    world.endDetached();
    const records = await Promise.all([ALPHA, BETA].map((partition) => world.base.record(partition)));
    const analytics = await world.base.ledger.analytics(PERIOD);
    return {
      effects: process.mortal.effects(),
      died: process.mortal.isDead(),
      waitedFor: world.waitedFor,
      ticks,
      torn: world.torn,
      findings: world.findings(),
      unseen: world.unseen(),
      views: world.views(),
      scanned: world.scannedUnseen(),
      dirty: records.filter(isDirty).length,
      analysed: records.map(({ analysed, published }) => analysed?.setId === published?.setId),
      analytics: records.every(({ analysed }) => analysed?.epoch === analytics?.run) && analytics?.status,
    };
  } finally {
    await world.close();
  }
}

/** Fewer than there are, so that the test cannot shrink unnoticed. */
const FEWEST_EFFECTS = 120;

type Outcome = Awaited<ReturnType<typeof finalize>>;

/** Nothing was doubled, nothing torn, and nothing is left to do. */
function expectFinalized(nth: number, { views, ...outcome }: Outcome): void {
  const { torn, scanned, unseen, findings, dirty, analysed, analytics } = outcome;
  expect({ nth, torn, scanned, unseen, findings, dirty, analysed, analytics }).toEqual({
    nth,
    torn: [],
    scanned: [],
    findings: ONCE,
    unseen: [],
    dirty: 0,
    analysed: [true, true],
    analytics: 'done',
  });
  for (const { visible, wanted } of views) expect(visible).toEqual(wanted);
}

describe.each(['external', 'table'] as const)('the finalizer on Snowflake, target %s', (target) => {
  it('that dies between any two effects doubles no statement, shows no mix, and comes to its end', async () => {
    const undisturbed = await finalize(target);
    expectFinalized(0, undisturbed);
    expect([undisturbed.ticks, undisturbed.died]).toEqual([1, false]);
    expect(undisturbed.effects).toBeGreaterThan(FEWEST_EFFECTS);
    let waitedFor = 0;
    let mostTicks = 0;
    for (let nth = 1; nth <= undisturbed.effects; nth += 1) {
      const outcome = await finalize(target, nth);
      expect({ nth, died: outcome.died }).toEqual({ nth, died: true });
      expectFinalized(nth, outcome);
      waitedFor += outcome.waitedFor;
      mostTicks = Math.max(mostTicks, outcome.ticks);
    }
    // Processes did die with a transaction open, and others waited for its locks.
    expect(waitedFor).toBeGreaterThan(3);
    expect(mostTicks).toBeLessThanOrEqual(3);
  });
});
