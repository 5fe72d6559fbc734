-- What the summaries say over days and months, for DuckDB and Snowflake alike.
--
-- Views, not tables: a month is delivered anew several times a day, and what was
-- computed from its older state would stay wrong until its neighbours are
-- analysed again. These always compare what is there.
--
-- Days: only those that a report holds whole are compared. Comparable costs are
-- amortised, without tax, credits and refunds, which come when they come.
-- Monthly lines (cur_daily_cost.is_monthly) are kept apart: they have no day.
-- Months: a month that is not over is never compared with a whole one.
-- Every row is of one currency.

-- One row per payer, account, service, currency and whole day.
create or replace view cur_comparable_days as
select
    daily.payer,
    daily.year,
    daily.month,
    daily.account,
    daily.service,
    daily.currency,
    daily.usage_day,
    sum(daily.amortized_cost) as cost
from cur_daily_cost as daily
inner join cur_months as months
    on
        daily.payer = months.payer
        and daily.year = months.year
        and daily.month = months.month
where
    daily.is_monthly = 0
    and daily.charge_type not in ('Tax', 'Credit', 'Refund')
    and daily.usage_day <= months.last_whole_day
group by
    daily.payer,
    daily.year,
    daily.month,
    daily.account,
    daily.service,
    daily.currency,
    daily.usage_day;

-- One row per payer, account, service, currency and day of the payer's newest 92
-- whole days: a day without lines has cost 0. is_weekend: Saturday or Sunday.
create or replace view cur_daily_series as
with newest as (
    select
        payer,
        max(usage_day) as newest_day
    from cur_comparable_days
    group by payer
),

recent as (
    select
        days.payer,
        days.account,
        days.service,
        days.currency,
        days.usage_day,
        sum(days.cost) as cost
    from cur_comparable_days as days
    inner join newest on days.payer = newest.payer
    where days.usage_day > newest.newest_day - 92
    group by
        days.payer, days.account, days.service, days.currency, days.usage_day
),

payer_days as (
    select distinct
        payer,
        usage_day
    from recent
),

series as (
    select distinct
        payer,
        account,
        service,
        currency
    from recent
)

select
    series.payer,
    series.account,
    series.service,
    series.currency,
    payer_days.usage_day,
    newest.newest_day,
    coalesce(recent.cost, 0) as cost,
    -- the first of 2001 was a Monday
    case
        when
            mod(
                datediff(
                    'day', cast('2001-01-01' as date), payer_days.usage_day
                ),
                7
            ) >= 5
            then 1
        else 0
    end as is_weekend
from series
inner join payer_days on series.payer = payer_days.payer
inner join newest on series.payer = newest.payer
left join recent
    on
        series.payer = recent.payer
        and series.account = recent.account
        and series.service = recent.service
        and series.currency = recent.currency
        and payer_days.usage_day = recent.usage_day;

-- One row per payer, account, service, currency and day: its cost, that of the
-- same day a week before (NULL when it is not known), and the mean of the seven
-- newest days up to it.
create or replace view cur_daily_trend as
select
    series.payer,
    series.account,
    series.service,
    series.currency,
    series.usage_day,
    series.cost,
    week_before.cost as cost_week_before,
    avg(series.cost) over (
        partition by
            series.payer, series.account, series.service, series.currency
        order by series.usage_day
        rows between 6 preceding and current row
    ) as seven_day_mean
from cur_daily_series as series
left join cur_daily_series as week_before
    on
        series.payer = week_before.payer
        and series.account = week_before.account
        and series.service = week_before.service
        and series.currency = week_before.currency
        and series.usage_day - 7 = week_before.usage_day;

-- One row per payer, account, service, currency and day of the newest 31 that is
-- unlike the 14 days before it of its kind (working days, weekends), of which 8
-- have to be there.
-- score: 0.6745 x (cost - median) / MAD, the modified z-score (Iglewicz and
-- Hoaglin, "How to Detect and Handle Outliers", 1993). Where the MAD is 0 it is
-- 10 or -10 if the cost differs by more than 1. What is less than a billionth is
-- the noise of a sum.
create or replace view cur_anomalies as
with numbered as (
    select
        cur_daily_series.*,
        row_number() over (
            partition by payer, account, service, currency, is_weekend
            order by usage_day
        ) as place
    from cur_daily_series
),

medians as (
    select
        judged.payer,
        judged.account,
        judged.service,
        judged.currency,
        judged.usage_day,
        judged.is_weekend,
        judged.place,
        judged.cost,
        median(earlier.cost) as expected_cost
    from numbered as judged
    inner join numbered as earlier
        on
            judged.payer = earlier.payer
            and judged.account = earlier.account
            and judged.service = earlier.service
            and judged.currency = earlier.currency
            and judged.is_weekend = earlier.is_weekend
            and earlier.place between judged.place - 14 and judged.place - 1
    where judged.usage_day > judged.newest_day - 31
    group by
        judged.payer,
        judged.account,
        judged.service,
        judged.currency,
        judged.usage_day,
        judged.is_weekend,
        judged.place,
        judged.cost
    having count(*) >= 8
),

deviations as (
    select
        medians.payer,
        medians.account,
        medians.service,
        medians.currency,
        medians.usage_day,
        medians.cost,
        medians.expected_cost,
        median(abs(earlier.cost - medians.expected_cost)) as mad
    from medians
    inner join numbered as earlier
        on
            medians.payer = earlier.payer
            and medians.account = earlier.account
            and medians.service = earlier.service
            and medians.currency = earlier.currency
            and medians.is_weekend = earlier.is_weekend
            and earlier.place between medians.place - 14 and medians.place - 1
    group by
        medians.payer,
        medians.account,
        medians.service,
        medians.currency,
        medians.usage_day,
        medians.cost,
        medians.expected_cost
),

scored as (
    select
        payer,
        account,
        service,
        currency,
        usage_day,
        cost,
        expected_cost,
        cost - expected_cost as change,
        case
            when mad > 0.000000001
                then 0.6745 * (cost - expected_cost) / mad
            when round(cost - expected_cost, 6) > 1 then 10
            when round(cost - expected_cost, 6) < -1 then -10
            else 0
        end as score
    from deviations
)

select
    payer,
    account,
    service,
    currency,
    usage_day,
    cost,
    expected_cost,
    change,
    score,
    case
        when abs(score) > 4 then 'severe'
        when abs(score) >= 3 then 'high'
        when abs(score) >= 2.5 then 'medium'
        else 'low'
    end as severity
from scored
where abs(score) >= 2;

-- One row per payer, account, service and currency that has drifted by more than
-- a fifth over its payer's newest 30 days, 8 at least.
-- slope: per day, the median over all pairs of days (Theil and Sen), which no
-- single day moves. drift: slope x days / median cost
create or replace view cur_cost_drift as
with points as (
    select
        cur_daily_series.*,
        datediff('day', newest_day, usage_day) as day_number
    from cur_daily_series
    where usage_day > newest_day - 30
),

levels as (
    select
        payer,
        account,
        service,
        currency,
        min(usage_day) as first_day,
        max(usage_day) as last_day,
        count(*) as days,
        median(cost) as median_cost
    from points
    group by payer, account, service, currency
    having count(*) >= 8 and median(cost) > 0
),

slopes as (
    select
        earlier.payer,
        earlier.account,
        earlier.service,
        earlier.currency,
        median(
            (later.cost - earlier.cost)
            / (later.day_number - earlier.day_number)
        ) as slope
    from points as earlier
    inner join points as later
        on
            earlier.payer = later.payer
            and earlier.account = later.account
            and earlier.service = later.service
            and earlier.currency = later.currency
            and earlier.day_number < later.day_number
    group by
        earlier.payer, earlier.account, earlier.service, earlier.currency
)

select
    levels.payer,
    levels.account,
    levels.service,
    levels.currency,
    levels.first_day,
    levels.last_day,
    levels.days,
    levels.median_cost,
    slopes.slope,
    slopes.slope * levels.days / levels.median_cost as drift
from levels
inner join slopes
    on
        levels.payer = slopes.payer
        and levels.account = slopes.account
        and levels.service = slopes.service
        and levels.currency = slopes.currency
where abs(slopes.slope * levels.days / levels.median_cost) > 0.2;

-- One row per payer and currency: what the month of the day after the newest
-- whole day will have cost at its end.
-- A line through the newest 30 days, 8 at least, by weighted least squares: the
-- newest weighs 30, each day before it one less. The days to come are read off
-- it, together no less than 0; days that are over and monthly lines (of this
-- month, else of the one before) are added as they are. lowest and highest: an
-- interval that holds the cost in 8 of 10 cases (1.2816 standard deviations of a
-- normal distribution), as far as days go on as they went
create or replace view cur_forecast as
with payers as (
    select
        payer,
        max(newest_day) as newest_day
    from cur_daily_series
    group by payer
),

-- of the month that is forecast: its number, and how many days are to come
horizons as (
    select
        payer,
        newest_day,
        cast(extract(year from newest_day + 1) as integer) as year,
        cast(extract(month from newest_day + 1) as integer) as month,
        datediff('day', newest_day, last_day(newest_day + 1)) as days
    from payers
),

points as (
    select
        payer,
        currency,
        datediff('day', newest_day, usage_day) as x,
        30 + datediff('day', newest_day, usage_day) as weight,
        sum(cost) as y
    from cur_daily_series
    where usage_day > newest_day - 30
    group by payer, currency, usage_day, newest_day
),

sums as (
    select
        payer,
        currency,
        count(*) as n,
        sum(weight) as s,
        sum(weight * x) as sx,
        sum(weight * x * x) as sxx,
        sum(weight * y) as sy,
        sum(weight * x * y) as sxy
    from points
    group by payer, currency
    having count(*) >= 8
),

slopes as (
    select
        sums.*,
        s * sxx - sx * sx as determinant,
        (s * sxy - sx * sy) / (s * sxx - sx * sx) as slope
    from sums
),

lines as (
    select
        slopes.*,
        (sy - slope * sx) / s as intercept
    from slopes
),

-- of a day around the line
variances as (
    select
        lines.payer,
        lines.currency,
        sum(
            points.weight
            * power(points.y - lines.intercept - lines.slope * points.x, 2)
        ) / max(lines.s) * max(lines.n) / (max(lines.n) - 2) as variance
    from lines
    inner join points
        on lines.payer = points.payer and lines.currency = points.currency
    group by lines.payer, lines.currency
),

-- and of the sum of the days to come, the line's own uncertainty included
ahead as (
    select
        lines.payer,
        lines.currency,
        horizons.newest_day,
        horizons.year,
        horizons.month,
        horizons.days,
        horizons.days * lines.intercept
        + lines.slope * horizons.days * (horizons.days + 1) / 2 as expected,
        1.2816 * sqrt(
            variances.variance
            * (
                horizons.days
                + lines.s / lines.n
                * (
                    power(horizons.days, 2) * lines.sxx
                    - power(horizons.days, 2) * (horizons.days + 1) * lines.sx
                    + power(horizons.days * (horizons.days + 1) / 2, 2)
                    * lines.s
                )
                / lines.determinant
            )
        ) as margin
    from lines
    inner join horizons on lines.payer = horizons.payer
    inner join variances
        on
            lines.payer = variances.payer
            and lines.currency = variances.currency
),

to_date as (
    select
        payer,
        year,
        month,
        currency,
        sum(cost) as cost
    from cur_comparable_days
    group by payer, year, month, currency
),

monthly as (
    select
        payer,
        year,
        month,
        currency,
        sum(amortized_cost) as cost
    from cur_daily_cost
    where
        is_monthly = 1
        and charge_type not in ('Tax', 'Credit', 'Refund')
    group by payer, year, month, currency
),

with_known as (
    select
        ahead.*,
        coalesce(to_date.cost, 0) as cost_to_date,
        coalesce(this_month.cost, month_before.cost, 0) as monthly_cost
    from ahead
    left join to_date
        on
            ahead.payer = to_date.payer
            and ahead.year = to_date.year
            and ahead.month = to_date.month
            and ahead.currency = to_date.currency
    left join monthly as this_month
        on
            ahead.payer = this_month.payer
            and ahead.year = this_month.year
            and ahead.month = this_month.month
            and ahead.currency = this_month.currency
    left join monthly as month_before
        on
            ahead.payer = month_before.payer
            and ahead.year * 12 + ahead.month
            = month_before.year * 12 + month_before.month + 1
            and ahead.currency = month_before.currency
)

select
    payer,
    year,
    month,
    currency,
    newest_day,
    days as days_to_come,
    cost_to_date,
    monthly_cost,
    cost_to_date + monthly_cost + greatest(expected, 0) as forecast,
    cost_to_date + monthly_cost + greatest(expected - margin, 0) as lowest,
    cost_to_date + monthly_cost + greatest(expected + margin, 0) as highest
from with_known;

-- One row per payer, account, service and currency of a payer's newest month: its
-- whole days against the same days of the month before, monthly lines against
-- monthly lines. Nothing for a payer whose reports have no days.
-- expected_cost: the days of the month before, as many (a month with fewer has
-- its mean day for those that it lacks), and its monthly lines
create or replace view cur_month_to_date as
with newest as (
    select
        payer,
        max(year * 12 + month) as month_number
    from cur_months
    where has_days = 1 and whole_days > 0
    group by payer
),

pairs as (
    select
        this_month.payer,
        this_month.year,
        this_month.month,
        newest.month_number,
        this_month.whole_days as days,
        month_before.whole_days as whole_days_before,
        least(this_month.whole_days, month_before.whole_days) as days_before,
        this_month.last_whole_day as last_day,
        month_before.last_whole_day as last_day_before
    from newest
    inner join cur_months as this_month
        on
            newest.payer = this_month.payer
            and newest.month_number = this_month.year * 12 + this_month.month
    inner join cur_months as month_before
        on
            newest.payer = month_before.payer
            and newest.month_number
            = month_before.year * 12 + month_before.month + 1
    where month_before.has_days = 1 and month_before.whole_days > 0
),

placed as (
    select
        pairs.payer,
        pairs.year,
        pairs.month,
        pairs.days,
        pairs.days_before,
        daily.account,
        daily.service,
        daily.currency,
        daily.is_monthly,
        daily.amortized_cost as cost,
        case
            when daily.year * 12 + daily.month = pairs.month_number then 1
            else 0
        end as is_this_month
    from pairs
    inner join cur_daily_cost as daily
        on
            pairs.payer = daily.payer
            and (
                daily.year * 12 + daily.month = pairs.month_number
                or daily.year * 12 + daily.month = pairs.month_number - 1
            )
    where
        daily.charge_type not in ('Tax', 'Credit', 'Refund')
        and (
            daily.is_monthly = 1
            or case
                when daily.year * 12 + daily.month = pairs.month_number
                    then datediff('day', daily.usage_day, pairs.last_day)
                else
                    datediff('day', daily.usage_day, pairs.last_day_before)
                    - pairs.whole_days_before
                    + pairs.days_before
            end >= 0
        )
),

summed as (
    select
        payer,
        year,
        month,
        account,
        service,
        currency,
        days,
        days_before,
        sum(
            case when is_this_month = 1 and is_monthly = 0 then cost else 0 end
        ) as cost_of_days,
        sum(
            case when is_this_month = 1 and is_monthly = 1 then cost else 0 end
        ) as cost_of_month,
        sum(
            case when is_this_month = 0 and is_monthly = 0 then cost else 0 end
        ) as cost_of_days_before,
        sum(
            case when is_this_month = 0 and is_monthly = 1 then cost else 0 end
        ) as cost_of_month_before
    from placed
    group by
        payer, year, month, account, service, currency, days, days_before
),

compared as (
    select
        payer,
        year,
        month,
        account,
        service,
        currency,
        days,
        days_before,
        cost_of_days + cost_of_month as cost,
        cost_of_days_before * days / days_before + cost_of_month_before
            as expected_cost
    from summed
)

select
    compared.*,
    cost - expected_cost as change
from compared;

-- One row per payer, period and currency.
-- list_cost: what all usage would have cost on demand, of lines that say it.
-- effective_cost: amortised, of the same lines, with what nobody used of
-- commitments, and after discounts. Purchases, tax, credits and refunds are left
-- out. savings_rate: (list - effective) / list; below 0 when commitments cost
-- more than they save
create or replace view cur_savings_rate as
with costs as (
    select
        payer,
        year,
        month,
        currency,
        sum(
            case
                when charge_type like '%Usage' then list_cost
                else 0
            end
        ) as list_cost,
        sum(amortized_cost) as effective_cost
    from cur_daily_cost
    where
        (
            charge_type in (
                'Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage'
            )
            and list_cost > 0
        )
        or charge_type in ('RIFee', 'SavingsPlanRecurringFee')
        or charge_type like '%Discount'
    group by payer, year, month, currency
)

select
    costs.*,
    (list_cost - effective_cost) / nullif(list_cost, 0) as savings_rate
from costs;

-- One row per payer, period, reservation or savings plan, and currency.
-- utilisation: of what it costs, the part that was used. saving: what its usage
-- would have cost on demand, less all that it costs
create or replace view cur_commitment_utilisation as
with commitments as (
    select
        payer,
        year,
        month,
        arn,
        kind,
        currency,
        max(case when is_owner = 1 then account end) as owner_account,
        max(payment_option) as payment_option,
        max(end_date) as end_date,
        sum(used_cost) as used_cost,
        sum(unused_cost) as unused_cost,
        sum(covered_list_cost) as covered_list_cost
    from cur_commitment_use
    group by payer, year, month, arn, kind, currency
)

select
    commitments.*,
    used_cost / nullif(used_cost + unused_cost, 0) as utilisation,
    covered_list_cost - used_cost - unused_cost as saving
from commitments;

-- One row per payer, period, service and currency of what reservations and
-- savings plans can cover: instances, containers, functions and nodes, Spot left
-- out. At list price, or as it is billed where a report says none.
create or replace view cur_commitment_coverage as
with eligible as (
    select
        payer,
        year,
        month,
        service,
        currency,
        charge_type,
        case when list_cost > 0 then list_cost else unblended_cost end as cost
    from cur_monthly_cost
    where
        charge_type in ('DiscountedUsage', 'SavingsPlanCoveredUsage')
        or (
            charge_type = 'Usage'
            and (
                usage_type like '%BoxUsage%'
                or usage_type like '%DedicatedUsage%'
                or usage_type like '%HostUsage%'
                or usage_type like '%Fargate-vCPU%'
                or usage_type like '%Fargate-GB%'
                or usage_type like '%Fargate-ARM%'
                or usage_type like '%Lambda-GB-Second%'
                or usage_type like '%InstanceUsage%'
                or usage_type like '%Multi-AZUsage%'
                or usage_type like '%NodeUsage%'
                or usage_type like '%ESInstance%'
                or usage_type like '%Node:%'
            )
        )
),

summed as (
    select
        payer,
        year,
        month,
        service,
        currency,
        sum(case when charge_type <> 'Usage' then cost else 0 end)
            as covered_cost,
        sum(case when charge_type = 'Usage' then cost else 0 end)
            as on_demand_cost
    from eligible
    group by payer, year, month, service, currency
)

select
    summed.*,
    covered_cost / nullif(covered_cost + on_demand_cost, 0) as coverage
from summed;

-- One row per payer and month that may be compared with the month before it:
-- both are over. A report without days does not say whether its month is over;
-- it is when the next one has begun.
create or replace view cur_month_pairs as
with ends as (
    select
        payer,
        max(year * 12 + month) as newest_number
    from cur_months
    group by payer
),

whole as (
    select
        cur_months.payer,
        cur_months.year,
        cur_months.month,
        cur_months.year * 12 + cur_months.month as month_number
    from cur_months
    inner join ends on cur_months.payer = ends.payer
    where
        (
            cur_months.has_days = 1
            and cur_months.whole_days = cur_months.days_in_month
        )
        or (
            cur_months.has_days = 0
            and cur_months.year * 12 + cur_months.month < ends.newest_number
        )
)

select
    this_month.payer,
    this_month.year,
    this_month.month,
    this_month.month_number
from whole as this_month
inner join whole as month_before
    on
        this_month.payer = month_before.payer
        and this_month.month_number = month_before.month_number + 1;

-- One row per payer, whole month, account, service, region, usage type,
-- operation, charge type and currency of this month or the one before: how its
-- unblended cost has changed, split without a remainder.
-- new_cost, gone_cost: it was not there before, or is not any more.
-- quantity_change: at the mean of both months' prices; price_change: at the mean
-- of both months' quantities, or all of it where a quantity is 0.
-- discount_change, credit_change: of lines that are discounts, or credits and
-- refunds
create or replace view cur_cost_changes as
with placed as (
    select
        pairs.payer,
        pairs.year,
        pairs.month,
        monthly.account,
        monthly.service,
        monthly.region,
        monthly.usage_type,
        monthly.operation,
        monthly.charge_type,
        monthly.currency,
        monthly.usage_amount,
        monthly.unblended_cost,
        case
            when monthly.year * 12 + monthly.month = pairs.month_number then 1
            else 0
        end as is_this_month
    from cur_month_pairs as pairs
    inner join cur_monthly_cost as monthly
        on
            pairs.payer = monthly.payer
            and (
                monthly.year * 12 + monthly.month = pairs.month_number
                or monthly.year * 12 + monthly.month = pairs.month_number - 1
            )
),

keyed as (
    select
        payer,
        year,
        month,
        account,
        service,
        region,
        usage_type,
        operation,
        charge_type,
        currency,
        min(is_this_month) as is_new,
        1 - max(is_this_month) as is_gone,
        sum(case when is_this_month = 0 then usage_amount else 0 end)
            as amount_before,
        sum(case when is_this_month = 1 then usage_amount else 0 end)
            as amount,
        sum(case when is_this_month = 0 then unblended_cost else 0 end)
            as cost_before,
        sum(case when is_this_month = 1 then unblended_cost else 0 end)
            as cost
    from placed
    group by
        payer,
        year,
        month,
        account,
        service,
        region,
        usage_type,
        operation,
        charge_type,
        currency
),

explained as (
    select
        keyed.*,
        cost - cost_before as change,
        case
            when charge_type in ('Credit', 'Refund') then 'credit'
            when charge_type like '%Discount' then 'discount'
            when is_new = 1 then 'new'
            when is_gone = 1 then 'gone'
            else 'both'
        end as kind,
        case
            when amount_before <> 0 and amount <> 0
                then
                    (amount - amount_before)
                    * (cost / amount + cost_before / amount_before) / 2
            else 0
        end as quantity
    from keyed
)

select
    payer,
    year,
    month,
    account,
    service,
    region,
    usage_type,
    operation,
    charge_type,
    currency,
    amount_before,
    amount,
    cost_before,
    cost,
    change,
    case when kind = 'new' then change else 0 end as new_cost,
    case when kind = 'gone' then change else 0 end as gone_cost,
    case when kind = 'both' then quantity else 0 end as quantity_change,
    case when kind = 'both' then change - quantity else 0 end as price_change,
    case when kind = 'discount' then change else 0 end as discount_change,
    case when kind = 'credit' then change else 0 end as credit_change
from explained;

-- One row per payer, period, dimension (service, account, usage), its value and
-- currency: how its comparable cost has changed since the month before. Of a
-- payer's newest month services and accounts are compared to date
-- (cur_month_to_date); otherwise months are, that are over. place: 1 for the
-- largest change, up or down, of the dimension in that currency
create or replace view cur_movers as
with dimensions as (
    select dimension
    from (
        values
        ('service'),
        ('account'),
        ('usage')
    ) as names (dimension)
),

compared as (
    select
        pairs.payer,
        pairs.year,
        pairs.month,
        monthly.account,
        monthly.service,
        monthly.usage_type,
        monthly.currency,
        0 as is_to_date,
        case
            when monthly.year * 12 + monthly.month = pairs.month_number
                then monthly.amortized_cost
            else 0
        end as cost,
        case
            when monthly.year * 12 + monthly.month = pairs.month_number then 0
            else monthly.amortized_cost
        end as cost_before
    from cur_month_pairs as pairs
    inner join cur_monthly_cost as monthly
        on
            pairs.payer = monthly.payer
            and (
                monthly.year * 12 + monthly.month = pairs.month_number
                or monthly.year * 12 + monthly.month = pairs.month_number - 1
            )
    where monthly.charge_type not in ('Tax', 'Credit', 'Refund')
    union all
    select
        payer,
        year,
        month,
        account,
        service,
        '' as usage_type,
        currency,
        1 as is_to_date,
        cost,
        expected_cost as cost_before
    from cur_month_to_date
),

marked as (
    select
        compared.*,
        max(is_to_date) over (partition by payer, year, month) as has_to_date
    from compared
),

valued as (
    select
        marked.payer,
        marked.year,
        marked.month,
        dimensions.dimension,
        case dimensions.dimension
            when 'service' then marked.service
            when 'account' then marked.account
            else marked.service || ' ' || marked.usage_type
        end as name,
        marked.currency,
        sum(marked.cost_before) as cost_before,
        sum(marked.cost) as cost
    from marked
    inner join dimensions
        on
            case
                when dimensions.dimension = 'usage' then 0
                else marked.has_to_date
            end = marked.is_to_date
    group by
        marked.payer,
        marked.year,
        marked.month,
        dimensions.dimension,
        case dimensions.dimension
            when 'service' then marked.service
            when 'account' then marked.account
            else marked.service || ' ' || marked.usage_type
        end,
        marked.currency
)

select
    valued.*,
    cost - cost_before as change,
    row_number() over (
        partition by payer, year, month, dimension, currency
        order by abs(cost - cost_before) desc, name
    ) as place
from valued;

-- One row per payer, period, service, region, usage type, operation and currency
-- of usage: what a unit costs, amortised, and what it cost the month before (NULL
-- when it was not used). A price is the same in a month that is not over, tiers
-- aside.
create or replace view cur_unit_prices as
with prices as (
    select
        payer,
        year,
        month,
        service,
        region,
        usage_type,
        operation,
        currency,
        sum(usage_amount) as usage_amount,
        sum(amortized_cost) as cost,
        sum(amortized_cost) / sum(usage_amount) as unit_price
    from cur_monthly_cost
    where
        charge_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
    group by
        payer, year, month, service, region, usage_type, operation, currency
    having sum(usage_amount) > 0
)

select
    prices.*,
    month_before.unit_price as unit_price_before
from prices
left join prices as month_before
    on
        prices.payer = month_before.payer
        and prices.year * 12 + prices.month
        = month_before.year * 12 + month_before.month + 1
        and prices.service = month_before.service
        and prices.region = month_before.region
        and prices.usage_type = month_before.usage_type
        and prices.operation = month_before.operation
        and prices.currency = month_before.currency;
