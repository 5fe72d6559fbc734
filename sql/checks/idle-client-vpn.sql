-- title: Client VPN endpoints without connections
-- finds: Client VPN endpoints with networks associated for two weeks and more to which nobody connected.
-- why: Each network of a Client VPN endpoint costs the same by the hour whether anybody connects or not.
-- reads: Product code AmazonVPC, usage types *ClientVPN-EndpointHours and *ClientVPN-ConnectionHours. With any
--   connection in the account and region, no endpoint there is judged, since it is not sure that both name the same id.
-- thresholds:
--   min_hours = 336: hours of association in the month, two weeks
--   min_days = 14: days from its first hour to its last; several networks make hours together
-- saving: All of its cost, since its networks can be disassociated: 73 USD a network and month in us-east-1.
-- confidence: low
-- blind: Endpoints for emergencies. An endpoint without connections beside one that has some.
-- do: Ask its owner whether anybody is to connect. Disassociate its networks, or delete it.
-- source: AWS VPN pricing (November 2026). Usage types as in Infracost and several tools that read the AWS price
--   list; not seen in a real report.
-- services: AmazonVPC
-- needs: nothing
with endpoints as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%ClientVPN-EndpointHours' then usage_amount else 0 end) as hours,
        sum(case when usage_type like '%ClientVPN-EndpointHours' then 0 else usage_amount end) as connection_hours,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where
        usage_type like '%ClientVPN-EndpointHours'
        or usage_type like '%ClientVPN-ConnectionHours'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
),

with_neighbours as (
    select
        endpoints.*,
        sum(connection_hours) over (partition by payer, account, region) as connection_hours_around
    from endpoints
)

select
    payer,
    account,
    region,
    resource,
    'AmazonVPC' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'associated for ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h without any connection' as evidence
from with_neighbours
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and connection_hours_around = 0
