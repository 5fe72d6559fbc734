-- title: Databases that a savings plan would cover
-- finds: Usage of databases on demand that a Database Savings Plan covers, per account and region.
-- why: The plan lowers the price of serverless databases by up to 35 %, of instances by up to 20 %, for one year and
--   without an upfront payment.
-- reads: On-demand lines of AmazonRDS, AmazonDocDB and AmazonNeptune: *Serverless*Usage*, and instances of the seventh
--   generation and later; of AmazonDynamoDB: *RequestUnits* and *CapacityUnit-Hrs*.
-- thresholds:
--   min_days = 14: days that the report has to cover
--   least_saving = 0.12: the smallest of the plan's discounts, as a share of the on-demand price
-- saving: The smallest discount of the on-demand cost.
-- confidence: low
-- blind: How much of it is there at every hour. ElastiCache for Valkey, Keyspaces, Timestream and DMS, which the plan
--   covers, too. Instances of older generations, which only reservations cover.
-- do: Find the amount an hour that is always used. Commit to that much, and compare with reservations of single
--   families.
-- source: AWS, Database Savings Plans (December 2025): 12 to 35 %, families from r7 and m7 on; AWS's agent toolkit,
--   "DSP instance-family coverage" (looked up November 2026).
-- services: AmazonRDS, AmazonDocDB, AmazonNeptune, AmazonDynamoDB
-- needs: nothing
select
    used.payer,
    used.account,
    used.region,
    '' as resource,
    case when min(used.product_code) = max(used.product_code) then max(used.product_code) else '' end as service,
    used.currency,
    sum(used.cost) as cost,
    sum(used.on_demand_cost) * #least_saving as saving,
    cast(cast(sum(used.on_demand_cost) as decimal(18, 2)) as varchar) || ' ' || used.currency
    || ' on demand that a Database Savings Plan covers' as evidence
from cur_usage as used
inner join cur_payers on used.payer = cur_payers.payer
where
    used.on_demand_cost > 0
    and cur_payers.covered_days >= #min_days
    and (
        (
            used.product_code in ('AmazonRDS', 'AmazonDocDB', 'AmazonNeptune')
            and (
                used.usage_type like '%Serverless%Usage%'
                or (
                    (used.usage_type like '%InstanceUsage:db.%' or used.usage_type like '%Multi-AZUsage:db.%')
                    and substring(split_part(used.usage_type, ':db.', 2), 2, 1) between '7' and '9'
                )
            )
        )
        or (
            used.product_code = 'AmazonDynamoDB'
            and (used.usage_type like '%RequestUnits%' or used.usage_type like '%CapacityUnit-Hrs%')
        )
    )
group by used.payer, used.account, used.region, used.currency
