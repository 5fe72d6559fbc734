-- title: Idle Direct Connect ports
-- finds: Ports and hosted connections of Direct Connect that existed for two weeks and more at a location with next
--   to no traffic.
-- why: A port costs the same by the hour whether anything goes through it or not.
-- reads: Product code AWSDirectConnect, usage types *PortUsage* and *DataXfer*, which name the location before that
--   (USE1-EQNY5-PortUsage:1G). Traffic is that of all accounts of the payer: its sender pays for it, not the port's
--   owner. Traffic whose location has no port may be any port's.
-- thresholds:
--   min_hours = 336: hours in the month, two weeks
--   min_days = 14: days from its first hour to its last
--   max_gb = 0.1: GB in and out at its location, and not more
-- saving: All of its cost, since it can be deleted.
-- confidence: medium
-- blind: Ports that stand by for another one. A port without traffic beside one of the same location that has some.
-- do: Ask the network's owner whether the port is the reserve of another line. Delete it, and end the contract for
--   the cross connect.
-- source: Cost and Usage Report user guide, "Understanding data transfer charges"; AWS Direct Connect FAQs and price
--   list (November 2026). Not seen in a real report.
-- services: AWSDirectConnect
-- needs: resource
with used as (
    select
        payer,
        account,
        resource,
        region,
        currency,
        usage_amount,
        cost,
        on_demand_cost,
        first_day,
        last_day,
        is_whole_month,
        case when usage_type like '%PortUsage%' then 1 else 0 end as is_port,
        -- the part before PortUsage or DataXfer
        split_part(split_part(usage_type, 'DataXfer', 1), '-', -2) as location
    from cur_usage
    where
        product_code = 'AWSDirectConnect'
        and (usage_type like '%PortUsage%' or usage_type like '%DataXfer%')
),

ports as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        max(location) as location,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as hours,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from used
    where
        is_port = 1
        and resource <> ''
    group by payer, account, resource, currency
),

locations as (
    select
        payer,
        location,
        max(is_port) as has_ports,
        sum(case when is_port = 1 then 0 else usage_amount end) as gb
    from used
    group by payer, location
),

with_payers as (
    select
        locations.*,
        sum(case when has_ports = 1 then 0 else gb end) over (partition by payer) as gb_elsewhere
    from locations
)

select
    ports.payer,
    ports.account,
    ports.region,
    ports.resource,
    'AWSDirectConnect' as service,
    ports.currency,
    ports.cost,
    ports.on_demand_cost as saving,
    'there for ' || cast(cast(ports.hours as decimal(18, 0)) as varchar) || ' h, '
    || cast(cast(with_payers.gb as decimal(18, 2)) as varchar) || ' GB at ' || ports.location as evidence
from ports
inner join with_payers
    on
        ports.payer = with_payers.payer
        and ports.location = with_payers.location
where
    ports.hours > #min_hours
    and (ports.is_whole_month = 1 or datediff('day', ports.first_day, ports.last_day) + 1 >= #min_days)
    and with_payers.gb + with_payers.gb_elsewhere < #max_gb
