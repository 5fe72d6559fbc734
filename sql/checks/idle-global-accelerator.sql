-- title: Idle accelerators of Global Accelerator
-- finds: Accelerators that existed for two weeks and more without any traffic.
-- why: An accelerator costs the same by the hour whether anything goes through it or not, even when it is disabled.
-- reads: Product code AWSGlobalAccelerator. Its hours are usage type *Accelerator-fixed-fee*; every other usage type
--   with an amount is traffic. Traffic without an id may be any accelerator's of the account.
-- thresholds:
--   min_hours = 336: hours in the month, two weeks
--   min_days = 14: days from its first hour to its last; several without an id make hours together
-- saving: All of its cost, since it can be deleted: 18.25 USD a month.
-- confidence: medium
-- blind: Accelerators whose addresses are kept for later.
-- do: Ask its owner whether its addresses are still given to anybody. Disable it, then delete it.
-- source: AWS Global Accelerator pricing, 0.025 USD an hour; usage type as in the AWS price list (November 2026). Not
--   seen in a real report.
-- services: AWSGlobalAccelerator
-- needs: nothing
with accelerators as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%Accelerator-fixed-fee%' then usage_amount else 0 end) as hours,
        sum(case when usage_type like '%Accelerator-fixed-fee%' then 0 else usage_amount end) as traffic,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where product_code = 'AWSGlobalAccelerator'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
),

with_neighbours as (
    select
        accelerators.*,
        sum(case when resource = '' then traffic else 0 end) over (partition by payer, account)
            as traffic_without_id
    from accelerators
)

select
    payer,
    account,
    region,
    resource,
    'AWSGlobalAccelerator' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'there for ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h without any traffic' as evidence
from with_neighbours
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and traffic + traffic_without_id = 0
