-- title: SageMaker notebooks and endpoints that are never off
-- finds: SageMaker notebook instances and endpoints that ran day and night for two weeks and more.
-- why: A notebook costs the same by the hour whether somebody works in it or not, and an endpoint whether it gets
--   requests or not.
-- reads: Usage types *Notebk:ml.* and *Host:ml.* with a resource id; the hours, against those that there were.
-- thresholds:
--   min_days = 14: days that the report has to cover
--   min_hours_share = 0.95: hours that it ran, as a share of those that there were
--   working_hours = 50: hours a week that a notebook is needed
--   week_hours = 168: hours that a week has
-- saving: Of notebooks, the on-demand cost of nights and weekends. Of endpoints none: those that answer requests are
--   meant to be on.
-- confidence: low
-- blind: Whether a notebook computes at night, and whether an endpoint gets any requests: they are not billed.
-- do: Stop the notebook when it is idle, by a lifecycle script. Look at the endpoint's invocations; use a serverless or
--   asynchronous one, or delete it.
-- source: Usage types as in the AWS price list (USE1-Notebk:ml.t3.medium, USE1-Host:ml.m5.xlarge), read in September
--   2026 by several public cost tools; not seen on a real report yet.
-- services: AmazonSageMaker
-- needs: resource
with instances as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as hours,
        max(split_part(usage_type, ':', 2)) as instance_type,
        max(case when usage_type like '%Host:ml.%' then 1 else 0 end) as is_endpoint
    from cur_usage
    where
        product_code = 'AmazonSageMaker'
        and resource <> ''
        and (usage_type like '%Notebk:ml.%' or usage_type like '%Host:ml.%')
    group by payer, account, resource, currency
)

select
    instances.payer,
    instances.account,
    instances.region,
    instances.resource,
    'AmazonSageMaker' as service,
    instances.currency,
    instances.cost,
    case
        when instances.is_endpoint = 0
            then instances.on_demand_cost * (#week_hours - #working_hours) / #week_hours
    end as saving,
    case when instances.is_endpoint = 1 then 'endpoint' else 'notebook' end
    || ' ran ' || cast(cast(instances.hours as decimal(18, 0)) as varchar) || ' h of ' || instances.instance_type
    || ' in ' || cast(cur_payers.covered_days as varchar) || ' days' as evidence
from instances
inner join cur_payers on instances.payer = cur_payers.payer
where
    cur_payers.covered_days >= #min_days
    and instances.hours >= #min_hours_share * 24 * cur_payers.covered_days
