-- title: NAT gateways with much traffic
-- finds: NAT gateways whose data processing costs more than their hours.
-- why: Each GB through a NAT gateway is paid for on top of its transfer, and much of it often goes to AWS's own
--   services, which can be reached without.
-- reads: Usage types *NatGateway*Bytes against *NatGateway-Hours.
-- thresholds:
--   min_cost_ratio = 1: cost of the GB processed to the cost of the hours
--   min_gb = 100: GB processed in the month
-- saving: None said: a report does not show where the traffic goes.
-- confidence: medium
-- blind: Where the traffic goes. What goes to the internet has to go somewhere.
-- do: Look in the flow logs for the destinations of most bytes. Add gateway endpoints for S3 and DynamoDB, which are
--   free, and interface endpoints for services with more than some hundred GB.
-- source: AWS's CUR query library (Well-Architected Labs), "NAT gateway"; Amazon VPC pricing, where an hour and a GB
--   of us-east-1 cost 0.045 USD each (November 2026).
-- services: AmazonEC2
-- needs: nothing
with gateways as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(case when usage_type like '%NatGateway-Hours' then cost else 0 end) as hours_cost,
        sum(case when usage_type like '%NatGateway-Hours' then 0 else cost end) as gb_cost,
        sum(case when usage_type like '%NatGateway-Hours' then 0 else usage_amount end) as gb
    from cur_usage
    where
        usage_type like '%NatGateway-Hours'
        or usage_type like '%NatGateway%Bytes'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonEC2' as service,
    currency,
    cost,
    cast(null as double) as saving,
    cast(cast(gb as decimal(18, 0)) as varchar) || ' GB processed for '
    || cast(cast(gb_cost as decimal(18, 2)) as varchar) || ' ' || currency || ', hours for '
    || cast(cast(hours_cost as decimal(18, 2)) as varchar) as evidence
from gateways
where
    gb_cost > #min_cost_ratio * hours_cost
    and gb >= #min_gb
