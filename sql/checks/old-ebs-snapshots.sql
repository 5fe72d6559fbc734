-- title: EBS snapshots older than half a year
-- finds: EBS snapshots that were already billed half a year ago.
-- why: Snapshots without a retention rule are kept for good, often long after their volume is gone.
-- reads: Usage types *EBS:SnapshotUsage; archived snapshots have another one. A report does not show when a snapshot
--   was made: it is as old as the first month in the warehouse that has it.
-- thresholds:
--   min_age_months = 6: months since the first that has it
-- saving: At most all of its cost: data that later snapshots of the volume share will be billed with those.
-- confidence: low
-- blind: Whether anybody still needs it, whether an image or a backup plan uses it, and how much data it shares with
--   later snapshots.
-- do: Ask its owner why it is kept. Delete it, and let a lifecycle policy delete the next ones.
-- source: KPI dashboard of the Cloud Intelligence Dashboards, "EBS snapshots"; Amazon EBS user guide, "Understand codes
--   for Amazon EBS in billing and usage reports" (November 2026).
-- services: AmazonEC2
-- needs: resource, half_a_year
select
    payer,
    account,
    region,
    resource,
    'AmazonEC2' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'billed for at least ' || cast(age_months as varchar) || ' months, '
    || cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months' as evidence
from cur_old_snapshots
where age_months >= #min_age_months
