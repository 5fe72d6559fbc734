-- title: Infrequent access that is read too often
-- finds: S3 buckets whose reads and requests in Standard-Infrequent Access cost more than its cheaper storage saves.
-- why: Standard-Infrequent Access charges for every GB that is read, and more for every request.
-- reads: Product code AmazonS3, usage types *TimedStorage-SIA-ByteHrs, *Retrieval-SIA, *Requests-SIA-Tier1 and -Tier2.
-- thresholds:
--   storage_gain = 0.84: saved against Standard for each USD of storage (0.023 and 0.0125 a GB)
--   tier1_share = 0.5: part of a writing request's price that Standard saves (0.01 and 0.005 a thousand)
--   tier2_share = 0.6: part of a reading request's price that Standard saves (0.001 and 0.0004 a thousand)
-- saving: Retrieval and the higher price of requests, less what the storage saves.
-- confidence: medium
-- blind: A one-off restore or move, after which the data is not read again.
-- do: Check whether the reads continue from month to month. Move the data that is read to Standard or
--   Intelligent-Tiering.
-- source: Amazon S3 user guide, "Understanding your AWS billing and usage reports for Amazon S3"; S3 pricing, us-east-1
--   (November 2026).
-- services: AmazonS3
-- needs: resource
with buckets as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(case when usage_type like '%Retrieval-SIA' then on_demand_cost else 0 end) as retrieval,
        sum(
            case
                when usage_type like '%Requests-SIA-Tier1' then #tier1_share * on_demand_cost
                when usage_type like '%Requests-SIA-Tier2' then #tier2_share * on_demand_cost
                else 0
            end
        ) as requests,
        sum(case when usage_type like '%TimedStorage-SIA-ByteHrs' then #storage_gain * on_demand_cost else 0 end)
            as gained
    from cur_usage
    where
        product_code = 'AmazonS3'
        and resource <> ''
        and (
            usage_type like '%Retrieval-SIA'
            or usage_type like '%Requests-SIA-Tier%'
            or usage_type like '%TimedStorage-SIA-ByteHrs'
        )
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
    retrieval + requests - gained as saving,
    'retrieval costs ' || cast(cast(retrieval as decimal(18, 2)) as varchar) || ', requests '
    || cast(cast(requests as decimal(18, 2)) as varchar) || ' more, storage '
    || cast(cast(gained as decimal(18, 2)) as varchar) || ' less than in Standard' as evidence
from buckets
where retrieval + requests > gained
