-- title: Idle Kinesis streams
-- finds: Data streams that existed for two weeks and more and into which nobody wrote.
-- why: A shard, or a stream on demand, costs the same by the hour whether it holds anything or not.
-- reads: Product code AmazonKinesis. Its hours are usage types *ShardHour* and *StreamHour*; every other usage type
--   with an amount (payload units, bytes, readers of their own) is use.
-- thresholds:
--   min_hours = 336: hours of its shards in the month, two weeks
--   min_days = 14: days from its first hour to its last; several shards make hours together
-- saving: All of its cost, since it can be deleted: 10.95 USD a shard, 29.20 USD a stream on demand and month in
--   us-east-1.
-- confidence: high
-- blind: Streams that are written to once in a month or less.
-- do: Ask its owner whether anything is to write to it. Delete it, or change it to on demand.
-- source: Amazon Kinesis Data Streams pricing; usage types as in Infracost and the AWS price list (November 2026).
-- services: AmazonKinesis
-- needs: nothing
with streams as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%ShardHour%' or usage_type like '%StreamHour%' then usage_amount else 0 end)
            as hours,
        sum(case when usage_type like '%ShardHour%' or usage_type like '%StreamHour%' then 0 else usage_amount end)
            as other_usage,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where product_code = 'AmazonKinesis'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonKinesis' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'ran ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' shard or stream hours, nothing written' as evidence
from streams
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and other_usage = 0
