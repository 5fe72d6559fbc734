import { afterEach, beforeEach, describe } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { describeActivityRules } from './contract/activity.ts';
import { describeAnalyticsRules } from './contract/analytics.ts';
import { describeCommitRules } from './contract/commits.ts';
import { describeConcurrencyRules } from './contract/concurrency.ts';
import { describeConfigurationRules } from './contract/configuration.ts';
import { describeDeliveryRules } from './contract/deliveries.ts';
import { describeForgettingRules } from './contract/forgetting.ts';
import { describeLeaseRules } from './contract/leases.ts';
import { describeLookups } from './contract/lookups.ts';
import { describeNarrowReadRules } from './contract/narrowReads.ts';
import { describeOutboxRules } from './contract/outbox.ts';
import { describeReadingRules } from './contract/readings.ts';
import { describeReconcileRules } from './contract/reconciles.ts';
import { describeRecoveryRules } from './contract/recovery.ts';
import { describeRemovalRules } from './contract/removals.ts';
import { describeReportRules } from './contract/reports.ts';
import { describeTickRules } from './contract/ticks.ts';
import { describeVersionRules } from './contract/versions.ts';
import { describeWithdrawalRules } from './contract/withdrawals.ts';

/** A ledger with nothing in it. */
export interface LedgerHarness {
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/**
 * The rules that every ledger keeps, each on a fresh one. They speak the interface alone and ask no
 * more than it says: lists come in any order unless it names one, and calls that overlap may count
 * a change twice, but never not at all.
 */
export function describeLedgerContract(name: string, makeLedger: () => Promise<LedgerHarness>): void {
  describe(`${name} as a ledger`, () => {
    let harness: LedgerHarness;
    beforeEach(async () => {
      harness = await makeLedger();
    });
    afterEach(() => harness.close());
    const subject = () => harness.ledger;

    describeVersionRules(subject);
    describeReadingRules(subject);
    describeReportRules(subject);
    describeWithdrawalRules(subject);
    describeDeliveryRules(subject);
    describeTickRules(subject);
    describeLookups(subject);
    describeLeaseRules(subject);
    describeCommitRules(subject);
    describeRemovalRules(subject);
    describeConcurrencyRules(subject);
    describeConfigurationRules(subject);
    describeAnalyticsRules(subject);
    describeOutboxRules(subject);
    describeNarrowReadRules(subject);
    describeForgettingRules(subject);
    describeRecoveryRules(subject);
    describeActivityRules(subject);
    describeReconcileRules(subject);
  });
}
