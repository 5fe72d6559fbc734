-- title: Lambda functions on x86
-- finds: Lambda functions whose computing time is billed at the price of x86.
-- why: The same memory on Graviton (arm64) costs 20 % less a second, and mostly takes no longer.
-- reads: Usage types *Lambda-GB-Second, *Lambda-Provisioned-GB-Second and *Lambda-Provisioned-Concurrency; those of
--   arm64 end in -ARM.
-- thresholds:
--   saving_ratio = 0.2: lower price of arm64, as a share of that of x86
-- saving: The lower price of its on-demand computing time. Requests cost the same on both.
-- confidence: medium
-- blind: Functions with native code for x86 alone.
-- do: Set the function's architecture to arm64, in a version of its own. Rebuild native code and layers for it.
-- source: AWS Lambda pricing, us-east-1: 0.0000166667 and 0.0000133334 USD a GB second (November 2026).
-- services: AWSLambda
-- needs: nothing
select
    payer,
    account,
    max(region) as region,
    resource,
    'AWSLambda' as service,
    currency,
    sum(cost) as cost,
    sum(on_demand_cost) * #saving_ratio as saving,
    cast(cast(sum(usage_amount) as decimal(18, 0)) as varchar) || ' GB-seconds on x86' as evidence
from cur_usage
where
    product_code = 'AWSLambda'
    and on_demand_cost > 0
    and (
        usage_type like '%Lambda-GB-Second'
        or usage_type like '%Lambda-Provisioned-GB-Second'
        or usage_type like '%Lambda-Provisioned-Concurrency'
    )
group by payer, account, resource, case when resource = '' then region else '' end, currency
