-- title: Idle interface endpoints
-- finds: Interface endpoints of a VPC that existed for two weeks and more and processed nothing.
-- why: An interface endpoint costs the same by the hour and zone whether anything goes through it or not.
-- reads: Usage types *VpcEndpoint-Hours and *VpcEndpoint-Bytes. Endpoints of other kinds have names of their own, as
--   has the provider's side of a service (*VpcEndpoint-Service-Hours).
-- thresholds:
--   min_hours = 336: hours in the month, of all its zones
--   min_days = 14: days from its first hour to its last; three zones make hours together
--   max_gb = 0.001: GB processed, and not more. Few calls of an API are more
-- saving: All of its cost, since it can be deleted: 7.30 USD a zone and month in us-east-1.
-- confidence: high
-- blind: Endpoints that are needed when something rare happens, such as the start of a recovery.
-- do: Ask the owner of the VPC which workload needs it. Delete it, or share one over a transit gateway.
-- source: Amazon VPC user guide, "Billing and usage reports"; AWS's CUR query library (Well-Architected Labs), "Idle
--   interface endpoints"; AWS PrivateLink pricing (November 2026).
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
        sum(case when usage_type like '%VpcEndpoint-Hours' then usage_amount else 0 end) as hours,
        sum(case when usage_type like '%VpcEndpoint-Hours' then 0 else usage_amount end) as gb,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where
        usage_type like '%VpcEndpoint-Hours'
        or usage_type like '%VpcEndpoint-Bytes'
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
    'ran ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h, all zones together, and processed nothing'
        as evidence
from endpoints
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and gb < #max_gb
