import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Mutation } from './mutation.ts';
import { override } from './observed.ts';

/**
 * The clock is set back by a day, over and over: also while a process that dies holds the lease.
 */
export const everyTwentySeconds = Array.from(
  { length: 50 },
  (_, number) => ({ is: 'clock', atSeconds: 20 * number, backSeconds: 86_400 }) as const,
);

/** The ledger ignores that a lease ends in the far future only because the clock was set back. */
export const lastingLease: Mutation & { readonly breaks: number; readonly how: string } = {
  breaks: 6,
  how: 'a lease that was taken before the clock was set back holds until its old end',
  ledger: (ledger) =>
    override<Ledger>(ledger, {
      acquireLease: async (period, holder, now, until) => {
        const { lease } = await ledger.period(period);
        if (lease && lease.until > now) return { taken: false, heldUntil: lease.until };
        return ledger.acquireLease(period, holder, now, until);
      },
    }),
};

/** A ledger that was restored is not raised to the epoch that its warehouse has seen. */
export const lastingBehind: Mutation & { readonly breaks: number; readonly how: string } = {
  breaks: 6,
  how: 'runs of a restored ledger are fenced off one by one',
  ledger: (ledger) => override<Ledger>(ledger, { raiseEpoch: async () => {} }),
};

/** A finalizer that never runs as long as something changes. */
export const endlessChange: Mutation & { readonly breaks: number; readonly how: string } = {
  breaks: 6,
  how: 'a partition that keeps changing waits for its quiet period forever',
  settings: { maxWaitSeconds: 1_000_000 },
};
