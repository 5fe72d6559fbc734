-- title: The first cost in a region
-- finds: Regions that the payer was never billed for in the months before, per account.
-- why: A region that nobody works in is where mistakes and intruders stay unseen longest.
-- reads: Regions of this month's lines, against those of all earlier months (cur_daily_cost).
-- thresholds:
--   min_months = 6: months that have to be known before
--   min_cost = 1: cost in the region in the month, in its currency
-- saving: None.
-- confidence: high
-- blind: A region that was used for nothing (the free tier) before, or before the known months.
-- do: Ask the account's owner whether that is meant. Delete what is there, and forbid the region by a service control
--   policy if nobody needs it.
-- source: Usual practice of FinOps teams; no pattern of AWS's is taken.
-- services: any
-- needs: region, half_a_year
with spent as (
    select
        payer,
        account,
        region,
        currency,
        sum(unblended_cost) as cost,
        min(usage_day) as first_day,
        max_by(product_code, unblended_cost) as product_code
    from cur_spend
    where
        region not in ('', 'global')
        and line_type not in ('Tax', 'Credit', 'Refund')
    group by payer, account, region, currency
),

known as (
    select distinct
        payer,
        region
    from cur_daily_cost
    where
        payer in (#payers_ids)
        and year * 12 + month < #startyear * 12 + #startmonth
        and unblended_cost <> 0
)

select
    spent.payer,
    spent.account,
    spent.region,
    '' as resource,
    '' as service,
    spent.currency,
    spent.cost,
    cast(null as double) as saving,
    'first cost in ' || spent.region || ' since ' || cast(spent.first_day as varchar) || ', mostly '
    || spent.product_code as evidence
from spent
inner join cur_payers on spent.payer = cur_payers.payer
left join known
    on
        spent.payer = known.payer
        and spent.region = known.region
where
    known.payer is null
    and cur_payers.months_held >= #min_months
    and spent.cost >= #min_cost
