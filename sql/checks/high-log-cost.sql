-- title: Logs that are a large part of an account's cost
-- finds: Accounts and regions whose CloudWatch Logs cost a tenth and more of all that the account uses.
-- why: That much logging is seldom meant: debug logs left on, one event logged several times, logs that nobody reads.
-- reads: Product code AmazonCloudWatch; usage types *DataProcessing…-Bytes (ingestion), *VendedLog…-Bytes (logs of AWS
--   services) and *TimedStorage-ByteHrs (storage). S3 has such storage, too, hence the product code.
-- thresholds:
--   min_share = 0.1: of what the account's usage costs
--   min_cost = 10: in the bill's currency, for the part of the month that is there
-- saving: None: which logs are needed is not in a report.
-- confidence: medium
-- blind: Accounts whose purpose is to collect logs.
-- do: Begin with the log group named. Raise its log level, drop what nobody reads, set a retention. Send flow logs and
--   the like to S3, for half the price.
-- source: Usage types from CUDOS 5.9.1 (August 2026), AWS's CUR query library (Well-Architected Labs) and reports of
--   2018; the share is this project's own assumption.
-- services: AmazonCloudWatch
-- needs: nothing
with logs as (
    select
        payer,
        account,
        region,
        currency,
        sum(cost) as cost,
        sum(case when usage_type like '%DataProcessing%' then usage_amount else 0 end) as gb_in,
        sum(case when usage_type like '%VendedLog%' then usage_amount else 0 end) as gb_vended,
        sum(case when usage_type like '%TimedStorage-ByteHrs' then usage_amount else 0 end) as gb_months,
        max_by(resource, case when resource <> '' then cost end) as dearest
    from cur_usage
    where
        product_code = 'AmazonCloudWatch'
        and (
            usage_type like '%DataProcessing%-Bytes'
            or usage_type like '%VendedLog%-Bytes%'
            or usage_type like '%TimedStorage-ByteHrs'
        )
    group by payer, account, region, currency
),

accounts as (
    select
        payer,
        account,
        currency,
        sum(cost) as cost
    from cur_usage
    group by payer, account, currency
)

select
    logs.payer,
    logs.account,
    logs.region,
    '' as resource,
    'AmazonCloudWatch' as service,
    logs.currency,
    logs.cost,
    cast(null as double) as saving,
    cast(cast(100 * logs.cost / nullif(accounts.cost, 0) as decimal(18, 0)) as varchar) || ' % of the account: '
    || cast(cast(logs.gb_in as decimal(18, 2)) as varchar) || ' GB taken in, '
    || cast(cast(logs.gb_vended as decimal(18, 2)) as varchar) || ' GB vended, '
    || cast(cast(logs.gb_months as decimal(18, 2)) as varchar) || ' GB-months stored'
    || coalesce(', most by ' || logs.dearest, '') as evidence
from logs
inner join accounts
    on
        logs.payer = accounts.payer
        and logs.account = accounts.account
        and logs.currency = accounts.currency
where
    logs.cost >= #min_share * accounts.cost
    and logs.cost >= #min_cost
