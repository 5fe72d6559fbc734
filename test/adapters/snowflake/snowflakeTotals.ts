import { billedCost } from '../../../src/warehouse/computedColumns.ts';
import { ownerDigestsSql } from '../../../src/warehouse/ownerDigest.ts';
import type { Row } from '../../warehouse/harness.ts';
import {
  bound,
  boundNumber,
  escaped,
  type Known,
  monthIn,
  NOTHING,
  ofMonth,
  pattern,
  texts,
} from './snowflakeStatements.ts';
import type { Sessions } from './snowflakeTables.ts';

const BILLED = billedCost.replaceAll(/\s+/g, ' ');
const OF_MONTH = `where ${ofMonth()}`;

/**
 * The totals of a month. Findings of this stand-in are all of the check `ran`, without a currency
 * or a saving.
 */
export function totalsStatements(sessions: Sessions, lineItems: (path: string) => readonly Row[]): Known[] {
  return [
    {
      pattern: pattern(`select payer, epoch, costs from <publications> ${OF_MONTH}`),
      run: async ({ match, sessionId }) => {
        const rows = sessions.read(sessionId).publications.filter(monthIn(match).isOf);
        return texts(
          ['PAYER', 'EPOCH', 'COSTS'],
          rows.map(({ payer, epoch, costs }) => [payer, String(epoch), costs]),
        );
      },
    },
    {
      pattern: pattern(
        'select counted.row_count, published.row_count' +
          String.raw` from \(select count\(\*\) as row_count from <lineItemsView> ${OF_MONTH}\) as counted` +
          String.raw` cross join \(select coalesce\(sum\(row_count\), 0\) as row_count from <currentFiles>` +
          String.raw` where year = \1 and month = \2 and payer \3\) as published`,
      ),
      run: async ({ match, sessionId }) => {
        const { payers, year, month, isOf } = monthIn(match);
        const read = payers.flatMap((payer) => lineItems(pathOf(payer, year, month))).length;
        const files = sessions.read(sessionId).currentFiles.filter(isOf);
        const published = files.reduce((sum, { rowCount }) => sum + rowCount, 0);
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
        String.raw`select currency, count\(\*\) as row_count, ${sumOf('billed_cost')} as cost` +
          String.raw` from \( select line_item_currency_code as currency, ${escaped(BILLED)} as billed_cost` +
          String.raw` from <lineItemsView> ${OF_MONTH} \) group by currency order by currency`,
      ),
      run: async ({ match }) => {
        const { year, month, payers } = monthIn(match);
        const items = payers.flatMap((payer) => lineItems(pathOf(payer, year, month)));
        const rows = costsOf(items).map(([currency, { count, cost }]) => [
          currency,
          String(count),
          cost === null ? null : String(cost),
        ]);
        return {
          columns: [
            { name: 'CURRENCY', type: 'text' },
            { name: 'ROW_COUNT', type: 'fixed' },
            { name: 'COST', type: 'real' },
          ],
          rows,
        };
      },
    },
    ownerDigestsStatement(sessions),
    {
      pattern: pattern(String.raw`select sum\(row_count\) as row_count from <currentFiles> ${OF_MONTH}`),
      run: async ({ match, sessionId }) => {
        const files = sessions.read(sessionId).currentFiles.filter(monthIn(match).isOf);
        const sum = files.reduce((rows, { rowCount }) => rows + rowCount, 0);
        return texts(['ROW_COUNT'], [[files.length === 0 ? null : String(sum)]]);
      },
    },
    {
      pattern: pattern(String.raw`update <publications> set costs = \? ${OF_MONTH} and epoch = \? and costs is null`),
      run: async ({ match, binds, sessionId }) => {
        await sessions.write(sessionId, 'publications', ({ publications }) => {
          const { isOf } = monthIn(match);
          const rows = publications.filter(
            (row) => isOf(row) && row.epoch === boundNumber(binds, 1) && row.costs === null,
          );
          for (const row of rows) row.costs = bound(binds, 0);
          return rows.length;
        });
        return NOTHING;
      },
    },
    {
      pattern: pattern(
        `select payer, check_name, status, reason from <checkRuns> ${OF_MONTH}` +
          String.raw` and status in \('failed', 'cannot-be-told'\) order by payer, check_name`,
      ),
      run: async ({ match, sessionId }) => {
        const { isOf } = monthIn(match);
        const silent = sessions
          .read(sessionId)
          .checkRuns.filter((row) => isOf(row) && ['failed', 'cannot-be-told'].includes(row.status))
          .toSorted((one, other) => (one.payer + one.check < other.payer + other.check ? -1 : 1));
        return texts(
          ['PAYER', 'CHECK_NAME', 'STATUS', 'REASON'],
          silent.map(({ payer, check, status, reason }) => [payer, check, status, reason]),
        );
      },
    },
    {
      pattern: pattern(
        String.raw`select payer, check_name, currency, count\(\*\) as finding_count,` +
          ` ${sumOf('estimated_saving')} as estimated_saving` +
          ` from <findings> ${OF_MONTH}` +
          ' group by payer, check_name, currency order by payer, check_name, currency',
      ),
      run: async ({ match, sessionId }) => {
        const { isOf, payers } = monthIn(match);
        const { findings } = sessions.read(sessionId);
        const rows = payers.flatMap((payer) => {
          const of = findings.filter((row) => isOf(row) && row.payer === payer);
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

/** One row per payer with findings, whose owner is the empty account. */
function ownerDigestsStatement(sessions: Sessions): Known {
  const sql = ownerDigestsSql('<findings>', 'OF_MONTH').replaceAll(/\s+/g, ' ');
  return {
    pattern: pattern(escaped(sql).replace('OF_MONTH', ofMonth())),
    run: async ({ match, sessionId }) => {
      const { isOf, payers } = monthIn(match);
      const { findings } = sessions.read(sessionId);
      const rows = payers.flatMap((payer) => {
        const count = findings.filter((row) => isOf(row) && row.payer === payer).length;
        return count === 0 ? [] : [[payer, '', '1', String(count), '0', 'ran', '', '']];
      });
      const named = texts(['PAYER', 'OWNER', 'OWNERS', 'FINDINGS', 'BELOW', 'CHECK_NAME', 'ACCOUNT', 'RESOURCE'], rows);
      const unsaid = ['ACCOUNT_NAME', 'REGION', 'EVIDENCE', 'CURRENCY'];
      const amounts = ['SUM_SAVING', 'SUM_MONTH_SAVING', 'SAVING', 'MONTH_SAVING'];
      const nulls = texts([...unsaid, ...amounts], [[...unsaid, ...amounts].map(() => null)]);
      return {
        columns: [...named.columns, ...nulls.columns],
        rows: named.rows.map((row) => [...row, ...(nulls.rows[0] ?? [])]),
      };
    },
  };
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
  return escaped(text);
}

/** Rows and cost per currency, by currency; null comes last, as in Snowflake. */
function costsOf(items: readonly Row[]): [string | null, { count: number; cost: number | null }][] {
  const costs = new Map<string | null, { count: number; cost: number | null }>();
  for (const { line_item_currency_code: code, line_item_unblended_cost: unblended, is_split_cost: isSplit } of items) {
    const cost = isSplit === 1 ? 0 : unblended;
    const currency = code === undefined || code === null ? null : String(code);
    const { count, cost: sum } = costs.get(currency) ?? { count: 0, cost: null };
    const isUnknown = cost === undefined || cost === null;
    costs.set(currency, { count: count + 1, cost: isUnknown ? sum : (sum ?? 0) + Number(cost) });
  }
  return [...costs].sort(([one], [other]) => compareCurrencies(one, other));
}

function compareCurrencies(one: string | null, other: string | null): number {
  if (one === null) return 1;
  if (other === null) return -1;
  return one < other ? -1 : 1;
}
