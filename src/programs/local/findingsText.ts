import { counted } from '../../base/counted.ts';
import { money, thousands } from './amounts.ts';
import type { CheckSummary, CheckTrouble } from './checkSummary.ts';
import type { Grouping } from './findingsOptions.ts';
import type { Group, Listing } from './listing.ts';
import type { ResourceFinding } from './resourceFindings.ts';
import { type Column, fitTables, type TableContent } from './table.ts';

/** How many findings a terminal shows. */
const SHOWN_FINDINGS = 25;
/** So many checks are named with a reason that they share; the others are counted. */
const NAMED_CHECKS = 5;

const FINDING_COLUMNS: readonly Column[] = [
  { head: 'check' },
  { head: 'months' },
  { head: 'cost', right: true, detail: 'named' },
  { head: 'saving', right: true },
  { head: 'a month', right: true },
  { head: '', name: 'currency' },
  { head: 'payer', detail: 'named' },
  { head: 'account', detail: 'named' },
  { head: 'region', detail: 'bare' },
  { head: 'resource', detail: 'bare' },
  { head: 'owner', detail: 'named' },
  { head: 'confidence', detail: 'named' },
  { head: 'evidence', detail: 'sentence' },
  { head: 'instead', detail: 'sentence' },
];
const TROUBLE_COLUMNS: readonly Column[] = [
  { head: 'status' },
  { head: 'checks', right: true },
  { head: 'months', right: true },
  { head: 'reason', detail: 'sentence' },
  { head: 'which', detail: 'sentence' },
];

/** A table with its title. One without rows is its title alone, if that says anything. */
export interface Part extends TableContent {
  readonly title: string;
  /** Lines below the table. */
  readonly end?: readonly string[] | undefined;
}

/** The parts as they stand in one text, none wider than `width`. */
export function partTexts(parts: readonly Part[], width: number): string[] {
  const filled = parts.filter(({ rows }) => rows.length > 0);
  const tables = fitTables(filled, width);
  const tableOf = new Map(filled.map((part, index) => [part.title, tables[index] ?? '']));
  return parts.flatMap(({ title, end = [] }) => {
    const table = tableOf.get(title);
    if (table === undefined && title.startsWith('By ')) return [];
    return [[title, ...(table === undefined ? [] : [table]), ...end].join('\n')];
  });
}

/** What was found: one by one, or in groups where these are asked for. */
export function findingParts(listing: Listing, { grouped }: { readonly grouped: boolean }): Part[] {
  const { findings, belowMinSaving, minSaving, groupedBy, groups } = listing;
  const all = findings.length + belowMinSaving;
  const more = findings.length - SHOWN_FINDINGS;
  const columns = groupColumns(groupedBy);
  const rows = groups.map((group) => groupRow(group).slice(0, columns.length));
  const byGroup = { title: `By ${groupedBy}`, columns, rows };
  if (grouped) return [{ title: `Wastage found: ${all}`, columns: [], rows: [] }, byGroup];
  const each = findings.length > 1 ? ', largest saving first' : '';
  return [
    {
      title: `Wastage found: ${all}${each}`,
      columns: FINDING_COLUMNS,
      rows: findings.slice(0, SHOWN_FINDINGS).map(findingRow),
      end: [
        ...(more > 0 ? [`… and ${thousands(more)} more: --json and --csv FILE have all of them`] : []),
        ...belowText(belowMinSaving, minSaving),
      ],
    },
    byGroup,
  ];
}

function belowText(below: number, minSaving: number): string[] {
  if (below === 0) return [];
  const save = below === 1 ? 'finding saves' : 'findings save';
  const lists = below === 1 ? 'it' : 'them';
  const each = below === 1 ? '' : ' each';
  return [`${thousands(below)} ${save} less than ${money(minSaving)} a month${each}: --min-saving 0 lists ${lists}`];
}

function findingRow(finding: ResourceFinding): string[] {
  const { check, firstPeriod, lastPeriod, cost, estimatedSaving, wholeMonthSaving, currency, payer } = finding;
  const months = firstPeriod === lastPeriod ? lastPeriod : `${firstPeriod}…${lastPeriod}`;
  const amounts = [money(cost), money(estimatedSaving), money(wholeMonthSaving), currency ?? ''];
  const account = finding.accountName ?? finding.account;
  // The account is the owner where no tag names one: said once.
  const owner = finding.owner === finding.account ? '' : (finding.owner ?? '');
  return [
    check,
    months,
    ...amounts,
    payer,
    account,
    finding.region ?? '',
    short(finding.resource),
    owner,
    finding.confidence ?? '',
    finding.evidence ?? '',
    insteadText(finding),
  ];
}

function insteadText({ alternatives, alternativeSaving, alternativeTo }: ResourceFinding): string {
  const own = alternativeSaving !== null && alternativeTo !== null;
  const beside = own ? [`${money(alternativeSaving)} more, but for ${alternativeTo}`] : [];
  const instead = alternatives.map(({ check, saving }) => `${check} ${money(saving)}`).join(', ');
  return [...beside, ...(instead === '' ? [] : [`instead: ${instead}`])].join('; ');
}

function groupColumns(grouping: Grouping): Column[] {
  return [
    { head: grouping },
    { head: 'findings', right: true },
    { head: 'saving', right: true },
    { head: '', name: 'currency' },
    ...(HEAD_OF_TITLES[grouping] ?? []),
  ];
}

/** What a check and an account are called; services and owners have no other names. */
const HEAD_OF_TITLES: { readonly [grouping in Grouping]?: readonly Column[] } = {
  check: [{ head: 'title', detail: 'sentence' }],
  account: [{ head: 'called', detail: 'sentence' }],
};

function groupRow({ name, title, findings, estimatedSaving, currency }: Group): string[] {
  return [name === '' ? '-' : name, thousands(findings), money(estimatedSaving), currency ?? '', title ?? ''];
}

/** How the checks went. None have run over a state without analytics, or by another script. */
export function checksPart({ ran, found, withoutUsage, troubles }: CheckSummary): Part[] {
  if (ran === 0) return [];
  const without = withoutUsage === 0 ? '' : `, ${withoutUsage} are about services that are not used here`;
  return [
    {
      title: `Checks: ${ran} ran, ${found} found something${without}`,
      columns: TROUBLE_COLUMNS,
      rows: troubles.map(troubleRow),
    },
  ];
}

function troubleRow({ status, reason, checks, months }: CheckTrouble): string[] {
  const others = checks.length - NAMED_CHECKS;
  const named = checks.slice(0, others === 1 ? checks.length : NAMED_CHECKS).join(', ');
  const which = others > 1 ? `${named} and ${counted(others, 'other')}` : named;
  return [status.replaceAll('-', ' '), thousands(checks.length), thousands(months), reasonInWords(reason), which];
}

/** The script says `missing: ATTRIBUTE`; most attributes are columns of the report. */
function reasonInWords(reason: string): string {
  const [, attribute] = /^missing: (\w+)$/.exec(reason) ?? [];
  if (attribute === undefined) return reason;
  return MISSING[attribute] ?? `the report does not say: ${attribute.replaceAll('_', ' ')}`;
}

const MISSING: Readonly<Record<string, string>> = {
  hours: 'the report has no hourly lines',
  days: 'the report has monthly lines alone',
  month_over: 'the month is not over',
  two_months: 'the month before is not here',
  half_a_year: 'the half year before is not here',
  a_year: 'the year before is not here',
};

/** The end of a resource's ARN identifies it. */
function short(resource: string): string {
  const characters = [...resource];
  return characters.length <= 48 ? resource : `…${characters.slice(-47).join('')}`;
}
