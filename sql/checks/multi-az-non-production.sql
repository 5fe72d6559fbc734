-- title: Multi-AZ databases outside of production
-- finds: RDS databases with a stand-by in a second zone whose environment tag says that they are not production.
-- why: The stand-by doubles the price of instance and storage; a test seldom needs to survive the loss of a zone.
-- reads: Product code AmazonRDS; usage types *Multi-AZUsage:* (instances) and *RDS:Multi-AZ-* (storage, IOPS); the
--   environment tag (dev, test, qa, staging, sandbox and the like). Multi-AZ clusters with two readable stand-bys
--   (Multi-AZCluster…) are left out, since they are not turned into a single instance.
-- thresholds:
--   saving_ratio = 0.5: of the price of Multi-AZ, which is twice that of Single-AZ
-- saving: Half of what no reservation covers.
-- confidence: high
-- blind: Tests of the failover itself. Databases whose tag is missing or wrong.
-- do: Ask its owner whether it must stay up through the loss of a zone. Modify the database to Single-AZ; there is no
--   stop.
-- source: Amazon RDS pricing, us-east-1 (November 2026): Multi-AZ costs twice as much, by the instance and by the GB;
--   usage types from AWS reports of 2018 and the price list of 2026.
-- services: AmazonRDS
-- needs: environment
with databases as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        max(environment) as environment,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%Multi-AZUsage:%' then usage_amount else 0 end) as hours
    from cur_usage
    where
        product_code = 'AmazonRDS'
        and is_non_production = 1
        and (
            usage_type like '%Multi-AZUsage:%'
            or usage_type like '%RDS:Multi-AZ-%'
        )
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonRDS' as service,
    currency,
    cost,
    #saving_ratio * on_demand_cost as saving,
    cast(cast(hours as decimal(18, 0)) as varchar) || ' h of Multi-AZ, environment ' || environment as evidence
from databases
