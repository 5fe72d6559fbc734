-- title: Instances that could run on Graviton
-- finds: On-demand Linux instances on Intel or AMD of a family that has a Graviton one of the same shape.
-- why: Graviton instances of the same size cost less by the hour, and mostly do more in it.
-- reads: Usage types *BoxUsage* and *DedicatedUsage* with operation RunInstances (Linux without a licence) of families
--   t, m, c and r; the physical processor.
-- thresholds:
--   intel_saving = 0.2: lower price of Graviton, as a share of Intel's
--   amd_saving = 0.1: lower price of Graviton, as a share of AMD's
-- saving: The lower price, of on-demand hours.
-- confidence: medium
-- blind: Whether the software runs on ARM. On AMD instead of Intel it runs as it is, and saves about half.
-- do: Build and test the software for ARM. Change to the Graviton type of the same size, or to AMD's without a new
--   build.
-- source: KPI dashboard: 20 % of Intel, 10 % of AMD (looked up November 2026).
-- services: AmazonEC2
-- needs: physical_processor
with instances as (
    select
        payer,
        account,
        resource,
        case when resource = '' then region else '' end as place,
        currency,
        region,
        cost,
        on_demand_cost,
        usage_amount,
        physical_processor,
        coalesce(instance_type, split_part(usage_type, ':', 2)) as instance_type,
        case
            when physical_processor like 'Intel%' then #intel_saving
            when physical_processor like 'AMD%' then #amd_saving
            else 0
        end as saving_ratio
    from cur_usage
    where
        product_code = 'AmazonEC2'
        and operation = 'RunInstances'
        and on_demand_cost > 0
        and (usage_type like '%BoxUsage%' or usage_type like '%DedicatedUsage%')
)

select
    payer,
    account,
    max(region) as region,
    resource,
    'AmazonEC2' as service,
    currency,
    sum(cost) as cost,
    sum(on_demand_cost * saving_ratio) as saving,
    cast(cast(sum(usage_amount) as decimal(18, 0)) as varchar) || ' h of ' || max(instance_type) || ' on '
    || max(physical_processor) as evidence
from instances
where
    saving_ratio > 0
    and substring(instance_type, 1, 1) in ('t', 'm', 'c', 'r')
    and substring(instance_type, 2, 1) between '1' and '9'
group by payer, account, resource, place, currency
