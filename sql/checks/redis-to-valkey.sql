-- title: Redis caches that cost less as Valkey
-- finds: ElastiCache nodes and serverless caches that run Redis OSS.
-- why: ElastiCache sells Valkey, which takes the place of Redis OSS without a change of clients, at a lower price.
-- reads: Product code AmazonElastiCache. Nodes: usage types *NodeUsage* whose operation is CreateCacheCluster:0002 or
--   whose cache engine is Redis; not surcharges of extended support, nor nodes on Outposts. Serverless: usage types
--   *CachedData:Redis and *ElastiCacheProcessingUnits:Redis.
-- thresholds:
--   node_ratio = 0.2: by which a node of Valkey is cheaper
--   serverless_ratio = 0.33: by which a serverless cache of Valkey is cheaper
-- saving: These shares of what no reservation covers.
-- confidence: high
-- blind: Modules and versions that clients depend on. A surcharge of extended support is a finding of its own.
-- do: Upgrade the cache's engine to Valkey, in place, a test cache first. Reserved nodes of Redis go on to cover
--   Valkey.
-- source: Amazon ElastiCache pricing (November 2026): Valkey 20 % below Redis OSS by the node, 33 % serverless;
--   operations and usage types from the AWS price list.
-- services: AmazonElastiCache
-- needs: nothing
with caches as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(case when usage_type like '%NodeUsage%' then on_demand_cost else 0 end) as node_cost,
        sum(case when usage_type like '%NodeUsage%' then 0 else on_demand_cost end) as serverless_cost,
        sum(case when usage_type like '%NodeUsage%' then usage_amount else 0 end) as node_hours,
        sum(case when usage_type like '%CachedData:Redis' then usage_amount else 0 end) as gb_hours
    from cur_usage
    where
        product_code = 'AmazonElastiCache'
        and (
            usage_type like '%CachedData:Redis'
            or usage_type like '%ElastiCacheProcessingUnits:Redis'
            or (
                usage_type like '%NodeUsage%'
                and usage_type not like '%ExtendedSupport%'
                and usage_type not like '%Outpost%'
                and (operation = 'CreateCacheCluster:0002' or cache_engine = 'Redis')
            )
        )
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
    #node_ratio * node_cost + #serverless_ratio * serverless_cost as saving,
    case
        when node_hours > 0 then cast(cast(node_hours as decimal(18, 0)) as varchar) || ' node-h of Redis'
        else cast(cast(gb_hours as decimal(18, 2)) as varchar) || ' GB-h of serverless Redis'
    end as evidence
from caches
