-- title: AWS Config that is a large part of an account's cost
-- finds: Accounts and regions in which AWS Config costs a twentieth and more of all that the account uses.
-- why: Config is paid by the change recorded and by the rule evaluated. Resources that come and go all day, recorded
--   with everything around them, cost more than what they are recorded for.
-- reads: Product code AWSConfig; usage types *ConfigurationItemRecorded*, and all others (*ConfigRuleEvaluations,
--   *ConformancePackEvaluations) as evaluations.
-- thresholds:
--   min_share = 0.05: of what the account's usage costs
--   min_cost = 5: in the bill's currency, for the part of the month that is there
-- saving: None: which resources are recorded, and must be, is not in a report.
-- confidence: medium
-- blind: Which resource types change so often. What compliance asks for.
-- do: Count the changes by resource type in Config's own history. Record types that change all day once a day, at 0.012
--   USD a resource and day instead of 0.003 a change, or not at all. Evaluate each rule in one place only.
-- source: Usage types from CUDOS 5.9.1 (August 2026), AWS's CUR query library (Well-Architected Labs) and reports of
--   2018; AWS Config pricing (November 2026); the share is this project's own assumption.
-- services: AWSConfig
-- needs: nothing
with config as (
    select
        payer,
        account,
        region,
        currency,
        sum(cost) as cost,
        sum(case when usage_type like '%ConfigurationItemRecorded%' then usage_amount else 0 end) as items,
        sum(case when usage_type like '%ConfigurationItemRecorded%' then 0 else usage_amount end) as evaluations
    from cur_usage
    where product_code = 'AWSConfig'
    group by payer, account, region, currency
),

accounts as (
    select
        payer,
        account,
        currency,
        sum(cost) as cost
    from cur_usage
    group by payer, account, currency
)

select
    config.payer,
    config.account,
    config.region,
    '' as resource,
    'AWSConfig' as service,
    config.currency,
    config.cost,
    cast(null as double) as saving,
    cast(cast(100 * config.cost / nullif(accounts.cost, 0) as decimal(18, 0)) as varchar) || ' % of the account: '
    || cast(cast(config.items as decimal(18, 0)) as varchar) || ' items recorded, '
    || cast(cast(config.evaluations as decimal(18, 0)) as varchar) || ' rules evaluated' as evidence
from config
inner join accounts
    on
        config.payer = accounts.payer
        and config.account = accounts.account
        and config.currency = accounts.currency
where
    config.cost >= #min_share * accounts.cost
    and config.cost >= #min_cost
