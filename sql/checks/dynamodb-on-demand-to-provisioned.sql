-- title: DynamoDB tables of steady use that pay by the request
-- finds: Tables in on-demand mode whose busiest hour is so near their average that capacity for that hour, provisioned
--   all the time, costs less.
-- why: A request on demand costs about three and a half times as much as the same request of capacity that is fully
--   used.
-- reads: Product code AmazonDynamoDB, operation PayPerRequestThroughput, usage types *RequestUnits, hour by hour. Hours
--   are not in cur_usage, so the check reads these lines itself.
-- thresholds:
--   min_hours = 336: from the table's first request to its last, two weeks
--   requests_an_hour = 3600: that a unit of capacity serves in an hour
--   price_in_requests = 1040: requests on demand for the price of a capacity unit-hour (0.625 USD a million, 0.00065 USD)
--   utilization = 0.7: that auto scaling aims at; so much more capacity is provisioned
-- saving: The on-demand cost of reads and writes, less that of capacity for the busiest hour of the month during all of
--   its hours. Auto scaling, which follows the use, saves more.
-- confidence: medium
-- blind: Peaks within an hour. Whether tables with provisioned capacity use it: a report only has what was provisioned.
-- do: Look at the table's consumed capacity by the minute. Change it to provisioned capacity with auto scaling; it can
--   go back once a day. Where the use is there to stay, reserve the capacity or cover it by a Database Savings Plan.
-- source: Amazon DynamoDB pricing, us-east-1 (since November 2024); AWS's CUR query library (Well-Architected Labs) and
--   the KPI dashboard tell the modes apart in this way.
-- services: AmazonDynamoDB
-- needs: hours, resource
with hourly as (
    select
        payer,
        coalesce(line_item_usage_account_id, '') as account,
        line_item_resource_id as resource,
        coalesce(line_item_currency_code, '') as currency,
        line_item_usage_type as usage_type,
        line_item_usage_start_date as start_at,
        max(line_item_usage_end_date) as end_at,
        max(coalesce(product_region, '')) as region,
        sum(line_item_usage_amount) as units,
        sum(amortized_cost) as cost,
        sum(case when line_item_line_item_type = 'Usage' then amortized_cost else 0 end) as on_demand_cost
    from cur_line_items
    where
        year = #startyear
        and month = #startmonth
        and payer in (#payers_ids)
        and line_item_product_code = 'AmazonDynamoDB'
        and line_item_operation = 'PayPerRequestThroughput'
        and line_item_usage_type like '%RequestUnits'
        and line_item_line_item_type in ('Usage', 'SavingsPlanCoveredUsage')
        and line_item_resource_id is not null
    group by
        payer,
        coalesce(line_item_usage_account_id, ''),
        line_item_resource_id,
        coalesce(line_item_currency_code, ''),
        line_item_usage_type,
        line_item_usage_start_date
),

spans as (
    select
        payer,
        account,
        resource,
        currency,
        cast(datediff('hour', min(start_at), max(end_at)) as double) as hours
    from hourly
    group by payer, account, resource, currency
),

by_usage_type as (
    select
        hourly.payer,
        hourly.account,
        hourly.resource,
        hourly.currency,
        spans.hours,
        max(hourly.region) as region,
        sum(hourly.units) as units,
        max(hourly.units) as most_units,
        sum(hourly.cost) as cost,
        sum(hourly.on_demand_cost) as on_demand_cost,
        sum(hourly.on_demand_cost) / nullif(sum(hourly.units), 0)
        * max(hourly.units) / (#requests_an_hour * #utilization) * #price_in_requests * spans.hours
            as provisioned_cost
    from hourly
    inner join spans
        on
            hourly.payer = spans.payer
            and hourly.account = spans.account
            and hourly.resource = spans.resource
            and hourly.currency = spans.currency
    group by hourly.payer, hourly.account, hourly.resource, hourly.currency, hourly.usage_type, spans.hours
),

tables as (
    select
        payer,
        account,
        resource,
        currency,
        hours,
        max(region) as region,
        sum(units) as units,
        sum(most_units) as most_units,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(provisioned_cost) as provisioned_cost
    from by_usage_type
    group by payer, account, resource, currency, hours
)

select
    payer,
    account,
    region,
    resource,
    'AmazonDynamoDB' as service,
    currency,
    cost,
    on_demand_cost - provisioned_cost as saving,
    cast(cast(units / nullif(hours, 0) as decimal(18, 0)) as varchar) || ' request units an hour, at most '
    || cast(cast(most_units as decimal(18, 0)) as varchar) as evidence
from tables
where
    hours > #min_hours
    and on_demand_cost > provisioned_cost
