-- title: ElastiCache nodes on extended support
-- finds: Cache nodes of Redis OSS 4 and 5, past their standard support, that pay a surcharge by the hour.
-- why: Since February 2026 such a node costs 80 % more, from the third year on 160 %.
-- reads: Product code AmazonElastiCache; usage types *ExtendedSupport*
--   (ExtendedSupportYr1_Yr2-NodeUsage:cache.m6g.large), which AWS bills beside the node's own hours.
-- thresholds: none
-- saving: All of the surcharge, since an upgrade ends it.
-- confidence: high
-- blind: What an upgrade costs in work and risk.
-- do: Upgrade the cluster to Valkey or to a Redis version in standard support; both are done in place.
-- source: Amazon ElastiCache pricing and AWS price list (2026).
-- services: AmazonElastiCache
-- needs: nothing
with surcharges as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as hours,
        min(split_part(usage_type, 'NodeUsage:', 2)) as node_type
    from cur_usage
    where
        product_code = 'AmazonElastiCache'
        and usage_type like '%ExtendedSupport%'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonElastiCache' as service,
    currency,
    cost,
    on_demand_cost as saving,
    cast(cast(hours as decimal(18, 0)) as varchar) || ' node-h of extended support'
    || case when node_type <> '' then ' (' || node_type || ')' else '' end as evidence
from surcharges
