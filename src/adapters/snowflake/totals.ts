import * as z from 'zod/mini';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import { amountOf, sumSql } from '../../warehouse/costs.ts';
import { CANNOT_BE_TOLD, FAILED, silentChecksOf } from '../../warehouse/silentChecks.ts';
import type { PartitionTotals } from '../../warehouse/warehouse.ts';
import type { SnowflakeNames } from './names.ts';
import { ofMonth } from './ofMonth.ts';
import { publishedCosts } from './publishedCosts.ts';
import type { Statements } from './statements.ts';

/**
 * What readers see of each payer's month, in three statements, however many payers, and some more
 * for each whose publication says no costs. No line items are read for the others. Throws what the
 * session throws, and an Error where line items cannot be read.
 */
export async function totalsOf(
  session: Statements,
  names: SnowflakeNames,
  period: Period,
  payers: readonly Payer[],
): Promise<Map<Payer, PartitionTotals>> {
  if (payers.length === 0) return new Map();
  const costs = await publishedCosts(session, names, period, payers);
  const rows = await session.run(
    `select payer, check_name, currency, count(*) as finding_count, ${sumSql('estimated_saving')} as estimated_saving
     from ${names.findings}
     where ${ofMonth(period, payers)}
     group by payer, check_name, currency
     order by payer, check_name, currency`,
  );
  const checkRuns = z.array(CheckRunRow).parse(
    await session.run(
      `select payer, check_name, status, reason
       from ${names.checkRuns}
       where ${ofMonth(period, payers)} and status in ('${FAILED}', '${CANNOT_BE_TOLD}')
       order by payer, check_name`,
    ),
  );
  const findings = Map.groupBy(z.array(FindingRow).parse(rows), ({ PAYER }) => PAYER);
  return new Map(
    payers.map((payer) => [
      payer,
      {
        costs: costs.get(payer) ?? [],
        findings: (findings.get(payer) ?? []).map(({ CHECK_NAME, CURRENCY, FINDING_COUNT, ESTIMATED_SAVING }) => ({
          check: CHECK_NAME,
          currency: CURRENCY,
          count: FINDING_COUNT,
          estimatedSaving: ESTIMATED_SAVING ?? 0,
        })),
        ...silentChecksOf(payer, checkRuns),
      },
    ]),
  );
}

const CheckRunRow = z.pipe(
  z.object({
    PAYER: z.pipe(z.string(), z.transform(parsePayer)),
    CHECK_NAME: z.string(),
    STATUS: z.string(),
    REASON: z.nullable(z.string()),
  }),
  z.transform(({ PAYER, CHECK_NAME, STATUS, REASON }) => ({
    payer: PAYER,
    check: CHECK_NAME,
    status: STATUS,
    reason: REASON,
  })),
);
const FindingRow = z.object({
  PAYER: z.pipe(z.string(), z.transform(parsePayer)),
  CHECK_NAME: z.string(),
  CURRENCY: z.nullable(z.string()),
  FINDING_COUNT: z.coerce.number(),
  ESTIMATED_SAVING: z.pipe(z.unknown(), z.transform(amountOf)),
});
