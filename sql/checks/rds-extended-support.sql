-- title: Databases on RDS Extended Support
-- finds: RDS and Aurora databases whose major version is past its end of standard support, so that they pay by the
--   vCPU.
-- why: The surcharge buys nothing but patches for an old version. It often exceeds the instance's own price, is due for
--   stopped instances as well, and doubles in the third year.
-- reads: Product code AmazonRDS; usage types *ExtendedSupport* (ExtendedSupport:Yr1-Yr2:MySQL8.0), which AWS bills on
--   lines of their own, in vCPU-hours.
-- thresholds: none
-- saving: All of the surcharge, since an upgrade ends it.
-- confidence: high
-- blind: What an upgrade costs in work and risk.
-- do: Upgrade the database to a major version in standard support, by a blue/green deployment where it may not stop.
--   Turn off automatic enrolment in Extended Support for new databases.
-- source: CUDOS 5.9.1 (August 2026); AWS price list (2026): 0.10 USD a vCPU-hour in the years 1 and 2, 0.20 in year 3,
--   of Multi-AZ deployments twice that.
-- services: AmazonRDS
-- needs: nothing
with surcharges as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as vcpu_hours,
        min(split_part(usage_type, 'ExtendedSupport:', 2)) as version
    from cur_usage
    where
        product_code = 'AmazonRDS'
        and usage_type like '%ExtendedSupport%'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonRDS' as service,
    currency,
    cost,
    on_demand_cost as saving,
    cast(cast(vcpu_hours as decimal(18, 2)) as varchar) || ' vCPU-h of extended support'
    || case when version <> '' then ' (' || version || ')' else '' end as evidence
from surcharges
