import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import * as z from 'zod';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import { monthOf, type Period, yearOf } from '../../billing/period.ts';
import { amountOf, sumSql } from '../../warehouse/costs.ts';
import type { PartitionTotals } from '../../warehouse/warehouse.ts';

/** What readers see of each payer's month. */
export async function totalsOf(
  connection: DuckDBConnection,
  period: Period,
  payers: readonly Payer[],
): Promise<Map<Payer, PartitionTotals>> {
  const query = async (sql: string) => {
    const values = { year: yearOf(period), month: monthOf(period), payers: listValue(payers) };
    return (await connection.runAndReadAll(sql, values, { payers: LIST(VARCHAR) })).getRowObjectsJS();
  };
  const costs = z.array(CostRow).parse(
    await query(
      `select payer, line_item_currency_code as currency, ${sumSql('line_item_unblended_cost')} as cost
       from cur_line_items
       where year = $year and month = $month and payer in (select unnest($payers))
       group by payer, line_item_currency_code
       order by payer, currency`,
    ),
  );
  const findings = z.array(FindingRow).parse(
    await query(
      `select payer, check_name, currency, count(*) as findings, ${sumSql('estimated_saving')} as saving
       from cur_findings
       where year = $year and month = $month and payer in (select unnest($payers))
       group by payer, check_name, currency
       order by payer, check_name, currency`,
    ),
  );
  return new Map(
    payers.map((payer) => [
      payer,
      {
        costs: costs.flatMap((row) => (row.payer === payer ? { currency: row.currency, cost: row.cost } : [])),
        findings: findings.flatMap((row) =>
          row.payer === payer
            ? { check: row.check_name, currency: row.currency, count: row.findings, estimatedSaving: row.saving ?? 0 }
            : [],
        ),
      },
    ]),
  );
}

const SomePayer = z.string().transform(parsePayer);
const SomeCurrency = z.string().nullable();
const SomeAmount = z.unknown().transform(amountOf);
const CostRow = z.object({ payer: SomePayer, currency: SomeCurrency, cost: SomeAmount });
const FindingRow = z.object({
  payer: SomePayer,
  check_name: z.string(),
  currency: SomeCurrency,
  findings: z.bigint().transform(Number),
  saving: SomeAmount,
});
