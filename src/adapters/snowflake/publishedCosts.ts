import * as z from 'zod/mini';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import { billedCost } from '../../warehouse/computedColumns.ts';
import { amountOf, sumSql } from '../../warehouse/costs.ts';
import { type CurrencyCost, costsText, parseCosts } from '../../warehouse/currencyCosts.ts';
import type { SnowflakeNames } from './names.ts';
import { ofMonth } from './ofMonth.ts';
import type { Statements } from './statements.ts';

/**
 * What each payer's published month costs, as its publication says. Where an older release has
 * published it without, it is read from the line items, for that payer alone, and kept: so that
 * happens once.
 */
export async function publishedCosts(
  session: Statements,
  names: SnowflakeNames,
  period: Period,
  payers: readonly Payer[],
): Promise<Map<Payer, readonly CurrencyCost[]>> {
  const rows = await session.run(
    `select payer, epoch, costs from ${names.publications} where ${ofMonth(period, payers)}`,
  );
  const costs = new Map<Payer, readonly CurrencyCost[]>();
  for (const { PAYER, EPOCH, COSTS } of z.array(PublicationRow).parse(rows)) {
    costs.set(PAYER, COSTS ?? (await costsOfLineItems(session, names, { period, payer: PAYER, epoch: EPOCH })));
  }
  return costs;
}

/** A payer's month, as the run with this epoch has published it. */
interface Published {
  readonly period: Period;
  readonly payer: Payer;
  readonly epoch: number;
}

/**
 * Throws an Error with both numbers where the rows that can be read are not those that were
 * published: an external table leaves out what it cannot read, without a word. Whoever asked tries
 * again later, and gives an alarm when it stays so.
 */
async function costsOfLineItems(
  session: Statements,
  names: SnowflakeNames,
  { period, payer, epoch }: Published,
): Promise<readonly CurrencyCost[]> {
  const isOf = ofMonth(period, [payer]);
  const read = z.array(CostRow).parse(
    await session.run(
      `select currency, count(*) as row_count, ${sumSql('billed_cost')} as cost
       from (
         select line_item_currency_code as currency, ${billedCost} as billed_cost
         from ${names.lineItemsView}
         where ${isOf}
       )
       group by currency
       order by currency`,
    ),
  );
  const [published] = z
    .array(RowsRow)
    .parse(await session.run(`select sum(row_count) as row_count from ${names.currentFiles} where ${isOf}`));
  const [wanted, found] = [published?.ROW_COUNT ?? 0, read.reduce((sum, { ROW_COUNT }) => sum + ROW_COUNT, 0)];
  if (found !== wanted) throw new Error(`${found} of the ${wanted} rows that are published can be read`);
  const costs = read.map(({ CURRENCY, COST }) => ({ currency: CURRENCY, cost: COST }));
  await session.run(`update ${names.publications} set costs = ? where ${isOf} and epoch = ? and costs is null`, [
    costsText(costs),
    epoch,
  ]);
  return costs;
}

const PublicationRow = z.object({
  PAYER: z.pipe(z.string(), z.transform(parsePayer)),
  EPOCH: z.coerce.number(),
  COSTS: z.nullable(z.pipe(z.string(), z.transform(parseCosts))),
});
const CostRow = z.object({
  CURRENCY: z.nullable(z.string()),
  ROW_COUNT: z.coerce.number(),
  COST: z.pipe(z.unknown(), z.transform(amountOf)),
});
const RowsRow = z.object({ ROW_COUNT: z.nullable(z.coerce.number()) });
