-- title: OpenSearch domains on extended support
-- finds: OpenSearch and Elasticsearch domains whose version is past its standard support and pays a surcharge.
-- why: The surcharge buys nothing but patches for an old version.
-- reads: Product code AmazonES; usage types *ExtendedSupport* (OpenSearchExtendedSupport), in normalized instance
--   hours.
-- thresholds: none
-- saving: All of the surcharge, since an upgrade ends it.
-- confidence: high
-- blind: What an upgrade costs in work and risk.
-- do: Upgrade the domain to a version in standard support, by a blue/green deployment that OpenSearch runs itself.
-- source: The Cloud Intelligence Dashboards' board of extended support; AWS price list (2026).
-- services: AmazonES
-- needs: nothing
with surcharges as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as hours
    from cur_usage
    where
        product_code = 'AmazonES'
        and usage_type like '%ExtendedSupport%'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonES' as service,
    currency,
    cost,
    on_demand_cost as saving,
    cast(cast(hours as decimal(18, 2)) as varchar) || ' normalized instance-h of extended support' as evidence
from surcharges
