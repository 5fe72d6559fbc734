-- title: Idle network firewalls
-- finds: Firewalls of AWS Network Firewall whose hours cost far more than the traffic that they inspect.
-- why: An endpoint of a firewall costs the same by the hour whether it inspects anything or not.
-- reads: Product code AWSNetworkFirewall, usage types *Endpoint-Hour* and *Traffic-GB*.
-- thresholds:
--   min_hours = 336: hours of its endpoints in the month, two weeks
--   min_days = 14: days from its first hour to its last; endpoints of several zones make hours together
--   min_cost_ratio = 20: cost of the hours to cost of the traffic
-- saving: All of its cost, at most: what traffic there is has to be inspected elsewhere. 288.35 USD an endpoint and
--   month in us-east-1.
-- confidence: medium
-- blind: Firewalls that a regulation demands, whatever goes through them.
-- do: Look in the route tables for what is routed through it. Delete it, or inspect the traffic at one place for
--   several VPCs.
-- source: AWS's CUR query library (Well-Architected Labs), "Idle network firewalls" of March 2022; AWS Network
--   Firewall pricing (November 2026).
-- services: AWSNetworkFirewall
-- needs: nothing
with firewalls as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%Endpoint-Hour%' then usage_amount else 0 end) as hours,
        sum(case when usage_type like '%Endpoint-Hour%' then cost else 0 end) as hours_cost,
        sum(case when usage_type like '%Endpoint-Hour%' then 0 else usage_amount end) as gb,
        sum(case when usage_type like '%Endpoint-Hour%' then 0 else cost end) as gb_cost,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where
        product_code = 'AWSNetworkFirewall'
        and (usage_type like '%Endpoint-Hour%' or usage_type like '%Traffic-GB%')
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AWSNetworkFirewall' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'endpoints ran ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h, '
    || cast(cast(gb as decimal(18, 2)) as varchar) || ' GB inspected' as evidence
from firewalls
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and hours_cost > #min_cost_ratio * gb_cost
