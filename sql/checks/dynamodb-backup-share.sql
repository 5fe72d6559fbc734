-- title: DynamoDB backups that cost more than the data
-- finds: Accounts and regions in which backups of DynamoDB tables cost more than the tables' storage itself, at list
--   price.
-- why: Point-in-time recovery costs 80 % of a table's storage and an on-demand backup 40 %, each time it is kept;
--   backups outlive deleted tables.
-- reads: Product code AmazonDynamoDB; gigabyte-months of *TimedPITRStorage-ByteHrs, *TimedBackupStorage-ByteHrs,
--   *TimedStorage-ByteHrs and *IA-TimedStorage-ByteHrs, weighed by their prices, so that the free tier changes nothing.
-- thresholds:
--   min_share = 1: cost of backups to that of storage
--   pitr_ratio = 0.8: price of point-in-time recovery to a GB-month of Standard (0.20 and 0.25 USD)
--   backup_ratio = 0.4: price of an on-demand backup to it (0.10 and 0.25 USD)
--   infrequent_ratio = 0.4: price of Standard-IA to it (0.10 and 0.25 USD)
-- saving: None: which backups are needed is not in a report.
-- confidence: medium
-- blind: What must be kept by law or contract.
-- do: Turn point-in-time recovery off where data can be made anew. Delete backups of tables that are gone, and shorten
--   how long backup plans keep the others.
-- source: Amazon DynamoDB pricing, us-east-1 (November 2026); developer guide, "Billing and usage reports".
-- services: AmazonDynamoDB
-- needs: nothing
with places as (
    select
        payer,
        account,
        region,
        currency,
        sum(
            case
                when usage_type like '%TimedPITRStorage-ByteHrs' then cost
                when usage_type like '%TimedBackupStorage-ByteHrs' then cost
                else 0
            end
        ) as backup_cost,
        sum(case when usage_type like '%TimedPITRStorage-ByteHrs' then usage_amount else 0 end) as pitr_gb,
        sum(case when usage_type like '%TimedBackupStorage-ByteHrs' then usage_amount else 0 end) as backup_gb,
        sum(
            case
                when usage_type like '%IA-TimedStorage-ByteHrs' then usage_amount * #infrequent_ratio
                when usage_type like '%TimedStorage-ByteHrs' then usage_amount
                else 0
            end
        ) as weighed_gb,
        sum(case when usage_type like '%TimedStorage-ByteHrs' then usage_amount else 0 end) as table_gb
    from cur_usage
    where
        product_code = 'AmazonDynamoDB'
        and usage_type like '%Storage-ByteHrs'
    group by payer, account, region, currency
)

select
    payer,
    account,
    region,
    '' as resource,
    'AmazonDynamoDB' as service,
    currency,
    backup_cost as cost,
    cast(null as double) as saving,
    cast(cast(pitr_gb as decimal(18, 2)) as varchar) || ' GB-months of point-in-time recovery, '
    || cast(cast(backup_gb as decimal(18, 2)) as varchar) || ' of backups, '
    || cast(cast(table_gb as decimal(18, 2)) as varchar) || ' of tables' as evidence
from places
where #pitr_ratio * pitr_gb + #backup_ratio * backup_gb > #min_share * weighed_gb
