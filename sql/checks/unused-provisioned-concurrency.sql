-- title: Provisioned concurrency that is not used
-- finds: Lambda functions that used less than 60 % of the concurrency that they were provisioned with.
-- why: Below that share, the same calls cost less without provisioned concurrency.
-- reads: GB-seconds of usage types *Lambda-Provisioned-Concurrency* (provided) and *Lambda-Provisioned-GB-Second*
--   (used).
-- thresholds:
--   break_even = 0.6: used share above which provisioned concurrency is cheaper than none
-- saving: The unused share of what the provisioned concurrency costs on demand.
-- confidence: medium
-- blind: Cold starts that nobody may wait for, and peaks within the day.
-- do: Provision as much as the calls need, by a schedule or by target tracking. Without a latency to keep, remove it.
-- source: AWS Lambda pricing, us-east-1: 0.0000041667 for a GB second provided and 0.0000097222 for one used, against
--   0.0000166667 USD without (November 2026); usage types as in the AWS price list.
-- services: AWSLambda
-- needs: nothing
with functions as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(case when usage_type like '%Lambda-Provisioned-Concurrency%' then on_demand_cost else 0 end)
            as provided_cost,
        sum(case when usage_type like '%Lambda-Provisioned-Concurrency%' then usage_amount else 0 end)
            as provided_gb_seconds,
        sum(case when usage_type like '%Lambda-Provisioned-GB-Second%' then usage_amount else 0 end)
            as used_gb_seconds
    from cur_usage
    where
        product_code = 'AWSLambda'
        and (
            usage_type like '%Lambda-Provisioned-Concurrency%'
            or usage_type like '%Lambda-Provisioned-GB-Second%'
        )
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AWSLambda' as service,
    currency,
    cost,
    provided_cost * (1 - used_gb_seconds / nullif(provided_gb_seconds, 0)) as saving,
    'used ' || cast(cast(100 * used_gb_seconds / nullif(provided_gb_seconds, 0) as decimal(18, 0)) as varchar)
    || ' % of ' || cast(cast(provided_gb_seconds as decimal(18, 0)) as varchar) || ' GB-seconds' as evidence
from functions
where
    provided_cost > 0
    and used_gb_seconds < #break_even * provided_gb_seconds
