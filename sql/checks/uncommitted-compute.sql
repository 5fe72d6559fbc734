-- title: Steady computing without a commitment
-- finds: EC2 instances, Lambda functions and Fargate tasks on demand that were there the whole time that the report
--   covers.
-- why: What runs all the time costs less under a savings plan or a reservation.
-- reads: On-demand lines of usage types *BoxUsage* and *DedicatedUsage* (their hours, against those that there were),
--   *Lambda-*GB-Second* and *Fargate-*Hours* (from their first day to their last). Spot is left out.
-- thresholds:
--   min_days = 14: days that the report has to cover
--   min_share = 0.95: hours or days that it was there, as a share of those that there were
--   instance_saving = 0.2: lower price under a commitment, as a share of the on-demand price, EC2 and Fargate
--   function_saving = 0.12: the same, Lambda
-- saving: The lower price of a plan for one year without an upfront payment, of on-demand usage.
-- confidence: medium
-- blind: Fleets whose instances come and go around a steady number; whether it is still there in a year.
-- do: Switch off first what is not needed. Then buy a savings plan for the amount an hour that is always used, in
--   steps.
-- source: KPI dashboard: 20 % (looked up November 2026); Lambda 12 to 17 % under Compute Savings Plans (public guides
--   of 2026).
-- services: AmazonEC2, AWSLambda, AmazonECS, AmazonEKS
-- needs: resource
with steady as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        max(product_code) as product_code,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as usage_amount,
        datediff('day', min(first_day), max(last_day)) + 1 as days,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where
        resource <> ''
        and on_demand_cost > 0
        and usage_type not like '%Spot%'
        and (
            (product_code = 'AmazonEC2' and (usage_type like '%BoxUsage%' or usage_type like '%DedicatedUsage%'))
            or (product_code = 'AWSLambda' and usage_type like '%Lambda-%GB-Second%')
            or (product_code in ('AmazonECS', 'AmazonEKS') and usage_type like '%Fargate-%Hours%')
        )
    group by payer, account, resource, currency
)

select
    steady.payer,
    steady.account,
    steady.region,
    steady.resource,
    steady.product_code as service,
    steady.currency,
    steady.cost,
    steady.on_demand_cost
    * case when steady.product_code = 'AWSLambda' then #function_saving else #instance_saving end as saving,
    case
        when steady.product_code = 'AmazonEC2'
            then cast(cast(steady.usage_amount as decimal(18, 0)) as varchar) || ' h'
        else cast(steady.days as varchar) || ' days'
    end || ' on demand in ' || cast(cur_payers.covered_days as varchar) || ' days' as evidence
from steady
inner join cur_payers on steady.payer = cur_payers.payer
where
    cur_payers.covered_days >= #min_days
    and case
        when steady.product_code = 'AmazonEC2' then steady.usage_amount / 24
        when steady.is_whole_month = 1 then cur_payers.covered_days
        else steady.days
    end >= #min_share * cur_payers.covered_days
