-- title: The first cost of a service
-- finds: Services that the payer was never billed for in the months before, per account and region.
-- why: A new service is a decision that somebody took, or a mistake, or an intruder: all three are worth a look early.
-- reads: Product codes of this month's lines, against those of all earlier months (cur_daily_cost).
-- thresholds:
--   min_months = 6: months that have to be known before
--   min_cost = 1: cost of the service in the month, in its currency
-- saving: None.
-- confidence: high
-- blind: A service that was used for nothing (the free tier) before, and one that was used before the known months.
-- do: Ask the account's owner whether that is meant. Set a budget for it, or switch it off.
-- source: Usual practice of FinOps teams; no pattern of AWS's is taken.
-- services: any
-- needs: half_a_year
with spent as (
    select
        payer,
        account,
        region,
        product_code,
        currency,
        sum(unblended_cost) as cost,
        min(usage_day) as first_day
    from cur_spend
    where
        product_code <> ''
        and line_type not in ('Tax', 'Credit', 'Refund')
    group by payer, account, region, product_code, currency
),

known as (
    select distinct
        payer,
        service
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
    case when min(spent.product_code) = max(spent.product_code) then max(spent.product_code) else '' end as service,
    spent.currency,
    sum(spent.cost) as cost,
    cast(null as double) as saving,
    'first cost of ' || max_by(spent.product_code, spent.cost)
    || case when count(*) > 1 then ' and ' || cast(count(*) - 1 as varchar) || ' more' else '' end
    || ' since ' || cast(min(spent.first_day) as varchar) as evidence
from spent
inner join cur_payers on spent.payer = cur_payers.payer
left join known
    on
        spent.payer = known.payer
        and spent.product_code = known.service
where
    known.payer is null
    and cur_payers.months_held >= #min_months
    and spent.cost >= #min_cost
group by spent.payer, spent.account, spent.region, spent.currency
