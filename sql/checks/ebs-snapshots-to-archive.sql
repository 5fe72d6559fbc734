-- title: EBS snapshots over a year old that could be archived
-- finds: EBS snapshots in the standard tier that were already billed a year ago.
-- why: A GB in the archive tier costs a quarter, and snapshots this old are rarely restored.
-- reads: Usage types *EBS:SnapshotUsage; archived snapshots have *EBS:SnapshotArchiveStorage instead. A snapshot is as
--   old as the first month in the warehouse that has it.
-- thresholds:
--   min_age_months = 12: months since the first that has it
--   saving_ratio = 0.75: part of the price of a GB-month that the archive saves (0.05 and 0.0125 USD)
-- saving: At most 75 % of its cost. The archive bills a full copy of the volume, the standard tier only what changed,
--   so that archiving a small increment can cost more.
-- confidence: low
-- blind: The full size of the volume, and whether the snapshot will be restored (0.03 USD a GB, and up to three days).
-- do: Compare the size of its volume with the GB that are billed. Archive the last snapshot of a volume that is gone,
--   for at least 90 days. Delete what nobody needs.
-- source: Amazon EBS user guide, "Archive Amazon EBS snapshots", and EBS pricing, us-east-1 (November 2026); KPI
--   dashboard, snapshots over a year.
-- services: AmazonEC2
-- needs: resource, a_year
select
    payer,
    account,
    region,
    resource,
    'AmazonEC2' as service,
    currency,
    cost,
    #saving_ratio * on_demand_cost as saving,
    'billed for at least ' || cast(age_months as varchar) || ' months, '
    || cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months in the standard tier' as evidence
from cur_old_snapshots
where age_months >= #min_age_months
