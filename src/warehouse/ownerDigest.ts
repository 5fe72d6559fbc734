import * as z from 'zod/mini';
import { type Payer, parsePayer } from '../billing/payer.ts';
import { amountOf, sumSql } from './costs.ts';

/**
 * What a finding saves in a whole month, in its own currency, to be listed one by one. Those that
 * save less are counted: of 813 in two months of a real bill, 695 save less than a cent.
 */
export const LISTED_FROM = 1;
/** Nobody reads more owners of one payer's month; those whose findings save most are there. */
export const OWNERS_EACH = 200;
/** So many findings of an owner are listed. An owner's currencies are as many at most. */
export const FINDINGS_EACH = 20;

/** What owners have to know of a payer's month. */
export interface OwnerDigests {
  /** At most {@link OWNERS_EACH}, those whose findings save most first. */
  readonly owners: readonly OwnerDigest[];
  /** Owners beyond those. */
  readonly leftOut: number;
}

/** One owner's findings, without those that another one on their resource outdoes. */
export interface OwnerDigest {
  /** The value of the tag or cost category, else the account; empty where there is neither. */
  readonly owner: string;
  readonly findings: number;
  /** Of these, those that save less than {@link LISTED_FROM}. */
  readonly belowThreshold: number;
  readonly savings: readonly OwnerSaving[];
  /** At most {@link FINDINGS_EACH} of the others, largest saving first, in each currency. */
  readonly largest: readonly OwnedFinding[];
}

/** In one currency. Null where no finding says a saving. */
interface OwnerSaving {
  readonly currency: string | null;
  readonly estimatedSaving: number | null;
  readonly wholeMonthSaving: number | null;
}

export interface OwnedFinding extends OwnerSaving {
  readonly check: string;
  readonly account: string;
  readonly accountName: string | null;
  readonly region: string | null;
  readonly resource: string;
  readonly evidence: string | null;
}

/**
 * SQL that reads the digests of some payers' month in one statement, for {@link parseOwnerDigests};
 * standard SQL that both warehouses read. `ofMonth` chooses the rows. One row per payer, owner and
 * finding that may be listed, and the owner's sums in the finding's currency on each: the largest
 * finding of each currency comes before the second ones, so that no currency is missing.
 */
export function ownerDigestsSql(findings: string, ofMonth: string): string {
  return `with counted as (
    select payer, coalesce(owner, account) as owner, check_name, account, account_name, region, resource, evidence,
      currency,
      case when abs(estimated_saving) < 1e300 then estimated_saving end as saving,
      case when abs(coalesce(whole_month_saving, estimated_saving)) < 1e300
        then coalesce(whole_month_saving, estimated_saving) end as month_saving
    from ${findings}
    where ${ofMonth} and (alternative_to is null or coalesce(estimated_saving, 1) <> 0)
  ),
  sums as (
    select payer, owner, currency, count(*) as findings,
      sum(case when month_saving < ${LISTED_FROM} then 1 else 0 end) as below,
      ${sumSql('saving')} as sum_saving,
      ${sumSql('month_saving')} as sum_month_saving
    from counted
    group by payer, owner, currency
  ),
  owned as (
    select payer, owner, sum(findings) as findings, sum(below) as below, max(sum_month_saving) as most
    from sums
    group by payer, owner
  ),
  owners as (
    select payer, owner, findings, below, count(*) over (partition by payer) as owners,
      row_number() over (partition by payer order by coalesce(most, -1) desc, owner) as owner_place
    from owned
  ),
  ranked as (
    select counted.*,
      row_number() over (
        partition by payer, owner, currency
        order by coalesce(month_saving, -1) desc, check_name, account, region, resource
      ) as place
    from counted
  ),
  listed as (
    select ranked.*, row_number() over (partition by payer, owner order by place, currency) as place_of_owner
    from ranked
    where place <= ${FINDINGS_EACH}
  )
  select listed.payer, listed.owner, owners.owners, owners.findings, owners.below,
    sums.sum_saving, sums.sum_month_saving, listed.check_name, listed.account, listed.account_name, listed.region,
    listed.resource, listed.evidence, listed.currency, listed.saving, listed.month_saving
  from listed
  inner join owners on listed.payer = owners.payer and listed.owner = owners.owner
  inner join sums on listed.payer = sums.payer and listed.owner = sums.owner
    and coalesce(listed.currency, '') = coalesce(sums.currency, '')
  where owners.owner_place <= ${OWNERS_EACH} and listed.place_of_owner <= ${FINDINGS_EACH}
  order by listed.payer, owners.owner_place, listed.place_of_owner`;
}

/** The digests of every payer that was asked for. Names of columns may be in capitals. */
export function parseOwnerDigests(
  payers: readonly Payer[],
  answer: readonly Readonly<Record<string, unknown>>[],
): Map<Payer, OwnerDigests> {
  const rows = z.array(Row).parse(answer.map(inLowerCase));
  const byPayer = Map.groupBy(rows, ({ payer }) => payer);
  return new Map(
    payers.map((payer) => {
      const ofPayer = byPayer.get(payer) ?? [];
      const owners = [...Map.groupBy(ofPayer, ({ owner }) => owner).values()].flatMap(digestOf);
      return [payer, { owners, leftOut: (ofPayer[0]?.owners ?? 0) - owners.length }];
    }),
  );
}

function digestOf(rows: readonly Row[]): OwnerDigest[] {
  const [first] = rows;
  if (!first) return [];
  const byCurrency = Map.groupBy(rows, ({ currency }) => currency);
  const savings = [...byCurrency].flatMap(([currency, [row]]) =>
    row ? [{ currency, estimatedSaving: row.sum_saving, wholeMonthSaving: row.sum_month_saving }] : [],
  );
  const { owner, findings, below } = first;
  const listed = rows.filter(({ month_saving: saving }) => saving === null || saving >= LISTED_FROM);
  return [{ owner, findings, belowThreshold: below, savings, largest: listed.map(ownedFinding) }];
}

function ownedFinding(row: Row): OwnedFinding {
  return {
    check: row.check_name,
    account: row.account,
    accountName: row.account_name,
    region: row.region,
    resource: row.resource,
    evidence: row.evidence,
    currency: row.currency,
    estimatedSaving: row.saving,
    wholeMonthSaving: row.month_saving,
  };
}

function inLowerCase(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
}

const Text = z.nullable(z.string());
const Amount = z.pipe(z.unknown(), z.transform(amountOf));
const Count = z.coerce.number();
const Row = z.object({
  payer: z.pipe(z.string(), z.transform(parsePayer)),
  owner: z.string(),
  owners: Count,
  findings: Count,
  below: Count,
  sum_saving: Amount,
  sum_month_saving: Amount,
  check_name: z.string(),
  account: z.string(),
  account_name: Text,
  region: Text,
  resource: z.string(),
  evidence: Text,
  currency: Text,
  saving: Amount,
  month_saving: Amount,
});
type Row = z.output<typeof Row>;
