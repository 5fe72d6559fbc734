-- title: CPU credits of burstable instances
-- finds: Burstable instances that paid for CPU credits on top of their price.
-- why: An instance that always needs more than its baseline is cheaper as one of a fixed performance, or of a larger
--   size.
-- reads: Usage types *CPUCredits* (EC2, RDS, ElastiCache).
-- thresholds: none
-- saving: All of its on-demand cost, at most: in standard mode, or on a size that fits, no surplus credits are billed.
-- confidence: medium
-- blind: Whether the load was a single event, and what the larger instance would cost.
-- do: Look at its CPU load. Change to a larger or a fixed-performance type, or to standard mode if it may be slow.
-- source: Amazon EC2 user guide, "Unlimited mode for burstable performance instances"; CUDOS dashboard (looked up
--   November 2026).
-- services: any
-- needs: nothing
select
    payer,
    account,
    max(region) as region,
    resource,
    case when min(product_code) = max(product_code) then max(product_code) else '' end as service,
    currency,
    sum(cost) as cost,
    sum(on_demand_cost) as saving,
    cast(cast(sum(usage_amount) as decimal(18, 0)) as varchar) || ' vCPU hours of credits' as evidence
from cur_usage
where usage_type like '%CPUCredits%'
group by payer, account, resource, case when resource = '' then region else '' end, currency
