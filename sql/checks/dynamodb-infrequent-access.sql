-- title: DynamoDB tables that cost less in the class Standard-IA
-- finds: Tables of the class Standard whose storage costs much more than their reads and writes.
-- why: Standard-IA stores a gigabyte for 40 % of Standard's price, and asks a quarter more for reads and writes.
-- reads: Product code AmazonDynamoDB; usage types *TimedStorage-ByteHrs for storage, *RequestUnits and
--   *CapacityUnit-Hrs for reads and writes; those with IA- are of Standard-IA already.
-- thresholds:
--   storage_ratio = 0.4: price of storage in Standard-IA to Standard's (0.10 and 0.25 USD a GB)
--   throughput_ratio = 1.25: price of reads and writes in Standard-IA to Standard's
-- saving: What storage costs less, less what reads and writes cost more. These are taken at their list price where a
--   reservation covers them, because it does not cover Standard-IA.
-- confidence: high
-- blind: Months with more reads and writes than this one.
-- do: Compare with a busy month. Change the table's class; it stays in use, and can be changed back twice in 30 days.
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
        sum(case when usage_type like '%TimedStorage-ByteHrs' then on_demand_cost else 0 end) as storage_cost,
        sum(case when usage_type like '%TimedStorage-ByteHrs' then usage_amount else 0 end) as gb_months,
        sum(
            case
                when usage_type like '%TimedStorage-ByteHrs' then 0
                else greatest(cost, coalesce(list_cost, cost))
            end
        ) as throughput_cost
    from cur_usage
    where
        product_code = 'AmazonDynamoDB'
        and usage_type not like '%IA-%'
        and (
            usage_type like '%TimedStorage-ByteHrs'
            or usage_type like '%RequestUnits'
            or usage_type like '%CapacityUnit-Hrs'
        )
    group by payer, account, resource, case when resource = '' then region else '' end, currency
),

with_saving as (
    select
        tables.*,
        (1 - #storage_ratio) * storage_cost - (#throughput_ratio - 1) * throughput_cost as saving
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
    cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months for '
    || cast(cast(storage_cost as decimal(18, 2)) as varchar) || ', reads and writes for '
    || cast(cast(throughput_cost as decimal(18, 2)) as varchar) as evidence
from with_saving
where saving > 0
