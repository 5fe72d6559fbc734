-- title: Traffic between zones and over public addresses
-- finds: Resources with much paid traffic that never leaves its region.
-- why: Traffic between zones is paid for on both sides, and traffic to a public address of the same region even
--   within one zone. Within a zone, over private addresses, it is free.
-- reads: Usage types *DataTransfer-Regional-Bytes*, operations *InterZone*, *PublicIP* and *VPCPeering*.
-- thresholds:
--   min_gb = 100: GB of all three, in and out together
-- saving: None said: a report does not show the other side.
-- confidence: medium
-- blind: Traffic that a spread over zones cannot do without, such as replication of databases.
-- do: Find the other side in the flow logs. Use private addresses; keep readers and their data in one zone where both
--   may fail together.
-- source: Cost and Usage Report user guide, "Understanding data transfer charges"; AWS's CUR query library
--   (Well-Architected Labs), "Network usage"; the CUDOS dashboard (November 2026).
-- services: any
-- needs: nothing
with traffic as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        max(product_code) as service,
        sum(cost) as cost,
        sum(usage_amount) as gb,
        sum(case when operation like '%InterZone%' then usage_amount else 0 end) as zone_gb,
        sum(case when operation like '%PublicIP%' then usage_amount else 0 end) as public_gb
    from cur_usage
    where
        usage_type like '%DataTransfer-Regional-Bytes%'
        and (operation like '%InterZone%' or operation like '%PublicIP%' or operation like '%VPCPeering%')
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    service,
    currency,
    cost,
    cast(null as double) as saving,
    'in and out: ' || cast(cast(zone_gb as decimal(18, 0)) as varchar) || ' GB between zones, '
    || cast(cast(public_gb as decimal(18, 0)) as varchar) || ' GB over public addresses, '
    || cast(cast(gb - zone_gb - public_gb as decimal(18, 0)) as varchar) || ' GB to peered VPCs' as evidence
from traffic
where gb >= #min_gb
