-- title: QuickSight users in several accounts
-- finds: QuickSight users of the same name who pay for a seat in more than one account.
-- why: A seat costs the same every month; one account can show the dashboards of all.
-- reads: Usage types of AmazonQuickSight ending in -Month, and the user name at the end of the resource id.
-- thresholds: none
-- saving: The on-demand cost of all seats of that name but the dearest.
-- confidence: medium
-- blind: Two people of one name. Data that may not leave its account.
-- do: Share dashboards and data sets from one account. Delete the user in the others.
-- source: Resource ids as in the Amazon QuickSight user guide (…:user/NAMESPACE/NAME), usage types as seen in 2018-10
--   (QS-User-Standard-Month) and in the AWS price list (looked up November 2026).
-- services: AmazonQuickSight
-- needs: resource
with seats as (
    select
        payer,
        account,
        resource,
        currency,
        split_part(resource, '/', -1) as user_name,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost
    from cur_usage
    where
        product_code = 'AmazonQuickSight'
        and usage_type like '%-Month'
        and resource like '%:user/%'
    group by payer, account, resource, currency
),

named as (
    select
        seats.*,
        row_number() over (partition by payer, user_name, currency order by cost desc, account, resource) as seat,
        first_value(account) over (partition by payer, user_name, currency order by cost desc, account, resource)
            as first_account
    from seats
    where cost > 0
)

select
    payer,
    account,
    region,
    resource,
    'AmazonQuickSight' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'user ' || user_name || ' has a seat in account ' || first_account || ', too' as evidence
from named
where
    seat > 1
    and account <> first_account
