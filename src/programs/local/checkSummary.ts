import type { CheckRun } from '../../adapters/duckdb/findings.ts';
import { compareText } from '../../billing/version.ts';
import { CANNOT_BE_TOLD, FAILED } from '../../warehouse/silentChecks.ts';

/** How the checks went, over all months. */
export interface CheckSummary {
  /** How many have run at all. */
  readonly ran: number;
  readonly found: number;
  /** Those about services that nobody here uses. */
  readonly withoutUsage: number;
  /** What could not be judged, or has failed, by reason. */
  readonly troubles: readonly CheckTrouble[];
}

export interface CheckTrouble {
  readonly status: typeof FAILED | typeof CANNOT_BE_TOLD;
  readonly reason: string;
  readonly checks: readonly string[];
  /** How many payers' months are concerned. */
  readonly months: number;
}

/** Failures first, then what concerns most checks. */
export function checkSummary(runs: readonly CheckRun[]): CheckSummary {
  const byCheck = Map.groupBy(runs, ({ check }) => check);
  const count = (is: (ofCheck: readonly CheckRun[]) => boolean) => [...byCheck.values()].filter(is).length;
  return {
    ran: byCheck.size,
    found: count((ofCheck) => ofCheck.some(({ status }) => status === 'found')),
    withoutUsage: count((ofCheck) => ofCheck.every(({ status }) => status === 'no-such-usage')),
    troubles: [...troublesOf(runs, FAILED), ...troublesOf(runs, CANNOT_BE_TOLD)],
  };
}

function troublesOf(runs: readonly CheckRun[], status: CheckTrouble['status']): CheckTrouble[] {
  const ofStatus = runs.filter((run) => run.status === status);
  return [...Map.groupBy(ofStatus, ({ reason }) => reason ?? 'no reason known')]
    .map(([reason, concerned]) => ({
      status,
      reason,
      checks: [...new Set(concerned.map(({ check }) => check))],
      months: new Set(concerned.map(({ payer, period }) => `${payer} ${period}`)).size,
    }))
    .sort((a, b) => b.checks.length - a.checks.length || compareText(a.reason, b.reason));
}
