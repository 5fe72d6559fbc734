-- title: Aurora clusters that cost less I/O-Optimized
-- finds: Aurora clusters in the Standard configuration whose I/O costs more than I/O-Optimized asks for their instances
--   and storage on top.
-- why: Aurora I/O-Optimized charges nothing for I/O, 30 % more for instances and two and a quarter times as much for
--   storage.
-- reads: Product code AmazonRDS. Storage and I/O are billed to the cluster, by usage types *Aurora:StorageUsage and
--   *Aurora:StorageIOUsage. Instances are billed to themselves, by *InstanceUsage:db.* of a database engine Aurora… and
--   *Aurora:ServerlessV2Usage, and do not say which cluster they belong to: all clusters of an account and region are
--   judged together, and what they save is shared out by their I/O.
-- thresholds:
--   compute_ratio = 1.3: price of an instance in I/O-Optimized to Standard's
--   storage_ratio = 2.25: price of storage in I/O-Optimized to Standard's (0.225 and 0.10 USD a GB)
-- saving: The cost of I/O, less what instances and storage cost more. Instances are taken at their list price where
--   that is more, because reservations cover 30 % fewer of them.
-- confidence: medium
-- blind: With several clusters in a region, which of them saves: changing only those with much I/O saves more.
-- do: Compare the cluster's I/O with its own instances and storage over some months. Change its storage configuration
--   to I/O-Optimized, without a stop; it can go back after 30 days.
-- source: Amazon Aurora pricing, us-east-1 (November 2026); usage types from AWS reports of 2018 and the price list of
--   2026.
-- services: AmazonRDS
-- needs: resource, database_engine
with clusters as (
    select
        payer,
        account,
        region,
        resource,
        currency,
        sum(cost) as cost,
        sum(case when usage_type like '%Aurora:StorageIOUsage' then on_demand_cost else 0 end) as io_cost,
        sum(case when usage_type like '%Aurora:StorageIOUsage' then usage_amount else 0 end) as ios,
        sum(case when usage_type like '%Aurora:StorageUsage' then cost else 0 end) as storage_cost,
        sum(
            case when usage_type like '%Aurora:Storage%' then 0 else greatest(cost, coalesce(list_cost, cost)) end
        ) as compute_cost
    from cur_usage
    where
        product_code = 'AmazonRDS'
        and (
            usage_type like '%Aurora:StorageIOUsage'
            or usage_type like '%Aurora:StorageUsage'
            or usage_type like '%Aurora:ServerlessV2Usage'
            or (usage_type like '%InstanceUsage:db.%' and database_engine like 'Aurora%')
        )
    group by payer, account, region, resource, currency
),

with_region as (
    select
        clusters.*,
        sum(io_cost) over (partition by payer, account, region, currency) as io_of_region,
        sum(storage_cost) over (partition by payer, account, region, currency) as storage_of_region,
        sum(compute_cost) over (partition by payer, account, region, currency) as compute_of_region,
        count(case when io_cost > 0 then 1 end) over (partition by payer, account, region, currency)
            as clusters_of_region
    from clusters
),

with_saving as (
    select
        with_region.*,
        io_cost / nullif(io_of_region, 0)
        * (
            io_of_region - (#compute_ratio - 1) * compute_of_region - (#storage_ratio - 1) * storage_of_region
        ) as saving
    from with_region
)

select
    payer,
    account,
    region,
    resource,
    'AmazonRDS' as service,
    currency,
    cost,
    saving,
    cast(cast(ios / 1000000 as decimal(18, 2)) as varchar) || ' million I/O for '
    || cast(cast(io_cost as decimal(18, 2)) as varchar) || '; in the region instances for '
    || cast(cast(compute_of_region as decimal(18, 2)) as varchar) || ', storage for '
    || cast(cast(storage_of_region as decimal(18, 2)) as varchar) || ', '
    || cast(clusters_of_region as varchar) || case when clusters_of_region = 1 then ' cluster' else ' clusters' end
        as evidence
from with_saving
where
    saving > 0
    -- without the engine of its instances their cost is not known
    and compute_of_region > 0
