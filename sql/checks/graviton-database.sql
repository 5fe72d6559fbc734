-- title: Databases, caches and search that could run on Graviton
-- finds: On-demand instances of RDS and Aurora (open-source engines), ElastiCache and OpenSearch on Intel.
-- why: The Graviton type of the same size costs less by the hour, and a managed engine needs no new build.
-- reads: The family in usage types *InstanceUsage:db.*, *Multi-AZUsage:db.* (AmazonRDS, operations of MySQL,
--   PostgreSQL, MariaDB and Aurora), *NodeUsage:cache.* and *ESInstance:*. Graviton families have a g after their
--   number.
-- thresholds:
--   rds_saving = 0.1: lower price of Graviton, as a share of Intel's, RDS and Aurora
--   other_saving = 0.05: the same, ElastiCache and OpenSearch
-- saving: The lower price of its on-demand hours.
-- confidence: medium
-- blind: Versions of an engine that are too old for Graviton. Oracle and SQL Server do not run on it.
-- do: Bring the engine to a version that Graviton has. Change the instance type in a maintenance window.
-- source: KPI dashboard: 10, 5 and 5 % (looked up November 2026); operations as in the Amazon RDS user guide's list of
--   billing codes.
-- services: AmazonRDS, AmazonElastiCache, AmazonES
-- needs: nothing
with typed as (
    select
        cur_usage.*,
        split_part(usage_type, ':', 2) as type_name,
        case
            when product_code = 'AmazonES' then split_part(split_part(usage_type, ':', 2), '.', 1)
            else split_part(split_part(usage_type, ':', 2), '.', 2)
        end as family,
        case when product_code = 'AmazonRDS' then #rds_saving else #other_saving end as saving_ratio
    from cur_usage
    where
        on_demand_cost > 0
        and (
            (
                product_code = 'AmazonRDS'
                and (usage_type like '%InstanceUsage:db.%' or usage_type like '%Multi-AZUsage:db.%')
                -- MySQL, PostgreSQL, Aurora MySQL, MariaDB, Aurora PostgreSQL
                and operation in (
                    'CreateDBInstance:0002',
                    'CreateDBInstance:0014',
                    'CreateDBInstance:0016',
                    'CreateDBInstance:0018',
                    'CreateDBInstance:0021'
                )
            )
            or (product_code = 'AmazonElastiCache' and usage_type like '%NodeUsage:cache.%')
            -- OpenSearch has no burstable Graviton type
            or (
                product_code = 'AmazonES'
                and usage_type like '%ESInstance:%'
                and usage_type not like '%ESInstance:t%'
            )
        )
)

select
    payer,
    account,
    max(region) as region,
    resource,
    case when min(product_code) = max(product_code) then max(product_code) else '' end as service,
    currency,
    sum(cost) as cost,
    sum(on_demand_cost * saving_ratio) as saving,
    cast(cast(sum(usage_amount) as decimal(18, 0)) as varchar) || ' h of ' || max(type_name) as evidence
from typed
where
    substring(family, 1, 1) in ('t', 'm', 'c', 'r')
    and family not like '%g%'
group by payer, account, resource, case when resource = '' then region else '' end, currency
