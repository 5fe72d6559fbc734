-- title: Infrequent access that is cheaper as Glacier Instant Retrieval
-- finds: S3 buckets whose data in Standard-Infrequent Access is read so rarely that Glacier Instant Retrieval would
--   cost less.
-- why: Glacier Instant Retrieval stores for a third of the price and answers as quickly, but charges more for requests
--   and reads.
-- reads: Product code AmazonS3, usage types *TimedStorage-SIA-*, *Retrieval-SIA, *Requests-SIA-Tier1 and -Tier2.
-- thresholds:
--   storage_ratio = 0.32: price of a GB-month to Standard-Infrequent Access's (0.004 and 0.0125 USD)
--   tier1_ratio = 2: of a thousand writing requests (0.02 and 0.01 USD)
--   tier2_ratio = 10: of a thousand reading requests (0.01 and 0.001 USD)
--   retrieval_ratio = 3: of a GB that is read (0.03 and 0.01 USD)
-- saving: The price difference for the same storage, requests and reads.
-- confidence: medium
-- blind: Objects that live less than the 90 days that are charged at least, and the requests that move the objects.
-- do: Check that earlier months had as few reads. Add a lifecycle rule that moves the objects to Glacier Instant
--   Retrieval.
-- source: Price ratios of AWS's CUR query library (Well-Architected Labs), "S3 bucket trends and optimizations"; its
--   formula takes the storage's saving for its cost, this one does not. S3 pricing, us-east-1 (November 2026).
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
        sum(on_demand_cost) as cost_now,
        sum(
            on_demand_cost
            * case
                when usage_type like '%Requests-SIA-Tier1' then #tier1_ratio
                when usage_type like '%Requests-SIA-Tier2' then #tier2_ratio
                when usage_type like '%Retrieval-SIA' then #retrieval_ratio
                else #storage_ratio
            end
        ) as cost_then
    from cur_usage
    where
        product_code = 'AmazonS3'
        and resource <> ''
        and (
            usage_type like '%TimedStorage-SIA-%'
            or usage_type like '%Requests-SIA-Tier%'
            or usage_type like '%Retrieval-SIA'
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
    cost_now - cost_then as saving,
    'storage, requests and reads for ' || cast(cast(cost_now as decimal(18, 2)) as varchar) || ', then for '
    || cast(cast(cost_then as decimal(18, 2)) as varchar) as evidence
from buckets
where cost_now > cost_then
