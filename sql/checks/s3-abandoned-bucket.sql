-- title: Buckets that look abandoned
-- finds: S3 buckets that hold a lot of data and see next to no requests and transfer.
-- why: Data whose application is gone is paid for until somebody asks whose it is.
-- reads: Product code AmazonS3. Usage types *Tier1 and *Tier2 are requests, *Bytes is data in and out, *TimedStorage*
--   is storage.
-- thresholds:
--   max_tier1 = 100: writing and listing requests a week
--   max_tier2 = 2000: reading requests a week, which scanners and consoles make of every bucket
--   max_gb_a_day = 1: GB in and out a day
--   min_days = 7: days that the report must cover
--   min_gb = 100: GB-months of storage; fewer are not worth a look
-- saving: No estimate: it may be an archive.
-- confidence: low
-- blind: Archives and backups, which are not meant to be read.
-- do: Ask the account's owner whose data it is. Delete it, or move it to an archive class.
-- source: The thresholds are assumptions of this project. Usage types: Amazon S3 user guide, "Understanding your AWS
--   billing and usage reports for Amazon S3" (November 2026).
-- services: AmazonS3
-- needs: resource
with buckets as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(case when usage_type like '%TimedStorage%' then cost else 0 end) as cost,
        sum(case when usage_type like '%TimedStorage%' then usage_amount else 0 end) as gb_months,
        sum(case when usage_type like '%Tier1' then usage_amount else 0 end) as tier1,
        sum(case when usage_type like '%Tier2' then usage_amount else 0 end) as tier2,
        sum(case when usage_type like '%Bytes' then usage_amount else 0 end) as transferred_gb
    from cur_usage
    where
        product_code = 'AmazonS3'
        and resource <> ''
    group by payer, account, resource, currency
),

dated as (
    select
        buckets.*,
        cur_payers.covered_days,
        cast(cur_payers.covered_days as double) / 7 as weeks
    from buckets
    inner join cur_payers on buckets.payer = cur_payers.payer
)

select
    payer,
    account,
    region,
    resource,
    'AmazonS3' as service,
    currency,
    cost,
    cast(null as double) as saving,
    cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months, '
    || cast(cast(tier1 as decimal(18, 0)) as varchar) || ' writing and '
    || cast(cast(tier2 as decimal(18, 0)) as varchar) || ' reading requests, '
    || cast(cast(transferred_gb as decimal(18, 2)) as varchar) || ' GB moved' as evidence
from dated
where
    covered_days >= #min_days
    and gb_months >= #min_gb
    and tier1 < #max_tier1 * weeks
    and tier2 < #max_tier2 * weeks
    and transferred_gb < #max_gb_a_day * covered_days
