-- title: WorkSpaces that cost less by the month
-- finds: WorkSpaces in AutoStop mode, billed by the hour, that ran for more than 80 hours.
-- why: From about 80 to 100 hours on, by the bundle, the fixed price of a month in AlwaysOn mode is lower.
-- reads: Product code AmazonWorkSpaces; usage types *AutoStop* but *AutoStop-User*, which is the monthly fee that
--   AutoStop has as well.
-- thresholds:
--   min_hours = 80: from which on AlwaysOn may be cheaper
--   break_even_hours = 100: from which on it is, for every bundle but the graphical ones
-- saving: The on-demand cost of the hours beyond 100: at least that, and nothing yet between 80 and 100.
-- confidence: medium
-- blind: The bundle's own break-even, and whether next month looks like this one.
-- do: Look at the user's hours over some months. Change the running mode to AlwaysOn; it can be changed once a billing
--   cycle.
-- source: AWS's CUR query library (Well-Architected Labs), "Amazon WorkSpaces - Auto Stop"; Amazon WorkSpaces pricing
--   (November 2026): Power at 26 USD and 0.99 USD an hour, or 124 USD, breaks even at 99 hours.
-- services: AmazonWorkSpaces
-- needs: resource
with workspaces as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as hours
    from cur_usage
    where
        product_code = 'AmazonWorkSpaces'
        and usage_type like '%AutoStop%'
        and usage_type not like '%AutoStop-User%'
        and resource <> ''
    group by payer, account, resource, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonWorkSpaces' as service,
    currency,
    cost,
    on_demand_cost * greatest(1 - #break_even_hours / nullif(hours, 0), 0) as saving,
    'ran ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h, billed by the hour' as evidence
from workspaces
where hours > #min_hours
