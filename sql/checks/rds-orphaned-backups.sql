-- title: RDS backups without a database
-- finds: RDS and Aurora backups that are charged for in an account and region without any database.
-- why: Manual snapshots remain when their database is deleted, and are charged in full from then on.
-- reads: Product code AmazonRDS. Backups are usage types *BackupUsage. Any other usage except data transfer means that
--   there is a database, if only a stopped one with storage.
-- thresholds: none
-- saving: All of their cost, if nobody needs them.
-- confidence: medium
-- blind: Copies that are kept in a second region or account on purpose, and databases that were deleted within the
--   month.
-- do: List the manual snapshots and retained backups of the region. Delete those that no retention rule requires.
-- source: Amazon RDS user guide, "Backup storage" (November 2026); confirmed by a real report of October 2018, with
--   charged backups in a region that had no instance.
-- services: AmazonRDS
-- needs: nothing
with databases as (
    select
        payer,
        account,
        resource,
        currency,
        case when resource = '' then region else '' end as place,
        max(region) as region,
        sum(case when usage_type like '%BackupUsage' then cost else 0 end) as cost,
        sum(case when usage_type like '%BackupUsage' then on_demand_cost else 0 end) as saving,
        sum(case when usage_type like '%BackupUsage' then usage_amount else 0 end) as gb_months,
        sum(case when usage_type like '%BackupUsage' or usage_type like '%DataTransfer%' then 0 else usage_amount end)
            as database_usage
    from cur_usage
    where product_code = 'AmazonRDS'
    group by payer, account, resource, currency, case when resource = '' then region else '' end
),

-- A database that names no region may be the one of any region's backups, and
-- backups that name none may be those of any database.
placed as (
    select
        databases.*,
        sum(database_usage) over (partition by payer, account, region) as usage_here,
        sum(case when region = '' then database_usage else 0 end) over (partition by payer, account)
            as usage_without_region,
        sum(database_usage) over (partition by payer, account) as usage_anywhere
    from databases
)

select
    payer,
    account,
    region,
    resource,
    'AmazonRDS' as service,
    currency,
    cost,
    saving,
    cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months of backups, no database in the region' as evidence
from placed
where
    cost > 0
    and case when region = '' then usage_anywhere else usage_here + usage_without_region end = 0
