-- title: Logs that are kept for more than a year
-- finds: Log groups that hold so much more than they take in that their logs are a year old and more, as where no
--   expiry is set.
-- why: CloudWatch keeps logs for ever unless told otherwise, and the price of storage grows month by month.
-- reads: Product code AmazonCloudWatch; gigabyte-months of *TimedStorage-ByteHrs against gigabytes of
--   *DataProcessing…-Bytes and *VendedLog…-Bytes of the same log group, or of the account and region where storage
--   names no log group. How long logs are kept follows from both; reports of earlier months are not needed.
-- thresholds:
--   compression = 0.15: stored size to size taken in, as AWS's price examples have it
--   min_months_kept = 12: that the stored logs make at the present rate of ingestion
--   months_to_keep = 3: 90 days, beyond which logs are assumed to be needed no more
-- saving: The on-demand cost of storage beyond 90 days.
-- confidence: low
-- blind: What must be kept by law. Log groups that take in nothing any more. Logs that compress less, or came in faster
--   before.
-- do: Ask its owner how long the logs are needed. Set a retention of 90 days, or export older logs to S3 first.
-- source: Amazon CloudWatch pricing (November 2026): archived logs are taken to be 15 % of their size; usage types from
--   reports of 2018 and CUDOS 5.9.1. That retention follows from both is this project's own reckoning.
-- services: AmazonCloudWatch
-- needs: nothing
with logs as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(case when usage_type like '%TimedStorage-ByteHrs' then cost else 0 end) as cost,
        sum(case when usage_type like '%TimedStorage-ByteHrs' then on_demand_cost else 0 end) as on_demand_cost,
        sum(case when usage_type like '%TimedStorage-ByteHrs' then usage_amount else 0 end) as gb_months,
        sum(case when usage_type like '%TimedStorage-ByteHrs' then 0 else usage_amount end) as gb_in
    from cur_usage
    where
        product_code = 'AmazonCloudWatch'
        and (
            usage_type like '%TimedStorage-ByteHrs'
            or usage_type like '%DataProcessing%-Bytes'
            or usage_type like '%VendedLog%-Bytes%'
        )
    group by payer, account, resource, case when resource = '' then region else '' end, currency
),

with_ingestion as (
    select
        logs.*,
        case
            when resource = '' then sum(gb_in) over (partition by payer, account, region, currency)
            else gb_in
        end as gb_taken_in
    from logs
),

-- Stored and taken in are of the same days: a part of the month has the same
-- ratio as the whole.
with_months_kept as (
    select
        with_ingestion.*,
        gb_months / nullif(gb_taken_in * #compression, 0) as months_kept
    from with_ingestion
)

select
    payer,
    account,
    region,
    resource,
    'AmazonCloudWatch' as service,
    currency,
    cost,
    on_demand_cost * (1 - #months_to_keep / nullif(months_kept, 0)) as saving,
    cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months stored, '
    || cast(cast(gb_taken_in as decimal(18, 2)) as varchar) || ' GB taken in: about '
    || cast(cast(months_kept as decimal(18, 0)) as varchar) || ' months of logs' as evidence
from with_months_kept
where months_kept > #min_months_kept
