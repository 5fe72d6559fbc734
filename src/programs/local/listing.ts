import type { WastageFinding } from '../../adapters/duckdb/findings.ts';
import { LISTED_FROM } from '../../warehouse/ownerDigest.ts';
import type { Grouping } from './findingsOptions.ts';
import { type ResourceFinding, resourceFindings, type Titles } from './resourceFindings.ts';

/** Which findings a person wants to see. */
export interface Choice {
  readonly payer?: string | undefined;
  readonly period?: string | undefined;
  readonly check?: string | undefined;
  /**
   * What a finding has to save in a whole month to be listed, in its own currency; 1.00 where
   * nothing is said.
   */
  readonly minSaving?: number | undefined;
  readonly groupBy?: Grouping | undefined;
}

/** What is shown of findings. */
export interface Listing {
  readonly minSaving: number;
  /** Largest saving first, those without a saving last. */
  readonly findings: readonly ResourceFinding[];
  /** Those that save less are only counted. */
  readonly belowMinSaving: number;
  /** Of all findings, those below included; by check where nothing else is asked. */
  readonly groupedBy: Grouping;
  readonly groups: readonly Group[];
}

export interface Group {
  /** The check, account, service or owner. */
  readonly name: string;
  /** What it is called, if it is called anything else. */
  readonly title: string | null;
  readonly currency: string | null;
  readonly findings: number;
  readonly estimatedSaving: number;
}

/** Those of the payer, month and check that are asked for. */
export function chosen<One extends Pick<WastageFinding, 'payer' | 'period' | 'check'>>(
  all: readonly One[],
  { payer, period, check }: Choice,
): One[] {
  return all.filter(
    (one) =>
      (payer === undefined || one.payer === payer) &&
      (period === undefined || one.period === period) &&
      (check === undefined || one.check === check),
  );
}

/** How findings are shown: one entry per check and resource over its months, and groups of them. */
export function listingOf(
  findings: readonly WastageFinding[],
  { minSaving = LISTED_FROM, groupBy = 'check' }: Choice,
  titles: Titles,
): Listing {
  const all = resourceFindings(findings, titles);
  const listed = all.filter((finding) => isListed(finding, minSaving));
  return {
    minSaving,
    findings: listed,
    belowMinSaving: all.length - listed.length,
    groupedBy: groupBy,
    groups: groupsOf(all, groupBy),
  };
}

/** Of several months the newest decides. Without a saving there is nothing to compare. */
function isListed(finding: ResourceFinding, minSaving: number): boolean {
  const { wholeMonthSaving, alternativeSaving, months } = finding;
  const saving = wholeMonthSaving ?? months[0]?.estimatedSaving ?? null;
  return saving === null || Math.max(saving, alternativeSaving ?? 0) >= minSaving;
}

/** One entry per name and currency, largest saving first. */
function groupsOf(findings: readonly ResourceFinding[], grouping: Grouping): Group[] {
  const named = findings.map((finding) => ({ ...namesOf(finding, grouping), finding }));
  return [...Map.groupBy(named, ({ name, finding }) => JSON.stringify([name, finding.currency])).values()]
    .flatMap((group) => {
      const [first] = group;
      if (!first) return [];
      const saving = group.reduce((total, { finding }) => total + (finding.estimatedSaving ?? 0), 0);
      return [
        {
          name: first.name,
          title: first.title,
          currency: first.finding.currency,
          findings: group.length,
          estimatedSaving: Number(saving.toPrecision(12)),
        },
      ];
    })
    .sort((a, b) => b.estimatedSaving - a.estimatedSaving || b.findings - a.findings || (a.name < b.name ? -1 : 1));
}

function namesOf(finding: ResourceFinding, grouping: Grouping): Pick<Group, 'name' | 'title'> {
  switch (grouping) {
    case 'check':
      return { name: finding.check, title: finding.title };
    case 'account':
      return { name: finding.account, title: finding.accountName };
    case 'service':
      return { name: finding.service ?? '', title: null };
    case 'owner':
      return { name: finding.owner ?? finding.account, title: null };
    default:
      return grouping satisfies never;
  }
}
