-- title: API Gateway caches that are always on
-- finds: Caches of API Gateway that ran all the month.
-- why: A cache costs by the hour, whatever it serves, and is often left on after a test.
-- reads: Usage types *ApiGatewayCacheUsage*, which end with the size of the cache.
-- thresholds:
--   min_share = 0.95: hours that it ran to the hours that the report holds
-- saving: All of its cost, at most: requests that the cache answers now would reach what is behind it.
-- confidence: low
-- blind: How many requests the cache answers.
-- do: Look at the cache hits of the stage. Switch the cache off, or make it smaller, where few requests are answered
--   by it.
-- source: Amazon API Gateway pricing, 0.02 USD an hour for 0.5 GB; AWS's CUR query library (Well-Architected Labs),
--   "API Gateway" (November 2026).
-- services: AmazonApiGateway
-- needs: nothing
with caches as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as hours,
        case
            when max(is_whole_month) = 0 then datediff('day', min(first_day), max(last_day)) + 1
        end as days
    from cur_usage
    where usage_type like '%ApiGatewayCacheUsage%'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    caches.payer,
    caches.account,
    caches.region,
    caches.resource,
    'AmazonApiGateway' as service,
    caches.currency,
    caches.cost,
    caches.on_demand_cost as saving,
    'ran ' || cast(cast(caches.hours as decimal(18, 0)) as varchar) || ' h of '
    || cast(cast(24 * cur_payers.covered_days as decimal(18, 0)) as varchar) || ' h' as evidence
from caches
inner join cur_payers on caches.payer = cur_payers.payer
where
    caches.hours >= #min_share * 24 * cur_payers.covered_days
    and coalesce(caches.days, cur_payers.covered_days) >= #min_share * cur_payers.covered_days
