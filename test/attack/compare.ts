import type { Outcome } from '../../src/programs/local/outcome.ts';

/**
 * What is different between the ends of two runs over one folder, one sentence for each difference;
 * empty when they are the same. Moments and counts of events are each run's own.
 */
export function differences(expected: Outcome, found: Outcome): string[] {
  return [
    ...differencesOf('partition', expected.partitions.map(partitionText), found.partitions.map(partitionText)),
    ...differencesOf('finding', expected.findings.map(findingText), found.findings.map(findingText)),
  ];
}

function differencesOf(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const missing = without(expected, found).map((text) => `${what} missing: ${text}`);
  const surplus = without(found, expected).map((text) => `${what} too many: ${text}`);
  return [...missing, ...surplus];
}

/** What is in a list more often than in another one. */
function without(list: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return list.filter((text) => {
    const at = left.indexOf(text);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function partitionText({ payer, period, files, rows, costs, state }: Outcome['partitions'][number]): string {
  const amounts = costs.map(({ currency, cost }) => ({ currency, cost: rounded(cost) }));
  return JSON.stringify({ payer, period, files, rows, costs: amounts, state });
}

function findingText({ check, payer, account, region, resource, ...finding }: Outcome['findings'][number]): string {
  const months = finding.months.map(({ period, monthlyCost, estimatedSaving }) => [
    period,
    rounded(monthlyCost),
    rounded(estimatedSaving),
  ]);
  return JSON.stringify({ check, payer, account, region, resource, currency: finding.currency, months });
}

/** Sums of floating-point numbers depend on the order in which a database adds them up. */
function rounded(amount: number | null): number | null {
  return amount === null ? null : Number(amount.toFixed(6));
}
