-- title: Idle VPN connections
-- finds: Site-to-site VPN connections that were up for two weeks and more without any traffic.
-- why: A connection costs the same by the hour whether anything goes through it or not.
-- reads: Operation CreateVpnConnection, usage types *VPN*Usage-Hours*; any other usage of the same id with an amount
--   is traffic, except the public addresses of its tunnels. Through a transit gateway the traffic is billed for the
--   attachment (operation TransitGatewayVPN): with any in the account and region, no connection there is judged.
-- thresholds:
--   min_hours = 336: hours in the month, two weeks
--   min_days = 14: days from its first hour to its last
-- saving: All of its cost, since it can be deleted: 36.50 USD a month in us-east-1.
-- confidence: medium
-- blind: Connections that stand by for a Direct Connect line.
-- do: Ask the network's owner whether it is the reserve of another line. Delete it, with its customer gateway.
-- source: AWS Site-to-Site VPN pricing (November 2026); operation and usage type as in Project Koku's generated
--   reports and the AWS price list. Not seen in a real report.
-- services: AmazonVPC
-- needs: resource
with connections as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as hours,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where
        operation = 'CreateVpnConnection'
        and usage_type like '%VPN%Usage-Hours%'
        and resource <> ''
    group by payer, account, resource, currency
),

traffic as (
    select
        payer,
        account,
        resource
    from cur_usage
    where
        resource in (select connections.resource from connections)
        and usage_type not like '%VPN%Usage-Hours%'
        and usage_type not like '%PublicIPv4%'
        and usage_amount > 0
    group by payer, account, resource
),

gateway_traffic as (
    select
        payer,
        account,
        region
    from cur_usage
    where
        usage_type like '%TransitGateway-Bytes'
        and operation = 'TransitGatewayVPN'
        and usage_amount > 0
    group by payer, account, region
)

select
    connections.payer,
    connections.account,
    connections.region,
    connections.resource,
    'AmazonVPC' as service,
    connections.currency,
    connections.cost,
    connections.on_demand_cost as saving,
    'connected for ' || cast(cast(connections.hours as decimal(18, 0)) as varchar) || ' h without any traffic'
        as evidence
from connections
left join traffic
    on
        connections.payer = traffic.payer
        and connections.account = traffic.account
        and connections.resource = traffic.resource
left join gateway_traffic
    on
        connections.payer = gateway_traffic.payer
        and connections.account = gateway_traffic.account
        and connections.region = gateway_traffic.region
where
    connections.hours > #min_hours
    and (
        connections.is_whole_month = 1
        or datediff('day', connections.first_day, connections.last_day) + 1 >= #min_days
    )
    and traffic.payer is null
    and gateway_traffic.payer is null
