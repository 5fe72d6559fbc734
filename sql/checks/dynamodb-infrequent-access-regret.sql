-- title: DynamoDB tables in Standard-IA that cost less in Standard
-- finds: Tables of the class Standard-IA whose reads and writes cost more than the class saves on their storage.
-- why: Standard-IA asks a quarter more for reads and writes, and stores a gigabyte for 40 % of Standard's price.
-- reads: Product code AmazonDynamoDB; usage types *IA-TimedStorage-ByteHrs for storage, *IA-…RequestUnits and
--   *IA-…CapacityUnit-Hrs for reads and writes.
-- thresholds:
--   storage_ratio = 0.4: price of storage in Standard-IA to Standard's (0.10 and 0.25 USD a GB)
--   throughput_ratio = 1.25: price of reads and writes in Standard-IA to Standard's
-- saving: What reads and writes cost less in Standard, less what storage costs more.
-- confidence: high
-- blind: Months with fewer reads and writes than this one.
-- do: Compare with a quiet month. Change the table's class back to Standard; it stays in use.
-- source: Amazon DynamoDB pricing, us-east-1 (November 2026); developer guide, "Considerations when choosing a table
--   class".
-- services: AmazonDynamoDB
-- needs: nothing
with tables as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(case when usage_type like '%IA-TimedStorage-ByteHrs' then cost else 0 end) as storage_cost,
        sum(case when usage_type like '%IA-TimedStorage-ByteHrs' then 0 else on_demand_cost end) as throughput_cost
    from cur_usage
    where
        product_code = 'AmazonDynamoDB'
        and (
            usage_type like '%IA-TimedStorage-ByteHrs'
            or usage_type like '%IA-%RequestUnits'
            or usage_type like '%IA-%CapacityUnit-Hrs'
        )
    group by payer, account, resource, case when resource = '' then region else '' end, currency
),

with_saving as (
    select
        tables.*,
        (1 - 1 / #throughput_ratio) * throughput_cost - (1 / #storage_ratio - 1) * storage_cost as saving
    from tables
)

select
    payer,
    account,
    region,
    resource,
    'AmazonDynamoDB' as service,
    currency,
    cost,
    saving,
    'storage for ' || cast(cast(storage_cost as decimal(18, 2)) as varchar) || ', reads and writes for '
    || cast(cast(throughput_cost as decimal(18, 2)) as varchar) || ' in Standard-IA' as evidence
from with_saving
where saving > 0
