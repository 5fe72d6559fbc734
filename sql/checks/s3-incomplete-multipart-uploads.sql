-- title: Multipart uploads that were never completed
-- finds: S3 buckets in which many more multipart uploads were begun than completed.
-- why: The parts of an upload that nobody completed are billed as storage, and no listing of the bucket shows them.
-- reads: Product code AmazonS3, usage types *Requests-*, operations InitiateMultipartUpload, CompleteMultipartUpload
--   and UploadPart.
-- thresholds:
--   min_unfinished = 100: uploads begun and not completed
--   min_share = 0.1: their part of the uploads begun; uploads over the end of the month are both
-- saving: None can be told: a report does not say how large the parts are.
-- confidence: medium
-- blind: Aborted uploads look the same and leave nothing behind. The cost is that of the requests.
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
        sum(case when operation = 'InitiateMultipartUpload' then usage_amount else 0 end) as begun,
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
    cast(cast(begun as decimal(18, 0)) as varchar) || ' uploads begun, '
    || cast(cast(completed as decimal(18, 0)) as varchar) || ' completed' as evidence
from uploads
where
    begun - completed >= #min_unfinished
    and begun - completed >= #min_share * begun
