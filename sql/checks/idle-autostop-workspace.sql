-- title: AutoStop WorkSpaces that nobody used
-- finds: WorkSpaces in AutoStop mode that were paid for all month and did not run for an hour.
-- why: The monthly fee pays for a desktop that nobody opened.
-- reads: Product code AmazonWorkSpaces: usage types *AutoStop-User, the monthly fee, without any *AutoStop-Usage, the
--   hours. It waits until the report reaches the month's last day.
-- thresholds: none
-- saving: All of its on-demand cost.
-- confidence: high
-- blind: People who were away for the month.
-- do: Ask its user. Make a snapshot of what is on it, and delete the WorkSpace.
-- source: AWS's CUR query library (Well-Architected Labs), "WorkSpaces AutoStop"; usage types as in the AWS price list
--   (AW-HW-2-AutoStop-User, June 2026).
-- services: AmazonWorkSpaces
-- needs: resource, month_over
with desktops as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%AutoStop-Usage' then usage_amount else 0 end) as hours,
        max(case when usage_type like '%AutoStop-User' then usage_type else '' end) as monthly_fee
    from cur_usage
    where
        product_code = 'AmazonWorkSpaces'
        and resource <> ''
    group by payer, account, resource, currency
)

select
    desktops.payer,
    desktops.account,
    desktops.region,
    desktops.resource,
    'AmazonWorkSpaces' as service,
    desktops.currency,
    desktops.cost,
    desktops.on_demand_cost as saving,
    'ran 0 h in the month, ' || desktops.monthly_fee as evidence
from desktops
inner join cur_payers on desktops.payer = cur_payers.payer
where
    desktops.monthly_fee <> ''
    and desktops.hours = 0
    and cur_payers.is_month_over = 1
