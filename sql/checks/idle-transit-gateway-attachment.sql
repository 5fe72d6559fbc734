-- title: Idle transit gateway attachments
-- finds: Attachments of VPCs, VPNs and Direct Connect to a transit gateway that sent it next to nothing for two weeks
--   and more.
-- why: An attachment costs the same by the hour whether traffic goes through it or not.
-- reads: Usage types *TransitGateway-Hours and *TransitGateway-Bytes. Attachments of peered gateways (operation
--   *Peering*) are left out: what comes from them is never billed as processed.
-- thresholds:
--   min_hours = 336: hours in the month, two weeks
--   min_days = 14: days from its first hour to its last; several without an id make hours together
--   max_gb = 0.1: GB that it sent, and not more
-- saving: All of its cost, since it can be deleted: 36.50 USD a month in us-east-1.
-- confidence: high
-- blind: Attachments that stand by for a failover. Only what is sent to the gateway is billed, but whoever receives
--   also answers.
-- do: Ask the owner of the attached network whether it still needs the others. Delete the attachment and its routes.
-- source: Amazon VPC user guide, "Billing and usage reports"; AWS Transit Gateway pricing (November 2026).
-- services: AmazonVPC
-- needs: nothing
with attachments as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%TransitGateway-Hours' then usage_amount else 0 end) as hours,
        sum(case when usage_type like '%TransitGateway-Hours' then 0 else usage_amount end) as gb,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where
        (usage_type like '%TransitGateway-Hours' or usage_type like '%TransitGateway-Bytes')
        and operation not like '%Peering%'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
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
    'attached for ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h, '
    || cast(cast(gb as decimal(18, 2)) as varchar) || ' GB sent' as evidence
from attachments
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and gb < #max_gb
