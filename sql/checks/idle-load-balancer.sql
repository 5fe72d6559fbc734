-- title: Idle load balancers
-- finds: Load balancers that ran for two weeks and more and did no work at all.
-- why: An hour of a load balancer costs the same whether it serves anybody or not.
-- reads: Product code AWSELB. Its hours are usage types *LoadBalancerUsage; every other usage type with an amount
--   (LCU hours, bytes) is traffic. The usage type is asked and not the pricing unit, which free-tier lines lack.
-- thresholds:
--   min_hours = 336: hours that it ran in the month, two weeks
--   min_days = 14: days from its first hour to its last; several without an id make hours together
-- saving: All of its cost, since it can be deleted.
-- confidence: high
-- blind: Load balancers that stand by for a failover on purpose.
-- do: Ask its owner whether anything will use it. Delete it, and its target groups and DNS records with it.
-- source: AWS's CUR query library (Well-Architected Labs), "Idle load balancers"; looked up November 2026.
-- services: AWSELB
-- needs: nothing
with load_balancers as (
    select
        payer,
        account,
        resource,
        case when resource = '' then region else '' end as place,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%LoadBalancerUsage' then usage_amount else 0 end) as hours,
        min(case when usage_type like '%LoadBalancerUsage' then first_day end) as first_day,
        max(case when usage_type like '%LoadBalancerUsage' then last_day end) as last_day,
        max(is_whole_month) as is_whole_month,
        sum(case when usage_type not like '%LoadBalancerUsage' and usage_amount > 0 then 1 else 0 end) as traffic_lines
    from cur_usage
    where product_code = 'AWSELB'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
),

-- Traffic that names no region may belong to any region's load balancers, and
-- load balancers that name none to any traffic.
with_traffic as (
    select
        load_balancers.*,
        sum(case when place = '' then traffic_lines else 0 end) over (partition by payer, account, resource)
            as traffic_without_place,
        sum(traffic_lines) over (partition by payer, account, resource) as traffic_anywhere
    from load_balancers
)

select
    payer,
    account,
    region,
    resource,
    'AWSELB' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'ran ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h without any traffic' as evidence
from with_traffic
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and case when place = '' then traffic_anywhere else traffic_lines + traffic_without_place end = 0
