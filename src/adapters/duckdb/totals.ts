import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import * as z from 'zod';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import { monthOf, type Period, yearOf } from '../../billing/period.ts';
import { billedCost } from '../../warehouse/computedColumns.ts';
import { amountOf, sumSql } from '../../warehouse/costs.ts';
import { parseCosts } from '../../warehouse/currencyCosts.ts';
import { CANNOT_BE_TOLD, FAILED, silentChecksOf } from '../../warehouse/silentChecks.ts';
import type { PartitionTotals } from '../../warehouse/warehouse.ts';

/**
 * What readers see of each payer's month: costs as they were published, or, of a publication that
 * says none, those of its line items.
 */
export async function totalsOf(
  connection: DuckDBConnection,
  period: Period,
  payers: readonly Payer[],
): Promise<Map<Payer, PartitionTotals>> {
  const query = async (sql: string, asked = payers) => {
    const values = { year: yearOf(period), month: monthOf(period), payers: listValue(asked) };
    return (await connection.runAndReadAll(sql, values, { payers: LIST(VARCHAR) })).getRowObjectsJS();
  };
  const publications = z
    .array(PublicationRow)
    .parse(await query(`select payer, costs from cur_publications ${OF_MONTH}`));
  const published = new Map(publications.map(({ payer, costs }) => [payer, costs]));
  const unknown = publications.flatMap(({ payer, costs }) => (costs === null ? payer : []));
  const read = z.array(CostRow).parse(
    await query(
      `select payer, currency, ${sumSql('billed_cost')} as cost
       from (
         select payer, line_item_currency_code as currency, ${billedCost} as billed_cost
         from cur_line_items ${OF_MONTH}
       )
       group by payer, currency
       order by payer, currency`,
      unknown,
    ),
  );
  const findings = z.array(FindingRow).parse(
    await query(
      `select payer, check_name, currency, count(*) as findings, ${sumSql('estimated_saving')} as saving
       from cur_findings ${OF_MONTH}
       group by payer, check_name, currency
       order by payer, check_name, currency`,
    ),
  );
  const checkRuns = z.array(CheckRunRow).parse(
    await query(
      `select payer, check_name as "check", status, reason
       from cur_check_runs ${OF_MONTH} and status in ('${FAILED}', '${CANNOT_BE_TOLD}')
       order by payer, check_name`,
    ),
  );
  return new Map(
    payers.map((payer) => [
      payer,
      {
        costs:
          published.get(payer) ??
          read.flatMap((row) => (row.payer === payer ? { currency: row.currency, cost: row.cost } : [])),
        findings: findings.flatMap((row) =>
          row.payer === payer
            ? { check: row.check_name, currency: row.currency, count: row.findings, estimatedSaving: row.saving ?? 0 }
            : [],
        ),
        ...silentChecksOf(payer, checkRuns),
      },
    ]),
  );
}

const OF_MONTH = 'where year = $year and month = $month and payer in (select unnest($payers))';

const SomePayer = z.string().transform(parsePayer);
const SomeCurrency = z.string().nullable();
const SomeAmount = z.unknown().transform(amountOf);
const PublicationRow = z.object({
  payer: SomePayer,
  costs: z.string().transform(parseCosts).nullable(),
});
const CostRow = z.object({ payer: SomePayer, currency: SomeCurrency, cost: SomeAmount });
const CheckRunRow = z.object({
  payer: SomePayer,
  check: z.string(),
  status: z.string(),
  reason: z.string().nullable(),
});
const FindingRow = z.object({
  payer: SomePayer,
  check_name: z.string(),
  currency: SomeCurrency,
  findings: z.bigint().transform(Number),
  saving: SomeAmount,
});
