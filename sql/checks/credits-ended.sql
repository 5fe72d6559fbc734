-- title: Credits that have ended
-- finds: Payers whose credits paid for a share of the month before, and for nothing in this one.
-- why: The bill rises by what the credits paid, though nothing more is used.
-- reads: Line-item type Credit against the cost of usage, in this month and in the one before (cur_daily_cost). It
--   waits until the report reaches the month's last day.
-- thresholds:
--   min_share = 0.05: share of the usage's cost that credits paid for in the month before
-- saving: None.
-- confidence: high
-- blind: Credits that AWS applies after the month has ended.
-- do: Look in the billing console which credits have expired or are used up. Plan the budget without them, or apply for
--   new ones.
-- source: Line-item types as in AWS Data Exports user guide, "Line item columns" (looked up November 2026).
-- services: any
-- needs: month_over
with now_spent as (
    select
        payer,
        currency,
        sum(case when line_type = 'Credit' then unblended_cost else 0 end) as credits,
        sum(case when line_type = 'Usage' then unblended_cost else 0 end) as usage_cost
    from cur_spend
    group by payer, currency
),

spent_before as (
    select
        payer,
        coalesce(currency, '') as currency,
        sum(case when charge_type = 'Credit' then unblended_cost else 0 end) as credits,
        sum(case when charge_type = 'Usage' then unblended_cost else 0 end) as usage_cost
    from cur_daily_cost
    where
        payer in (#payers_ids)
        and year * 12 + month = #startyear * 12 + #startmonth - 1
    group by payer, coalesce(currency, '')
)

select
    now_spent.payer,
    now_spent.payer as account,
    '' as region,
    '' as resource,
    '' as service,
    now_spent.currency,
    now_spent.usage_cost as cost,
    cast(null as double) as saving,
    'credits paid ' || cast(cast(-spent_before.credits as decimal(18, 2)) as varchar) || ' of '
    || cast(cast(spent_before.usage_cost as decimal(18, 2)) as varchar) || ' ' || now_spent.currency
    || ' in the month before, and nothing in this one' as evidence
from now_spent
inner join cur_payers on now_spent.payer = cur_payers.payer
inner join spent_before
    on
        now_spent.payer = spent_before.payer
        and now_spent.currency = spent_before.currency
where
    cur_payers.is_month_over = 1
    and now_spent.credits = 0
    and -spent_before.credits > #min_share * spent_before.usage_cost
