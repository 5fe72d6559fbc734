import type { Period } from '../billing/period.ts';
import type { AnalyticsRecord } from '../ledger/analyticsRecord.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Report } from '../telemetry/events.ts';
import type { ScriptEngine, ScriptRun } from '../warehouse/script.ts';

/** What runs of the analytics script work with. Moments are milliseconds since 1970. */
export interface AnalyticsServices {
  readonly ledger: Ledger;
  readonly script: ScriptEngine;
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
  /**
   * Whether there is time to wait for so long, and nothing better to do. If not, the next tick goes
   * on with what runs.
   */
  readonly mayWait: (seconds: number) => Promise<boolean>;
  readonly report: Report;
  /** Whether a new run may be begun now; one that has begun goes on. */
  readonly mayBegin: boolean;
  /**
   * A run that is older goes on although all its payers' months were published anew: else it might
   * never end.
   */
  readonly maxWaitSeconds: number;
}

/** The lease under which a run is written to the ledger. */
export interface Tenure {
  readonly period: Period;
  readonly epoch: number;
}

/** A run as the warehouse knows it, with the attempt at the step that is next. */
export function scriptRun({ period, epoch }: Tenure, { run, members, failedAttempts = 0 }: AnalyticsRecord): ScriptRun {
  return { period, payers: members.map(({ payer }) => payer), number: run, epoch, attempt: failedAttempts + 1 };
}

/** Saves a run's record and answers it. Throws LeaseLost. */
export async function saveRun(
  { ledger }: AnalyticsServices,
  { period, epoch }: Tenure,
  record: AnalyticsRecord,
): Promise<AnalyticsRecord> {
  await ledger.saveAnalytics(period, epoch, record);
  return record;
}
