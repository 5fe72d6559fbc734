import type { Row } from '../../warehouse/harness.ts';
import { boundNumber, boundTexts, IN_BOUND_TEXTS, type Known, pattern } from './snowflakeStatements.ts';
import type { Sessions } from './snowflakeTables.ts';

const OF_LITERAL_PAYERS = String.raw`where year = (\d{4}) and month = (\d+) and payer in \(('\d{12}'(?:, '\d{12}')*)\)`;
const OF_MONTH = String.raw`where year = \? and month = \? and payer ${IN_BOUND_TEXTS}`;

/**
 * The totals of a month. Findings of this stand-in are all of the check `ran`, without a currency
 * or a saving.
 */
export function totalsStatements(sessions: Sessions, lineItems: (path: string) => readonly Row[]): Known[] {
  return [
    {
      pattern: pattern(
        'select counted.row_count, published.row_count' +
          String.raw` from \(select count\(\*\) as row_count from <lineItemsView> ${OF_LITERAL_PAYERS}\) as counted` +
          String.raw` cross join \(select coalesce\(sum\(row_count\), 0\) as row_count from <currentFiles>` +
          String.raw` where year = \1 and month = \2 and payer in \(\3\)\) as published`,
      ),
      run: async ({ match, sessionId }) => {
        const [year, month] = [Number(match[1]), Number(match[2])];
        const payers = new Set((match[3] ?? '').split(', ').map((literal) => literal.slice(1, -1)));
        const read = [...payers].flatMap((payer) => lineItems(pathOf(payer, year, month))).length;
        const published = sessions
          .read(sessionId)
          .currentFiles.filter((file) => payers.has(file.payer) && file.year === year && file.month === month)
          .reduce((sum, { rowCount }) => sum + rowCount, 0);
        return {
          columns: [
            { name: 'ROW_COUNT', type: 'fixed' },
            { name: 'ROW_COUNT', type: 'fixed' },
          ],
          rows: [[String(read), String(published)]],
        };
      },
    },
    {
      pattern: pattern(
        `select payer, line_item_currency_code as currency, ${sumOf('line_item_unblended_cost')} as cost` +
          ` from <lineItemsView> ${OF_MONTH} group by payer, line_item_currency_code order by payer, currency`,
      ),
      run: async ({ binds }) => {
        const [year, month] = [boundNumber(binds, 0), boundNumber(binds, 1)];
        const rows = [...boundTexts(binds, 2)].sort().flatMap((payer) => {
          const items = lineItems(pathOf(payer, year, month));
          return costsOf(items).map(([currency, cost]) => [payer, currency, cost === null ? null : String(cost)]);
        });
        return {
          columns: [
            { name: 'PAYER', type: 'text' },
            { name: 'CURRENCY', type: 'text' },
            { name: 'COST', type: 'real' },
          ],
          rows,
        };
      },
    },
    {
      pattern: pattern(
        String.raw`select payer, check_name, currency, count\(\*\) as finding_count,` +
          ` ${sumOf('estimated_saving')} as estimated_saving` +
          ` from <findings> ${OF_MONTH}` +
          ' group by payer, check_name, currency order by payer, check_name, currency',
      ),
      run: async ({ binds, sessionId }) => {
        const [year, month, payers] = [boundNumber(binds, 0), boundNumber(binds, 1), boundTexts(binds, 2)];
        const { findings } = sessions.read(sessionId);
        const rows = [...payers].sort().flatMap((payer) => {
          const of = findings.filter((row) => row.payer === payer && row.year === year && row.month === month);
          return of.length === 0 ? [] : [[payer, 'ran', null, String(of.length), null]];
        });
        return {
          columns: [
            { name: 'PAYER', type: 'text' },
            { name: 'CHECK_NAME', type: 'text' },
            { name: 'CURRENCY', type: 'text' },
            { name: 'FINDING_COUNT', type: 'fixed' },
            { name: 'ESTIMATED_SAVING', type: 'real' },
          ],
          rows,
        };
      },
    },
  ];
}

function pathOf(payer: string, year: number, month: number): string {
  return `year=${year}/month=${String(month).padStart(2, '0')}/payer-${payer}/`;
}

/**
 * The pattern of a sum that does not depend on the order of its rows, and is NULL without any
 * value.
 */
function sumOf(column: string): string {
  const bounded = (condition: string) => `case when ${condition} then ${column} end`;
  const [addable, exact] = [`abs(${column}) < 1e+300`, `abs(${column}) < 1000000000000`];
  const text =
    `case when count(${bounded(addable)}) > 0 then` +
    ` cast(coalesce(sum(cast(${bounded(exact)} as decimal(38, 15))), 0) as double)` +
    ` + coalesce(sum(${bounded(`${addable} and abs(${column}) >= 1000000000000`)}), 0) end`;
  return text.replaceAll(/[()?*:|$+]/g, String.raw`\$&`);
}

/** The costs per currency, by currency; null comes last, as in Snowflake. */
function costsOf(items: readonly Row[]): [string | null, number | null][] {
  const costs = new Map<string | null, number | null>();
  for (const { line_item_currency_code: code, line_item_unblended_cost: cost } of items) {
    const currency = code === undefined || code === null ? null : String(code);
    const before = costs.get(currency) ?? null;
    costs.set(currency, cost === undefined || cost === null ? before : (before ?? 0) + Number(cost));
  }
  return [...costs].sort(([one], [other]) => compareCurrencies(one, other));
}

function compareCurrencies(one: string | null, other: string | null): number {
  if (one === null) return 1;
  if (other === null) return -1;
  return one < other ? -1 : 1;
}
