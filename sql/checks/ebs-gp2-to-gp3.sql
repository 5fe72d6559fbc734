-- title: gp2 volumes that are cheaper as gp3
-- finds: EBS volumes of type gp2 whose size and performance cost less as gp3.
-- why: gp3 is the successor of gp2 at a lower price, and is changed to while the volume is in use.
-- reads: Usage types *EBS:VolumeUsage.gp2; or *EBS:VolumeUsage* whose volume API name is gp2. Reports of 2018 have no
--   such column.
-- thresholds:
--   storage_ratio = 0.8: price of a GB-month of gp3 to gp2's (0.08 and 0.10 USD)
--   iops_ratio = 0.05: price of a provisioned IOPS-month of gp3 to a GB-month of gp2 (0.005 and 0.10 USD)
--   throughput_ratio = 0.4: price of a MiB/s-month of gp3 to a GB-month of gp2 (0.04 and 0.10 USD)
--   iops_a_gb = 3: IOPS that gp2 has by its size
--   most_iops = 16000: that gp2 has at most
--   free_iops = 3000: that gp3 has at any size
--   fast_gb = 334: GB from which on gp2 has 250 MiB/s, and gp3's 125 are not enough
--   extra_mibps = 125: MiB/s that such a volume is paid for as gp3
-- saving: The price difference, less IOPS and throughput that gp2 has by its size and gp3 is paid for. Bursts of small
--   volumes are not counted.
-- confidence: high
-- blind: How much performance is really used: a volume that needs less saves more.
-- do: Change the volume's type to gp3; it stays attached and in use. Set IOPS and throughput to what it had.
-- source: Amazon EBS user guide, "General Purpose SSD volumes", and EBS pricing, us-east-1 (November 2026); the KPI
--   dashboard takes the same shares.
-- services: AmazonEC2
-- needs: nothing
with volumes as (
    select
        used.payer,
        used.account,
        used.resource,
        used.currency,
        max(used.region) as region,
        sum(used.cost) as cost,
        sum(used.on_demand_cost) as on_demand_cost,
        sum(used.usage_amount) as gb_months,
        -- by hours, so that GB-months show its size on the first day of a month, too
        case
            when max(used.is_whole_month) = 1 then cast(1 as double)
            else
                greatest(datediff('hour', min(used.first_day), max(used.last_moment) + interval '1 second'), 1)
                / (cast(24 as double) * max(cur_payers.days_in_month))
        end as month_share
    from cur_usage as used
    inner join cur_payers on used.payer = cur_payers.payer
    where
        used.usage_type like '%EBS:VolumeUsage.gp2'
        or (used.usage_type like '%EBS:VolumeUsage%' and used.volume_api_name = 'gp2')
    group by
        used.payer,
        used.account,
        used.resource,
        case when used.resource = '' then used.region else '' end,
        used.currency
),

-- Volumes without an id are many: their sizes are not known.
with_performance as (
    select
        volumes.*,
        case
            when resource = '' then 0
            else
                greatest(
                    least(#iops_a_gb * gb_months, #most_iops * month_share) - #free_iops * month_share,
                    0
                )
        end as extra_iops_months,
        case
            when resource <> '' and gb_months >= #fast_gb * month_share then #extra_mibps * month_share
            else 0
        end as extra_mibps_months
    from volumes
),

with_saving as (
    select
        with_performance.*,
        on_demand_cost
        * (
            1 - #storage_ratio
            - (#iops_ratio * extra_iops_months + #throughput_ratio * extra_mibps_months) / nullif(gb_months, 0)
        ) as saving
    from with_performance
)

select
    payer,
    account,
    region,
    resource,
    'AmazonEC2' as service,
    currency,
    cost,
    saving,
    cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months of gp2'
    || case
        when extra_iops_months > 0
            then
                ', ' || cast(cast(extra_iops_months / month_share as decimal(18, 0)) as varchar)
                || ' IOPS to provision'
        else ''
    end as evidence
from with_saving
where saving > 0
