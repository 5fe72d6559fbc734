-- title: Fast snapshot restore left on
-- finds: EBS snapshots whose fast restore was switched on for a week or longer.
-- why: Fast restore is billed by the hour for each snapshot and zone, about 547 USD a month, whether anything is
--   restored or not.
-- reads: Usage types *EBS:FastSnapshotRestore, in data services unit hours.
-- thresholds:
--   min_hours = 168: hours in the month, over all its zones
--   min_days = 7: days from the first to the last
-- saving: All of its cost, since it can be switched off.
-- confidence: high
-- blind: Snapshots from which volumes are created all day long.
-- do: Ask whether volumes are created from the snapshot every day. If not, disable fast snapshot restore; the snapshot
--   itself stays.
-- source: Amazon EBS user guide, "Amazon EBS fast snapshot restore" and "Understand codes for Amazon EBS in billing and
--   usage reports"; 0.75 USD an hour, us-east-1 (November 2026).
-- services: AmazonEC2
-- needs: nothing
with restores as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as hours,
        datediff('day', min(first_day), max(last_day)) + 1 as days,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where usage_type like '%EBS:FastSnapshotRestore'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonEC2' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'on for ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h' as evidence
from restores
where
    hours >= #min_hours
    and (days >= #min_days or is_whole_month = 1)
