-- title: DynamoDB tables that nobody uses
-- finds: Tables that were stored for two weeks and more without one read or write, and without capacity for any.
-- why: Stored data that nobody reads or writes costs as much as data in use.
-- reads: Product code AmazonDynamoDB, of lines with a resource id. Storage is usage types *TimedStorage-ByteHrs; use is
--   *RequestUnits* and *CapacityUnit* with an amount.
-- thresholds:
--   min_days = 14: days from the first that the table was stored to the last
-- saving: All of the table's on-demand cost, backups that are billed to it included.
-- confidence: medium
-- blind: Archives that are kept on purpose. Tables with provisioned capacity that they do not use.
-- do: Ask its owner whether the data is needed. Export it to S3 if so, delete the table, and any backups with it.
-- source: AWS Cost and Usage Report of DynamoDB, developer guide, "Billing and usage reports" (2026); AWS bills no
--   request line for a table without requests.
-- services: AmazonDynamoDB
-- needs: resource
with tables as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%TimedStorage-ByteHrs' then usage_amount else 0 end) as gb_months,
        min(case when usage_type like '%TimedStorage-ByteHrs' then first_day end) as first_day,
        max(case when usage_type like '%TimedStorage-ByteHrs' then last_day end) as last_day,
        max(is_whole_month) as is_whole_month,
        sum(
            case when usage_type like '%RequestUnits%' or usage_type like '%CapacityUnit%' then usage_amount else 0 end
        ) as used
    from cur_usage
    where
        product_code = 'AmazonDynamoDB'
        and resource <> ''
    group by payer, account, resource, currency
),

with_days as (
    select
        tables.*,
        datediff('day', first_day, last_day) + 1 as days
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
    on_demand_cost as saving,
    cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months without a read or write'
    || case when is_whole_month = 1 then '' else ' in ' || cast(days as varchar) || ' days' end as evidence
from with_days
where
    first_day is not null
    and (is_whole_month = 1 or days >= #min_days)
    and used = 0
