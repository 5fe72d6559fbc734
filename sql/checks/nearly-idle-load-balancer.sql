-- title: Nearly idle load balancers
-- finds: Load balancers that ran for two weeks and more with so little traffic that it hardly comes from users.
-- why: Scanners reach every load balancer on the internet. Its hours cost the same when they are its only visitors.
-- reads: Product code AWSELB. Its hours are usage types *LoadBalancerUsage, its load *LCUUsage. Classic load
--   balancers have no such load and are not judged.
-- thresholds:
--   min_hours = 336: hours that it ran in the month, two weeks
--   min_days = 14: days from its first hour to its last; several without an id make hours together
--   max_lcu_per_hour = 0.01: load by the hour, and not more. A real one with scanners only had 0.0012
-- saving: All of its cost, since it can be deleted, or its rules moved to another one.
-- confidence: medium
-- blind: Services that few people use and that matter. Load balancers that stand by for a failover.
-- do: Look in its access logs for who uses it. Delete it, or put its rules on a load balancer that others use.
-- source: AWS's CUR query library (Well-Architected Labs), "Idle load balancers", which asks for no traffic at all;
--   the limit by LCU is this project's own, after a report of April 2026 (366 h, 0.42 LCU-h, 0.43 GB).
-- services: AWSELB
-- needs: nothing
with load_balancers as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%LoadBalancerUsage' then usage_amount else 0 end) as hours,
        sum(case when usage_type like '%LCUUsage' then usage_amount else 0 end) as lcu_hours,
        sum(case when usage_type like '%DataTransfer-Out-Bytes' then usage_amount else 0 end) as gb,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where product_code = 'AWSELB'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
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
    'ran ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h, '
    || cast(cast(lcu_hours as decimal(18, 2)) as varchar) || ' LCU-h, '
    || cast(cast(gb as decimal(18, 2)) as varchar) || ' GB out' as evidence
from load_balancers
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and lcu_hours > 0
    and lcu_hours < #max_lcu_per_hour * hours
