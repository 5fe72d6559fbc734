import { quoteText } from '../../adapters/duckdb/quote.ts';
import type { Payer } from '../../billing/payer.ts';
import { monthOf, type Period, yearOf } from '../../billing/period.ts';
import type { Summary } from './summaryOptions.ts';

/** Which rows are asked for. */
interface SummaryScope {
  readonly payer?: Payer | undefined;
  /** Without it the newest month that is there. */
  readonly period?: Period | undefined;
}

/** How the column of a query is shown. Without one it is text as it is. */
export type CellKind = 'money' | 'share';

export interface SummaryQuery {
  readonly title: string;
  /** A statement in DuckDB's SQL; its columns' names are those of the CSV and JSON, too. */
  readonly sql: string;
  /** The kinds of columns, by name. */
  readonly kinds: Readonly<Record<string, CellKind>>;
  /** Columns that go below their row in a narrow terminal. */
  readonly details?: readonly string[];
}

const COSTS = `sum(unblended_cost) as unblended, sum(amortized_cost) as amortised,
  sum(net_amortized_cost) as net, sum(list_cost) as list, currency`;
const COST_KINDS = { unblended: 'money', amortised: 'money', net: 'money', list: 'money' } as const;
const PERIOD = `printf('%04d-%02d', year, month) as period`;
/** How many movers of a payer, dimension and currency are shown. */
const MOST_MOVERS = 10;
/** Changes of a day below this amount of their currency are noise to a reader. */
const LEAST_CHANGE = 1;

/** The query that answers a summary. */
export function summaryQuery(summary: Summary, scope: SummaryScope): SummaryQuery {
  switch (summary.by) {
    case 'service':
    case 'region':
      return byColumn(summary.by, scope);
    case 'account':
      return byAccount(scope);
    case 'day':
      return byDay(scope);
    case 'tag':
      return byTag(summary.key, scope);
    case 'commitments':
      return commitments(scope);
    case 'transfer':
      return transfer(scope);
    case 'movers':
      return movers(scope);
    case 'anomalies':
      return anomalies(scope);
    case 'forecast':
      return forecast(scope);
    default:
      return summary satisfies never;
  }
}

/** The condition on payer and month; `table` is where the newest month is looked up. */
function whereOf(table: string, { payer, period }: SummaryScope): string {
  const ofPayer = payer === undefined ? 'true' : `payer = ${quoteText(payer)}`;
  const month =
    period === undefined
      ? `year * 12 + month = (select max(year * 12 + month) from ${table} where ${ofPayer})`
      : `year = ${yearOf(period)} and month = ${monthOf(period)}`;
  return `${ofPayer} and ${month}`;
}

function byColumn(column: 'service' | 'region', scope: SummaryScope): SummaryQuery {
  return {
    title: `Cost by ${column}`,
    sql: `select ${PERIOD}, ${column}, ${COSTS} from cur_daily_cost where ${whereOf('cur_daily_cost', scope)}
      group by year, month, ${column}, currency order by currency, amortised desc, ${column}`,
    details: ['net', 'list'],
    kinds: COST_KINDS,
  };
}

function byAccount(scope: SummaryScope): SummaryQuery {
  return {
    title: 'Cost by account',
    sql: `with costs as (
        select payer, year, month, account, ${COSTS} from cur_daily_cost where ${whereOf('cur_daily_cost', scope)}
        group by payer, year, month, account, currency
      )
      select ${PERIOD}, payer, account, coalesce(account_name, '') as name, unblended, amortised, net, list, currency
      from costs left join cur_accounts using (payer, year, month, account)
      order by currency, amortised desc, payer, account`,
    details: ['payer', 'name', 'net', 'list'],
    kinds: COST_KINDS,
  };
}

function byDay(scope: SummaryScope): SummaryQuery {
  return {
    title: 'Cost by day; monthly: of lines that last longer than a day, on the day they begin',
    sql: `select usage_day as day, sum(unblended_cost) as unblended, sum(amortized_cost) as amortised,
        sum(net_amortized_cost) as net, sum(case when is_monthly = 1 then amortized_cost else 0 end) as monthly, currency
      from cur_daily_cost where ${whereOf('cur_daily_cost', scope)}
      group by usage_day, currency order by currency, usage_day`,
    kinds: { unblended: 'money', amortised: 'money', net: 'money', monthly: 'money' },
  };
}

/** The only one that reads line items: whatever key a report has may be asked for. */
function byTag(key: string, scope: SummaryScope): SummaryQuery {
  const value = `nullif(resource_tags[${quoteText(key)}], '')`;
  const isUsage = `line_item_line_item_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')`;
  return {
    title: `Cost by the tag ${key}`,
    sql: `select ${PERIOD},
        case when ${value} is not null then 'tagged'
          when ${isUsage} and line_item_resource_id is not null then 'untagged' else 'untaggable' end as tagging,
        coalesce(${value}, '') as value, sum(line_item_unblended_cost) as unblended,
        sum(amortized_cost) as amortised, coalesce(line_item_currency_code, '') as currency
      from cur_line_items where is_split_cost = 0 and ${whereOf('cur_months', scope)}
      group by all order by currency, tagging, amortised desc, value`,
    kinds: { unblended: 'money', amortised: 'money' },
  };
}

function commitments(scope: SummaryScope): SummaryQuery {
  return {
    title: 'Reservations and savings plans',
    sql: `select ${PERIOD}, payer, kind, coalesce(owner_account, '') as owner, arn, payment_option as payment,
        end_date as ends, utilisation, used_cost as used, unused_cost as unused, covered_list_cost as on_demand,
        saving, currency
      from cur_commitment_utilisation where ${whereOf('cur_commitment_use', scope)}
      order by currency, unused_cost desc, payer, arn`,
    details: ['payer', 'owner', 'arn', 'payment', 'on_demand'],
    kinds: { utilisation: 'share', used: 'money', unused: 'money', on_demand: 'money', saving: 'money' },
  };
}

function transfer(scope: SummaryScope): SummaryQuery {
  return {
    title: 'Data transfer, amortised cost',
    sql: `select ${PERIOD}, transfer_class as class, service, sum(gigabytes) as gb, sum(cost) as cost, currency
      from cur_data_transfer where ${whereOf('cur_data_transfer', scope)}
      group by year, month, transfer_class, service, currency
      order by currency, cost desc, gb desc, class, service`,
    kinds: { gb: 'money', cost: 'money' },
  };
}

function movers(scope: SummaryScope): SummaryQuery {
  return {
    title: `Largest changes against the month before: to date, or of whole months (the first ${MOST_MOVERS} of each)`,
    sql: `select ${PERIOD}, payer, dimension, name, cost_before as before, cost, change, currency
      from cur_movers where ${whereOf('cur_movers', scope)} and place <= ${MOST_MOVERS}
      order by payer, currency, dimension, place`,
    kinds: { before: 'money', cost: 'money', change: 'money' },
  };
}

function anomalies({ payer, period }: SummaryScope): SummaryQuery {
  const ofPayer = payer === undefined ? 'true' : `payer = ${quoteText(payer)}`;
  const isIn = (day: string) => (period === undefined ? 'true' : `strftime(${day}, '%Y-%m') = ${quoteText(period)}`);
  return {
    title: `Days unlike those before them, by ${LEAST_CHANGE}.00 and more, and drift over the newest 30 days`,
    sql: `select * from (
        select usage_day as day, severity, payer, account, service, expected_cost as expected, cost, change, score,
          currency
        from cur_anomalies where ${ofPayer} and ${isIn('usage_day')}
        union all
        select last_day, 'drift', payer, account, service, median_cost, median_cost * (1 + drift),
          median_cost * drift, drift, currency
        from cur_cost_drift where ${ofPayer} and ${isIn('last_day')}
      ) where abs(change) >= ${LEAST_CHANGE}
      order by day desc, abs(change) desc, payer, account, service`,
    details: ['expected', 'cost', 'score'],
    kinds: { expected: 'money', cost: 'money', change: 'money', score: 'money' },
  };
}

function forecast({ payer, period }: SummaryScope): SummaryQuery {
  const ofPayer = payer === undefined ? 'true' : `payer = ${quoteText(payer)}`;
  const ofMonth = period === undefined ? 'true' : `year = ${yearOf(period)} and month = ${monthOf(period)}`;
  return {
    title: 'What a month will have cost, without tax, credits and refunds; lowest and highest hold in 8 cases of 10',
    sql: `select ${PERIOD}, payer, newest_day as until, cost_to_date as to_date, monthly_cost as monthly, forecast,
        lowest, highest, currency
      from cur_forecast where ${ofPayer} and ${ofMonth} order by currency, forecast desc, payer`,
    kinds: { to_date: 'money', monthly: 'money', forecast: 'money', lowest: 'money', highest: 'money' },
  };
}
