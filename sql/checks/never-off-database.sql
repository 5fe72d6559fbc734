-- title: Test databases that are never off
-- finds: RDS, Aurora, DocumentDB and Neptune instances for development or tests that ran day and night for two weeks
--   and more.
-- why: Somebody works with them for a third of the week's hours, and they are paid for all of them.
-- reads: Usage types *InstanceUsage:db.* and *Multi-AZUsage:db.* of AmazonRDS, AmazonDocDB and AmazonNeptune; the
--   environment tag, against a list of names that are not production.
-- thresholds:
--   min_days = 14: days that the report has to cover
--   min_hours_share = 0.95: hours that it ran, as a share of those that there were
--   working_hours = 50: hours a week that it is needed
--   week_hours = 168: hours that a week has
-- saving: The on-demand cost of its instance hours at nights and weekends. Storage and backups go on costing.
-- confidence: medium
-- blind: Read replicas, which cannot be stopped alone, and tests that run at night. Redshift: its node hours do not say
--   for how many hours a cluster ran.
-- do: Stop it at night and at weekends by a schedule. AWS starts a stopped database after seven days: stop it again.
-- source: AWS Solutions, "Instance Scheduler on AWS": 50 of 168 hours a week; Amazon RDS user guide, "Stopping an
--   Amazon RDS DB instance temporarily" (looked up November 2026).
-- services: AmazonRDS, AmazonDocDB, AmazonNeptune
-- needs: resource, environment
with databases as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        max(product_code) as product_code,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as hours,
        max(environment) as environment,
        max(is_non_production) as is_non_production
    from cur_usage
    where
        product_code in ('AmazonRDS', 'AmazonDocDB', 'AmazonNeptune')
        and resource <> ''
        and (usage_type like '%InstanceUsage:db.%' or usage_type like '%Multi-AZUsage:db.%')
    group by payer, account, resource, currency
)

select
    databases.payer,
    databases.account,
    databases.region,
    databases.resource,
    databases.product_code as service,
    databases.currency,
    databases.cost,
    databases.on_demand_cost * (#week_hours - #working_hours) / #week_hours as saving,
    'ran ' || cast(cast(databases.hours as decimal(18, 0)) as varchar) || ' h in '
    || cast(cur_payers.covered_days as varchar) || ' days, environment ' || databases.environment as evidence
from databases
inner join cur_payers on databases.payer = cur_payers.payer
where
    databases.is_non_production = 1
    and databases.on_demand_cost > 0
    and cur_payers.covered_days >= #min_days
    and databases.hours >= #min_hours_share * 24 * cur_payers.covered_days
