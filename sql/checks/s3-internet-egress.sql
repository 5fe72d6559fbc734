-- title: S3 traffic to the internet without CloudFront
-- finds: Buckets that send much directly to the internet.
-- why: Traffic from S3 to CloudFront is free. CloudFront sends 1 TB a month to the internet free of charge, and
--   answers repeated requests from its cache.
-- reads: Product code AmazonS3, usage types DataTransfer-Out-Bytes, with or without a region before it. What goes to
--   instances of the region (C3DataTransfer-Out-Bytes), to CloudFront (CloudFront-Out-Bytes), to other regions
--   (AWS-Out-Bytes) or to Glacier (S3G-DataTransfer-Out-Bytes) has names of its own.
-- thresholds:
--   min_gb = 200: GB in the month, twice the free 100 GB
-- saving: None said: it depends on how much can be cached.
-- confidence: medium
-- blind: Who reads. Data that everybody reads once gains little from a cache.
-- do: Look in the bucket's access logs for who reads what. Put CloudFront in front of what the public reads; let your
--   own offices read over Direct Connect.
-- source: Amazon S3 user guide, "Understanding billing and usage reports"; Cost and Usage Report user guide,
--   "Understanding data transfer charges" (November 2026).
-- services: AmazonS3
-- needs: nothing
with egress as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(usage_amount) as gb
    from cur_usage
    where
        product_code = 'AmazonS3'
        and (
            usage_type = 'DataTransfer-Out-Bytes'
            or (usage_type like '%-DataTransfer-Out-Bytes' and usage_type not like '%S3G-%')
        )
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
    cast(cast(gb as decimal(18, 0)) as varchar) || ' GB to the internet' as evidence
from egress
where gb >= #min_gb
