-- title: Idle public IPv4 addresses
-- finds: Public IPv4 addresses that are allocated and not in use.
-- why: A public address costs the same by the hour whether anything is behind it or not.
-- reads: Usage type *PublicIPv4:IdleAddress; until February 2024 *ElasticIP:IdleAddress. AWS bills idle hours as
--   such, so even minutes are a finding, of their cost.
-- thresholds: none
-- saving: All of its cost, since it can be released.
-- confidence: high
-- blind: Addresses that are kept because somebody's firewall allows them.
-- do: Ask its owner whether the address itself is needed. Release it.
-- source: Amazon VPC user guide, "Billing and usage reports"; Amazon VPC pricing, 0.005 USD an hour (November 2026).
-- services: AmazonVPC, AmazonEC2
-- needs: nothing
select
    payer,
    account,
    max(region) as region,
    resource,
    max(product_code) as service,
    currency,
    sum(cost) as cost,
    sum(on_demand_cost) as saving,
    'idle for ' || cast(cast(sum(usage_amount) as decimal(18, 2)) as varchar) || ' h' as evidence
from cur_usage
where
    usage_type like '%PublicIPv4:IdleAddress'
    or usage_type like '%ElasticIP:IdleAddress'
group by payer, account, resource, case when resource = '' then region else '' end, currency
