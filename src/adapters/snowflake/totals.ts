import * as z from 'zod/mini';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import { amountOf, sumSql } from '../../warehouse/costs.ts';
import type { PartitionTotals } from '../../warehouse/warehouse.ts';
import type { SnowflakeNames } from './names.ts';
import { ofMonth } from './ofMonth.ts';
import type { Statements } from './statements.ts';

/** What readers see of each payer's month, in two statements, however many payers. */
export async function totalsOf(
  session: Statements,
  names: SnowflakeNames,
  period: Period,
  payers: readonly Payer[],
): Promise<Map<Payer, PartitionTotals>> {
  if (payers.length === 0) return new Map();
  const costs = await session.run(
    `select payer, line_item_currency_code as currency, ${sumSql('line_item_unblended_cost')} as cost
     from ${names.lineItemsView}
     where ${ofMonth(period, payers)}
     group by payer, line_item_currency_code
     order by payer, currency`,
  );
  const findings = await session.run(
    `select payer, check_name, currency, count(*) as finding_count, ${sumSql('estimated_saving')} as estimated_saving
     from ${names.findings}
     where ${ofMonth(period, payers)}
     group by payer, check_name, currency
     order by payer, check_name, currency`,
  );
  const costRows = z.array(CostRow).parse(costs);
  const findingRows = z.array(FindingRow).parse(findings);
  return new Map(
    payers.map((payer) => [
      payer,
      {
        costs: costRows.flatMap(({ PAYER, CURRENCY, COST }) =>
          PAYER === payer ? { currency: CURRENCY, cost: COST } : [],
        ),
        findings: findingRows.flatMap(({ PAYER, CHECK_NAME, CURRENCY, FINDING_COUNT, ESTIMATED_SAVING }) =>
          PAYER === payer
            ? { check: CHECK_NAME, currency: CURRENCY, count: FINDING_COUNT, estimatedSaving: ESTIMATED_SAVING ?? 0 }
            : [],
        ),
      },
    ]),
  );
}

const SomePayer = z.pipe(z.string(), z.transform(parsePayer));
const Amount = z.pipe(z.unknown(), z.transform(amountOf));
const CostRow = z.object({ PAYER: SomePayer, CURRENCY: z.nullable(z.string()), COST: Amount });
const FindingRow = z.object({
  PAYER: SomePayer,
  CHECK_NAME: z.string(),
  CURRENCY: z.nullable(z.string()),
  FINDING_COUNT: z.coerce.number(),
  ESTIMATED_SAVING: Amount,
});
