-- title: Objects deleted or moved before their class's minimum duration
-- finds: S3 buckets that were charged for objects deleted, overwritten or moved too early.
-- why: Infrequent-access and archive classes charge for at least 30 to 180 days, however short the life of an object.
-- reads: Product codes AmazonS3 and AmazonS3GlacierDeepArchive, usage types *EarlyDelete*.
-- thresholds: none
-- saving: No estimate: in Standard these objects would have cost something, too, depending on their age.
-- confidence: high
-- blind: How old the objects were, and whether it was a single clean-up.
-- do: Compare the lifecycle rules with how long objects live. Move objects later, or leave short-lived ones in
--   Standard.
-- source: Amazon S3 user guide, "Understanding your AWS billing and usage reports for Amazon S3"; KPI dashboard, "early
--   delete" (November 2026).
-- services: AmazonS3, AmazonS3GlacierDeepArchive
-- needs: nothing
with buckets as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(case when usage_type like '%EarlyDelete%' then cost else 0 end) as cost,
        sum(cost) as bucket_cost
    from cur_usage
    where product_code in ('AmazonS3', 'AmazonS3GlacierDeepArchive')
    group by payer, account, resource, case when resource = '' then region else '' end, currency
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
    cast(cast(cost as decimal(18, 2)) as varchar) || ' of the ' || cast(cast(bucket_cost as decimal(18, 2)) as varchar)
    || ' that the bucket costs' as evidence
from buckets
where cost > 0
