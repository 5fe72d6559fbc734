-- title: Second copies of management events
-- finds: Accounts and regions that pay CloudTrail for management events.
-- why: The first copy of management events is free. Who pays records them a second time, by a trail of the account
--   beside one of the organization, as a rule.
-- reads: Product code AWSCloudTrail, usage types *PaidEventsRecorded. Data events (*DataEventsRecorded) and Insights
--   are others.
-- thresholds: none
-- saving: All of the copy's on-demand cost; what storing it in S3 costs comes on top.
-- confidence: high
-- blind: Copies that another team or law asks for.
-- do: List the trails that record management events in this region. Keep one, best the organization's, and turn
--   management events off in the others.
-- source: AWS CloudTrail pricing (November 2026): 2.00 USD for 100,000 management events after the first copy; CUDOS
--   5.9.1 (August 2026).
-- services: AWSCloudTrail
-- needs: nothing
with copies as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as events
    from cur_usage
    where
        product_code = 'AWSCloudTrail'
        and usage_type like '%PaidEventsRecorded'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AWSCloudTrail' as service,
    currency,
    cost,
    on_demand_cost as saving,
    cast(cast(events as decimal(18, 0)) as varchar) || ' management events recorded again' as evidence
from copies
