-- title: Snapshots that cost as much as the volumes
-- finds: Accounts and regions in which EBS snapshots cost at least as much as the volumes.
-- why: Snapshots only hold what changed. When they add up to the price of the volumes, they are kept too long or have
--   outlived their volumes.
-- reads: Usage types *EBS:SnapshotUsage against *EBS:VolumeUsage*, in one account and region.
-- thresholds:
--   min_ratio = 1: cost of the snapshots to the cost of the volumes
--   min_gb = 100: GB-months of snapshots; fewer are not worth a look
-- saving: No estimate: which snapshots can go is a question about each of them.
-- confidence: medium
-- blind: Accounts that hold other accounts' backups, and regions that hold copies for disaster recovery.
-- do: Look for snapshots whose volumes are gone and for backup plans that keep too many. Delete them through a
--   lifecycle policy.
-- source: The threshold is an assumption of this project. Usage types: Amazon EBS user guide, "Understand codes for
--   Amazon EBS in billing and usage reports" (November 2026).
-- services: AmazonEC2
-- needs: nothing
with storage as (
    select
        payer,
        account,
        region,
        currency,
        sum(case when usage_type like '%SnapshotUsage' then cost else 0 end) as cost,
        sum(case when usage_type like '%SnapshotUsage' then usage_amount else 0 end) as gb_months,
        sum(case when usage_type like '%SnapshotUsage' then 0 else cost end) as volume_cost
    from cur_usage
    where usage_type like '%EBS:SnapshotUsage' or usage_type like '%EBS:VolumeUsage%'
    group by payer, account, region, currency
)

select
    payer,
    account,
    region,
    '' as resource,
    'AmazonEC2' as service,
    currency,
    cost,
    cast(null as double) as saving,
    'snapshots of ' || cast(cast(gb_months as decimal(18, 0)) as varchar) || ' GB-months for '
    || cast(cast(cost as decimal(18, 2)) as varchar) || ', volumes for '
    || cast(cast(volume_cost as decimal(18, 2)) as varchar) as evidence
from storage
where
    cost >= #min_ratio * volume_cost
    and gb_months >= #min_gb
