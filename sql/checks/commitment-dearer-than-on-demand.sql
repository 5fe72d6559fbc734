-- title: Commitments dearer than on demand
-- finds: Reservations and savings plans that cost more in the month than what they covered would have cost on demand.
-- why: A commitment that is used too little, or whose price has been overtaken, loses money every month.
-- reads: What the commitment cost (line-item types RIFee and SavingsPlanRecurringFee: recurring, upfront, unused)
--   against the public on-demand cost of the lines that it covers (DiscountedUsage, SavingsPlanCoveredUsage).
-- thresholds:
--   least_ratio = 1.05: its cost to the on-demand cost of what it covered, from which on it is a finding
-- saving: None: it is paid until its term ends.
-- confidence: medium
-- blind: Discounts on the public price that the company has negotiated, with which on demand is cheaper still. A
--   commitment that covered nothing at all: see unused-reservation and unused-savings-plan.
-- do: Use it better, or change what it is for. Do not renew it. A standard reservation can be sold.
-- source: AWS Data Exports user guide, "Reservation columns" and "Savings Plans columns" (looked up November 2026).
-- services: commitments
-- needs: month_over, public_prices
with covered as (
    -- which commitment covers a line is in no working table
    select
        payer,
        coalesce(reservation_reservation_a_r_n, savings_plan_savings_plan_a_r_n, reservation_subscription_id) as arn,
        coalesce(line_item_currency_code, '') as currency,
        sum(pricing_public_on_demand_cost) as list_cost
    from cur_line_items
    where
        year = #startyear
        and month = #startmonth
        and payer in (#payers_ids)
        and line_item_line_item_type in ('DiscountedUsage', 'SavingsPlanCoveredUsage')
        and is_split_cost = 0
    group by
        payer,
        coalesce(reservation_reservation_a_r_n, savings_plan_savings_plan_a_r_n, reservation_subscription_id),
        coalesce(line_item_currency_code, '')
),

commitments as (
    select
        payer,
        account,
        arn,
        currency,
        max(region) as region,
        max(product_code) as product_code,
        sum(cost) as cost
    from cur_commitments
    group by payer, account, arn, currency
)

select
    commitments.payer,
    commitments.account,
    commitments.region,
    commitments.arn as resource,
    commitments.product_code as service,
    commitments.currency,
    commitments.cost,
    cast(null as double) as saving,
    'cost ' || cast(cast(commitments.cost as decimal(18, 2)) as varchar)
    || ' for usage worth ' || cast(cast(covered.list_cost as decimal(18, 2)) as varchar)
    || ' ' || commitments.currency || ' on demand' as evidence
from commitments
inner join cur_payers on commitments.payer = cur_payers.payer
inner join covered
    on
        commitments.payer = covered.payer
        and commitments.arn = covered.arn
        and commitments.currency = covered.currency
where
    cur_payers.is_month_over = 1
    and covered.list_cost > 0
    and commitments.cost > #least_ratio * covered.list_cost
