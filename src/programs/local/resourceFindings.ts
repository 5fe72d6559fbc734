import { descending, type WastageFinding, withoutNoise } from '../../adapters/duckdb/findings.ts';
import { compareText } from '../../billing/version.ts';

/**
 * What one check finds on one resource, over the months in which it does. What is said of it is
 * from the newest of them; amounts are of one currency.
 */
export interface ResourceFinding
  extends Pick<
    WastageFinding,
    | 'check'
    | 'payer'
    | 'payerName'
    | 'account'
    | 'accountName'
    | 'region'
    | 'service'
    | 'resource'
    | 'currency'
    | 'confidence'
    | 'evidence'
    | 'owner'
    | 'tags'
    | 'lastDay'
    | 'foundAt'
    | 'wholeMonthSaving'
    | 'alternativeTo'
  > {
  /** The check in words; null for one that has no file. */
  readonly title: string | null;
  readonly firstPeriod: string;
  readonly lastPeriod: string;
  readonly firstDay: string | null;
  /** Of all its months; null where one is not known. */
  readonly cost: number | null;
  /** Of all its months; null where no saving can be said. */
  readonly estimatedSaving: number | null;
  /** What it would save beside that, were it not for `alternativeTo`: never added to anything. */
  readonly alternativeSaving: number | null;
  /** Newest first. */
  readonly months: readonly MonthOfFinding[];
  /** Other findings on the resource in these months, largest first: one of them can be done. */
  readonly alternatives: readonly Alternative[];
}

interface MonthOfFinding
  extends Pick<WastageFinding, 'period' | 'monthlyCost' | 'estimatedSaving' | 'wholeMonthSaving' | 'evidence'> {}

interface Alternative {
  readonly check: string;
  readonly title: string | null;
  /** What it would save instead, over its months: never added to anything. */
  readonly saving: number | null;
  readonly months: number;
}

export type Titles = ReadonlyMap<string, string>;

/**
 * One entry per check and resource, largest saving first, those without a saving last. A finding
 * that another one on the same resource outdoes is an alternative of that one, for the month.
 */
export function resourceFindings(findings: readonly WastageFinding[], titles: Titles): ResourceFinding[] {
  const isOutdone = outdoneAmong(findings);
  const outdone = Map.groupBy(findings.filter(isOutdone), (one) => nameOf(one.alternativeTo ?? '', one));
  const counted = Map.groupBy(
    findings.filter((one) => !isOutdone(one)),
    (one) => nameOf(one.check, one),
  );
  return [...counted]
    .flatMap(([name, ofResource]) => overMonths(ofResource, alternativesOf(outdone.get(name) ?? [], titles), titles))
    .sort(bySaving);
}

/** Those that count: without the alternatives of others that are there. */
export function countedFindings(findings: readonly WastageFinding[]): WastageFinding[] {
  const isOutdone = outdoneAmong(findings);
  return findings.filter((one) => !isOutdone(one));
}

/**
 * Whether a finding counts for nothing because another one on its resource does, which is there as
 * well.
 */
function outdoneAmong(findings: readonly WastageFinding[]): (finding: WastageFinding) => boolean {
  const there = new Set(findings.map((one) => `${one.period}\0${nameOf(one.check, one)}`));
  return (one) =>
    one.alternativeTo !== null &&
    one.estimatedSaving === 0 &&
    there.has(`${one.period}\0${nameOf(one.alternativeTo, one)}`);
}

/** What belongs together: a resource's region is looked up differently by different checks. */
function nameOf(check: string, { payer, account, resource, service, region, currency }: WastageFinding): string {
  const place = resource === '' ? [service ?? '', region ?? ''] : [];
  return [check, payer, account, resource, currency ?? '', ...place].join('\0');
}

function overMonths(
  ofResource: readonly WastageFinding[],
  alternatives: readonly Alternative[],
  titles: Titles,
): ResourceFinding[] {
  const months = ofResource.toSorted((a, b) => compareText(b.period, a.period));
  const [newest, oldest] = [months[0], months.at(-1)];
  if (!newest || !oldest) return [];
  const { monthlyCost, period, ...said } = newest;
  return [
    {
      ...said,
      title: titles.get(newest.check) ?? null,
      firstPeriod: oldest.period,
      lastPeriod: period,
      firstDay: oldest.firstDay,
      cost: months.some((month) => month.monthlyCost === null) ? null : sumOfKnown(months.map((m) => m.monthlyCost)),
      estimatedSaving: sumOfKnown(months.map((month) => month.estimatedSaving)),
      alternativeSaving: sumOfKnown(months.map((month) => month.alternativeSaving)),
      months: months.map(monthOf),
      alternatives,
    },
  ];
}

function monthOf({ period, monthlyCost, estimatedSaving, wholeMonthSaving, evidence }: WastageFinding): MonthOfFinding {
  return { period, monthlyCost, estimatedSaving, wholeMonthSaving, evidence };
}

function alternativesOf(outdone: readonly WastageFinding[], titles: Titles): Alternative[] {
  return [...Map.groupBy(outdone, ({ check }) => check)]
    .map(([check, months]) => ({
      check,
      title: titles.get(check) ?? null,
      saving: sumOfKnown(months.map(({ alternativeSaving }) => alternativeSaving)),
      months: months.length,
    }))
    .sort((a, b) => descending(a.saving, b.saving) || compareText(a.check, b.check));
}

function bySaving(a: ResourceFinding, b: ResourceFinding): number {
  const bySize = descending(a.estimatedSaving, b.estimatedSaving) || descending(a.cost, b.cost);
  return bySize || compareText(`${a.check} ${a.account} ${a.resource}`, `${b.check} ${b.account} ${b.resource}`);
}

/** Null where nothing is known. */
function sumOfKnown(amounts: readonly (number | null)[]): number | null {
  const known = amounts.filter((amount) => amount !== null);
  return known.length === 0 ? null : withoutNoise(known.reduce((total, amount) => total + amount, 0));
}
