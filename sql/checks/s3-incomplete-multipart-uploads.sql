-- title: Multipart uploads that were never completed
-- finds: S3 buckets in which far more multipart uploads were started than completed.
-- why: The parts of an upload that was not completed are charged as storage, and do not appear in listings of the
--   bucket.
-- reads: Product code AmazonS3, usage types *Requests-*, operations InitiateMultipartUpload, CompleteMultipartUpload
--   and UploadPart.
-- thresholds:
--   min_unfinished = 100: uploads started and not completed
--   min_share = 0.1: their share of the uploads started; some are completed in the month after
-- saving: No estimate: a report does not show how large the parts are.
-- confidence: medium
-- blind: Uploads that were aborted look the same, but leave nothing behind. The cost is that of the requests only.
-- do: Add a lifecycle rule to the bucket that aborts incomplete multipart uploads after seven days.
-- source: CUDOS dashboard, S3, "incomplete multipart uploads"; operations as in reports of October 2018 (November
--   2026).
-- services: AmazonS3
-- needs: resource
with uploads as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(case when operation = 'InitiateMultipartUpload' then usage_amount else 0 end) as started,
        sum(case when operation = 'CompleteMultipartUpload' then usage_amount else 0 end) as completed
    from cur_usage
    where
        product_code = 'AmazonS3'
        and resource <> ''
        and usage_type like '%Requests-%'
        and operation in ('InitiateMultipartUpload', 'CompleteMultipartUpload', 'UploadPart')
    group by payer, account, resource, currency
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
    cast(cast(started as decimal(18, 0)) as varchar) || ' uploads started, '
    || cast(cast(completed as decimal(18, 0)) as varchar) || ' completed' as evidence
from uploads
where
    started - completed >= #min_unfinished
    and started - completed >= #min_share * started
