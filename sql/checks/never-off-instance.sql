-- title: Test instances that are never off
-- finds: EC2 instances for development or tests that ran day and night for two weeks and more.
-- why: Somebody works with them for a third of the week's hours, and they are paid for all of them.
-- reads: Usage types *BoxUsage* and *DedicatedUsage*; the environment tag, against a list of names that are not
--   production (dev, test, qa, staging and so on).
-- thresholds:
--   min_days = 14: days that the report has to cover
--   min_hours_share = 0.95: hours that it ran, as a share of those that there were
--   working_hours = 50: hours a week that it is needed
--   week_hours = 168: hours that a week has
-- saving: The on-demand cost of nights and weekends.
-- confidence: medium
-- blind: Tests that run at night. Disks go on costing while an instance is stopped.
-- do: Stop it at night and at weekends by a schedule. Let its owner start it when it is needed.
-- source: AWS Solutions, "Instance Scheduler on AWS": 50 of 168 hours a week (looked up November 2026).
-- services: AmazonEC2
-- needs: resource, environment
with instances as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as hours,
        max(environment) as environment,
        max(is_non_production) as is_non_production
    from cur_usage
    where
        product_code = 'AmazonEC2'
        and resource <> ''
        and (usage_type like '%BoxUsage%' or usage_type like '%DedicatedUsage%')
    group by payer, account, resource, currency
)

select
    instances.payer,
    instances.account,
    instances.region,
    instances.resource,
    'AmazonEC2' as service,
    instances.currency,
    instances.cost,
    instances.on_demand_cost * (#week_hours - #working_hours) / #week_hours as saving,
    'ran ' || cast(cast(instances.hours as decimal(18, 0)) as varchar) || ' h in '
    || cast(cur_payers.covered_days as varchar) || ' days, environment ' || instances.environment as evidence
from instances
inner join cur_payers on instances.payer = cur_payers.payer
where
    instances.is_non_production = 1
    and instances.on_demand_cost > 0
    and cur_payers.covered_days >= #min_days
    and instances.hours >= #min_hours_share * 24 * cur_payers.covered_days
