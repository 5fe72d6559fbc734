-- title: Test instances that could be Spot
-- finds: On-demand Linux instances for development or tests.
-- why: Spare capacity costs less than half, and a test survives an interruption.
-- reads: Usage types *BoxUsage* with operation RunInstances; the environment tag, against a list of names that are not
--   production.
-- thresholds:
--   saving_ratio = 0.55: lower price of Spot, as a share of the on-demand price
-- saving: The lower price, of on-demand hours.
-- confidence: low
-- blind: Whether it keeps state that an interruption loses; how often Spot capacity of its type is taken away.
-- do: Run it as Spot, best in a group of several types. Keep what has to last outside the instance.
-- source: KPI dashboard: 55 % on average (looked up November 2026).
-- services: AmazonEC2
-- needs: environment
select
    payer,
    account,
    max(region) as region,
    resource,
    'AmazonEC2' as service,
    currency,
    sum(cost) as cost,
    sum(on_demand_cost) * #saving_ratio as saving,
    cast(cast(sum(usage_amount) as decimal(18, 0)) as varchar) || ' h on demand, environment ' || max(environment)
    as evidence
from cur_usage
where
    product_code = 'AmazonEC2'
    and usage_type like '%BoxUsage%'
    and operation = 'RunInstances'
    and is_non_production = 1
    and on_demand_cost > 0
group by payer, account, resource, case when resource = '' then region else '' end, currency
