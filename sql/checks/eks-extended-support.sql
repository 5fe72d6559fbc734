-- title: EKS clusters on extended support
-- finds: Kubernetes clusters whose version is past its standard support, so that an hour costs six times as much.
-- why: The surcharge ends with an upgrade of the cluster's version, which EKS does in place.
-- reads: Product code AmazonEKS, operation ExtendedSupport (usage types *AmazonEKS-Hours:extendedSupport). AWS bills
--   the surcharge beside the cluster's own hours; where these are missing, the line is taken to be the whole price.
-- thresholds:
--   surcharge_share = 0.8333: of the whole price of an hour in extended support (0.50 of 0.60 USD)
-- saving: All of the surcharge; of a line that is the whole price, the surcharge's share.
-- confidence: high
-- blind: Which version the cluster runs, and what holds its upgrade back.
-- do: Upgrade the cluster, one minor version after the other, and its node groups and add-ons. Set its upgrade policy
--   to standard support, so that it does not enter extended support again.
-- source: CUDOS 5.9.1 (August 2026); AWS price list of EKS, us-east-1 (September 2026): 0.10 USD a cluster-hour, in
--   extended support 0.50 more.
-- services: AmazonEKS
-- needs: nothing
with clusters as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(case when operation = 'ExtendedSupport' then cost else 0 end) as cost,
        sum(case when operation = 'ExtendedSupport' then on_demand_cost else 0 end) as on_demand_cost,
        sum(case when operation = 'ExtendedSupport' then usage_amount else 0 end) as hours,
        sum(case when usage_type like '%AmazonEKS-Hours:perCluster' then usage_amount else 0 end) as standard_hours
    from cur_usage
    where product_code = 'AmazonEKS'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonEKS' as service,
    currency,
    cost,
    on_demand_cost * case when standard_hours > 0 then 1 else #surcharge_share end as saving,
    cast(cast(hours as decimal(18, 0)) as varchar) || ' cluster-h of extended support' as evidence
from clusters
where hours > 0
