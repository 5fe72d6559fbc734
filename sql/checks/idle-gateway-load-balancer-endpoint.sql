-- title: Idle Gateway Load Balancer endpoints
-- finds: Endpoints of Gateway Load Balancers that existed for two weeks and more and processed next to nothing.
-- why: Such an endpoint costs the same by the hour whether traffic is routed through it or not.
-- reads: Usage types *VpcEndpoint-GWLBE-Hours and *VpcEndpoint-GWLBE-Bytes.
-- thresholds:
--   min_hours = 336: hours in the month, two weeks
--   min_days = 14: days from its first hour to its last; several without an id make hours together
--   max_gb = 0.1: GB processed, and not more
-- saving: All of its cost, since it can be deleted: 7.30 USD a month in us-east-1.
-- confidence: high
-- blind: Endpoints of a zone that takes over when another one fails.
-- do: Look in the route tables for routes to it. Delete it with them.
-- source: Amazon VPC user guide, "Billing and usage reports"; AWS PrivateLink pricing (November 2026).
-- services: AmazonVPC
-- needs: nothing
with endpoints as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%VpcEndpoint-GWLBE-Hours' then usage_amount else 0 end) as hours,
        sum(case when usage_type like '%VpcEndpoint-GWLBE-Hours' then 0 else usage_amount end) as gb,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where
        usage_type like '%VpcEndpoint-GWLBE-Hours'
        or usage_type like '%VpcEndpoint-GWLBE-Bytes'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonVPC' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'ran ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h, '
    || cast(cast(gb as decimal(18, 2)) as varchar) || ' GB processed' as evidence
from endpoints
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and gb < #max_gb
