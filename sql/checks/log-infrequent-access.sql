-- title: Logs that cost half as much in the class Infrequent Access
-- finds: Log groups of the class Standard, and vended logs delivered to them, that pay by the gigabyte taken in.
-- why: A log group of the class Infrequent Access takes in a gigabyte for half of Standard's price.
-- reads: Product code AmazonCloudWatch; usage types *DataProcessing-Bytes and *VendedLog-Bytes*. Those of Infrequent
--   Access are called DataProcessingIA-Bytes and VendedLogIA-Bytes. S3 has a DataProcessing-Bytes, too, hence the
--   product code.
-- thresholds:
--   saving_ratio = 0.5: of the price of ingestion (0.25 of 0.50 USD a GB)
-- saving: Half of the on-demand cost of ingestion. Of vended logs beyond 10 TB a month it is somewhat less.
-- confidence: low
-- blind: Whether metric filters, live tail, subscriptions or alarms use the log group: the class has none of them.
-- do: Look whether the log group feeds metric filters, subscriptions or alarms. If not, write to a new log group of the
--   class Infrequent Access, because the class of a log group cannot be changed, or write less.
-- source: Amazon CloudWatch pricing, us-east-1 (November 2026); CloudWatch user guide, "Analyzing, optimizing, and
--   reducing CloudWatch costs", for the usage types.
-- services: AmazonCloudWatch
-- needs: nothing
with ingestion as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as gb
    from cur_usage
    where
        product_code = 'AmazonCloudWatch'
        and (
            usage_type like '%DataProcessing-Bytes'
            or usage_type like '%VendedLog-Bytes%'
        )
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonCloudWatch' as service,
    currency,
    cost,
    #saving_ratio * on_demand_cost as saving,
    cast(cast(gb as decimal(18, 2)) as varchar) || ' GB taken in' as evidence
from ingestion
