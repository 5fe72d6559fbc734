-- title: Glue development endpoints
-- finds: Glue development endpoints that are running.
-- why: An endpoint is billed from its creation to its deletion, used or not; its successor, interactive sessions, ends
--   when it is idle.
-- reads: Usage type *DEVED-DPU-Hour.
-- thresholds: none
-- saving: All of its on-demand cost, at most.
-- confidence: medium
-- blind: Whether somebody works with it.
-- do: Ask its owner whether it is in use. Delete it; open an interactive session when one is needed.
-- source: AWS Glue pricing, and AWS Glue developer guide, "Developing scripts using development endpoints" (looked up
--   November 2026).
-- services: AWSGlue
-- needs: nothing
select
    payer,
    account,
    max(region) as region,
    resource,
    'AWSGlue' as service,
    currency,
    sum(cost) as cost,
    sum(on_demand_cost) as saving,
    cast(cast(sum(usage_amount) as decimal(18, 0)) as varchar) || ' DPU hours' as evidence
from cur_usage
where usage_type like '%DEVED-DPU-Hour'
group by payer, account, resource, case when resource = '' then region else '' end, currency
