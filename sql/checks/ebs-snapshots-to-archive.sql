-- title: Old EBS snapshots that the archive tier would keep for less
-- finds: EBS snapshots in the standard tier that were billed a year ago already.
-- why: A GB in the archive tier costs a quarter, and so old a snapshot is rarely restored.
-- reads: Usage types *EBS:SnapshotUsage; archived snapshots have *EBS:SnapshotArchiveStorage. Its age is that of the
--   first of the held months that has it.
-- thresholds:
--   min_age_months = 12: months since the first month that has it
--   saving_ratio = 0.75: part of the price of a GB-month that the archive saves (0.05 and 0.0125 USD)
-- saving: 75 % of its cost, at most: the archive bills a whole copy of the volume, where the standard tier bills what
--   changed. An increment may cost more there.
-- confidence: low
-- blind: The volume's whole size, and how often the snapshot is restored (0.03 USD a GB, a day or more).
-- do: Compare the size of its volume with what it is billed for. Archive the last snapshot of a volume that is gone,
--   for 90 days or more; delete what nobody needs.
-- source: Amazon EBS user guide, "Archive Amazon EBS snapshots", and EBS pricing, us-east-1 (November 2026); KPI
--   dashboard, snapshots over a year.
-- services: AmazonEC2
-- needs: resource, a_year
with snapshots as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as gb_months
    from cur_usage
    where
        usage_type like '%EBS:SnapshotUsage'
        and resource <> ''
    group by payer, account, resource, currency
),

aged as (
    select
        snapshots.*,
        #startyear * 12 + #startmonth - ages.first_month as age_months
    from snapshots
    inner join cur_snapshot_ages as ages
        on
            snapshots.payer = ages.payer
            and snapshots.account = ages.account
            and snapshots.resource = ages.resource
)

select
    payer,
    account,
    region,
    resource,
    'AmazonEC2' as service,
    currency,
    cost,
    #saving_ratio * on_demand_cost as saving,
    'billed since ' || cast(age_months as varchar) || ' months at least, '
    || cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months in the standard tier' as evidence
from aged
where age_months >= #min_age_months
