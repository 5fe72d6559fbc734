import * as fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { mutations } from './mutations.ts';
import { endlessChange, everyTwentySeconds, lastingBehind, lastingLease } from './progressMutations.ts';
import { anyScenario, type Scenario } from './scenario.ts';
import { NO_FAULTS, settings } from './settings.ts';
import { simulate } from './simulate.ts';

/**
 * How many is the configuration's: fewer in the quick subset. `npm run simulate -- --seeds N` plays
 * more of them.
 */
const WORLDS = inject('worlds');
/** In each test: none lasts so long that its limit would be one on the machine. */
const WORLDS_AT_ONCE = 50;
const FIRST_SEED = 20261122;
/** A world that breaks a mutation is found within so many, or the simulation is blind to it. */
const MUTANT_WORLDS = 400;

/**
 * A partition without manifests that changes every few seconds, for much longer than the maximum
 * wait.
 */
const restless: Scenario = {
  plans: [
    {
      mode: 'without-manifests',
      refreshes: Array.from({ length: 200 }, (_, number) => ({ chunks: [number % 2], pauseSeconds: 2 })),
    },
  ],
  faults: NO_FAULTS,
  graceSeconds: 100_000,
  longestStepSeconds: 10,
  longestStatementSeconds: 0,
  seed: 1,
};
/**
 * A tick may come up to five seconds late in this world, and the three steps of the analytics take
 * up to ten each.
 */
const PROGRESS_SECONDS = settings.maxWaitSeconds + 50;

/** Its ledger is put back to where it was a quarter of an hour before, several runs ago. */
const restored: Scenario = {
  ...restless,
  mishaps: [{ is: 'restored', atSeconds: 1100, savedSecondsBefore: 1000 }],
};
/** The first run after it finds the warehouse's epoch. */
const FENCED_OFF_AT_MOST = 1;

/** One of few worlds in which a process dies that holds the lease while the clock goes back. */
const diesWithLease: Scenario = {
  plans: [{ mode: 'overwrite', refreshes: [{ chunks: [3, 5, 0], pauseSeconds: 20 }], stuck: 'unknown' }],
  faults: {
    crash: 0.06,
    error: 0.015,
    hang: 0,
    delay: 0.05,
    duplicate: 0.3,
    lose: 0.2,
    skipRows: 0.025,
    analyticsFail: 0.075,
  },
  mishaps: everyTwentySeconds,
  graceSeconds: 5,
  longestStepSeconds: 200,
  longestStatementSeconds: 0,
  seed: -172,
};

describe('whatever is doubled, reordered, delayed, lost or killed', () => {
  it.for(Array.from({ length: WORLDS / WORLDS_AT_ONCE }, (_, part) => FIRST_SEED + part))(
    `the invariants hold in ${WORLDS_AT_ONCE} of ${WORLDS} random worlds, those of seed %d`,
    async (seed) => {
      await fc.assert(
        fc.asyncProperty(anyScenario, (scenario) => simulate(scenario)),
        { numRuns: WORLDS_AT_ONCE, seed },
      );
    },
  );

  it('a partition that keeps changing is finalized within the maximum wait', async () => {
    await simulate(restless, { progressSeconds: PROGRESS_SECONDS });
  });

  it('a ledger that was restored goes on from the epoch of its warehouse, after one run in vain', async () => {
    await simulate(restored, { fencedOffAtMost: FENCED_OFF_AT_MOST });
  });
});

describe('the simulation notices', () => {
  for (const mutation of mutations) {
    it(`invariant ${mutation.breaks}: ${mutation.how}`, async () => {
      const wanted = `invariant ${mutation.breaks}:`;
      const { befalls: mishaps } = mutation;
      const worlds = mishaps ? anyScenario.map((scenario) => ({ ...scenario, mishaps })) : anyScenario;
      const isHidden = fc.asyncProperty(worlds, async (scenario) => {
        const violations = await simulate(scenario, { mutation }).then(String, ({ message }: Error) => message);
        return !violations.includes(wanted);
      });
      const { failed } = await fc.check(isHidden, { numRuns: MUTANT_WORLDS, seed: 1, endOnFailure: true });
      expect(failed).toBe(true);
    });
  }

  it(`invariant ${lastingLease.breaks}: ${lastingLease.how}`, async () => {
    await simulate(diesWithLease);
    const run = simulate(diesWithLease, { mutation: lastingLease });
    await expect(run).rejects.toThrow(`invariant ${lastingLease.breaks}:`);
  });

  it(`invariant ${lastingBehind.breaks}: ${lastingBehind.how}`, async () => {
    const run = simulate(restored, { mutation: lastingBehind, fencedOffAtMost: FENCED_OFF_AT_MOST });
    await expect(run).rejects.toThrow(`invariant ${lastingBehind.breaks}:`);
  });

  it(`invariant ${endlessChange.breaks}: ${endlessChange.how}`, async () => {
    const run = simulate(restless, { mutation: endlessChange, progressSeconds: PROGRESS_SECONDS });
    await expect(run).rejects.toThrow(`invariant ${endlessChange.breaks}:`);
  });
});
