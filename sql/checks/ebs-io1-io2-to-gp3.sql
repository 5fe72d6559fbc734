-- title: io1 and io2 volumes that are cheaper as gp3
-- finds: EBS volumes of type io1 or io2 with at most 16,000 IOPS.
-- why: The price of gp3 includes the first 3,000 IOPS, and each further one costs a thirteenth of what it costs on io1.
-- reads: Product code AmazonEC2. Storage is usage type *EBS:VolumeUsage.piops (io1) or .io2, IOPS are
--   *EBS:VolumeP-IOPS.piops or .io2 (from 32,000 on, .io2.tier2 and .io2.tier3).
-- thresholds:
--   storage_ratio = 0.64: price of a GB-month of gp3 to io1's and io2's (0.08 and 0.125 USD)
--   iops_ratio = 0.077: price of an IOPS-month of gp3 to io1's and io2's (0.005 and 0.065 USD)
--   throughput_ratio = 0.616: price of a MiB/s-month of gp3 to an IOPS-month of io1 (0.04 and 0.065 USD)
--   free_iops = 3000: IOPS that every gp3 volume includes
--   free_mibps = 125: MiB/s that every gp3 volume includes
--   mibps_an_iops = 0.25: MiB/s that io1 gives for each of its IOPS
--   most_mibps = 500: MiB/s that io1 gives at most, up to 32,000 IOPS
--   most_iops = 16000: IOPS; a volume with more is left alone
-- saving: The price difference, with gp3 given the same IOPS and the same peak throughput.
-- confidence: medium
-- blind: Volumes that need the latency or durability of io1 or io2, or that are attached to several instances.
-- do: Ask whether the workload needs the latency of provisioned IOPS. If not, change the volume's type to gp3 and keep
--   its IOPS; it stays in use meanwhile.
-- source: Amazon EBS user guide, "Provisioned IOPS SSD volumes" and "Understand codes for Amazon EBS in billing and
--   usage reports"; EBS pricing, us-east-1 (November 2026).
-- services: AmazonEC2
-- needs: resource
with volumes as (
    select
        used.payer,
        used.account,
        used.resource,
        used.currency,
        max(used.region) as region,
        sum(used.cost) as cost,
        sum(case when used.usage_type like '%VolumeUsage%' then used.on_demand_cost else 0 end) as storage_cost,
        sum(case when used.usage_type like '%VolumeP-IOPS%' then used.on_demand_cost else 0 end) as iops_cost,
        sum(case when used.usage_type like '%VolumeP-IOPS%' then used.usage_amount else 0 end) as iops_months,
        -- by hours, so that IOPS-months show its IOPS in a month that is not over
        case
            when max(used.is_whole_month) = 1 then cast(1 as double)
            else
                greatest(datediff('hour', min(used.first_day), max(used.last_moment) + interval '1 second'), 1)
                / (cast(24 as double) * max(cur_payers.days_in_month))
        end as month_share
    from cur_usage as used
    inner join cur_payers on used.payer = cur_payers.payer
    where
        used.product_code = 'AmazonEC2'
        and used.resource <> ''
        and (
            used.usage_type like '%EBS:VolumeUsage.piops'
            or used.usage_type like '%EBS:VolumeUsage.io2'
            or used.usage_type like '%EBS:VolumeP-IOPS.piops'
            or used.usage_type like '%EBS:VolumeP-IOPS.io2%'
        )
    group by used.payer, used.account, used.resource, used.currency
),

with_performance as (
    select
        volumes.*,
        greatest(iops_months - #free_iops * month_share, 0) as extra_iops_months,
        greatest(least(#mibps_an_iops * iops_months, #most_mibps * month_share) - #free_mibps * month_share, 0)
            as extra_mibps_months
    from volumes
)

select
    payer,
    account,
    region,
    resource,
    'AmazonEC2' as service,
    currency,
    cost,
    storage_cost * (1 - #storage_ratio)
    + iops_cost
    * (
        1 - (#iops_ratio * extra_iops_months + #throughput_ratio * extra_mibps_months)
        / coalesce(nullif(iops_months, 0), 1)
    ) as saving,
    cast(cast(iops_months / month_share as decimal(18, 0)) as varchar) || ' IOPS for '
    || cast(cast(iops_cost as decimal(18, 2)) as varchar) || ', storage for '
    || cast(cast(storage_cost as decimal(18, 2)) as varchar) as evidence
from with_performance
where iops_months <= #most_iops * month_share
