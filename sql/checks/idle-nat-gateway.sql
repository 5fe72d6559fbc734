-- title: Idle NAT gateways
-- finds: NAT gateways that ran for two weeks and more and processed next to nothing.
-- why: An hour of a NAT gateway costs the same whether it processes anything or not.
-- reads: Usage types *NatGateway-Hours, zonal and regional, and *NatGateway*Bytes.
-- thresholds:
--   min_hours = 336: hours that it ran in the month, two weeks
--   min_days = 14: days from its first hour to its last; several zones, or gateways without an id, make hours together
--   max_gb = 1: GB that it processed, and not more. A real one that nobody used had 0.25 GB in 15 days
-- saving: All of its cost, since it can be deleted.
-- confidence: high
-- blind: Gateways that are needed now and then, for patches or a failover.
-- do: Look in its flow logs for who still uses it. Delete it, release its address, and take it out of the route
--   tables.
-- source: AWS's CUR query library (Well-Architected Labs), "Idle NAT gateways", which asks for no bytes at all; the
--   limit of 1 GB is this project's own, after a report of April 2026.
-- services: AmazonEC2
-- needs: nothing
with gateways as (
    select
        payer,
        account,
        resource,
        case when resource = '' then region else '' end as place,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%NatGateway-Hours' then usage_amount else 0 end) as hours,
        sum(case when usage_type like '%NatGateway-Hours' then 0 else usage_amount end) as gb,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where
        usage_type like '%NatGateway-Hours'
        or usage_type like '%NatGateway%Bytes'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
),

-- Traffic that names no region may belong to any region's gateways, and
-- gateways that name none to any traffic.
with_traffic as (
    select
        gateways.*,
        case
            when place = '' then sum(gb) over (partition by payer, account, resource)
            else gb + sum(case when place = '' then gb else 0 end) over (partition by payer, account, resource)
        end as traffic_gb
    from gateways
)

select
    payer,
    account,
    region,
    resource,
    'AmazonEC2' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'ran ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h, '
    || cast(cast(traffic_gb as decimal(18, 2)) as varchar) || ' GB processed' as evidence
from with_traffic
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and traffic_gb < #max_gb
