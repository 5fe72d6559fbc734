-- title: S3 replication to other regions
-- finds: Buckets whose objects are copied to another region, with the traffic that this costs.
-- why: A copy in another region is paid for twice: for its traffic and for its storage.
-- reads: Product code AmazonS3, usage types *AWS-Out-Bytes, operations *ForRepl (GetObjectForRepl,
--   UploadPartForRepl).
-- thresholds:
--   min_gb = 50: GB copied in the month
-- saving: None said: most copies are there for a reason.
-- confidence: medium
-- blind: Whether a rule or a recovery plan asks for the copy.
-- do: Ask the bucket's owner who needs the copy. Limit the replication to the prefixes that need it.
-- source: Amazon S3 user guide, "Understanding billing and usage reports"; operations as in published reports
--   (November 2026).
-- services: AmazonS3
-- needs: nothing
with replication as (
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
        and usage_type like '%AWS-Out-Bytes'
        and operation like '%ForRepl'
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
    cast(cast(gb as decimal(18, 0)) as varchar) || ' GB copied to other regions' as evidence
from replication
where gb >= #min_gb
