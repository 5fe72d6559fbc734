-- title: S3 traffic that may be paid for at NAT gateways
-- finds: Accounts and regions in which NAT gateways process much and S3 is used much.
-- why: What goes to S3 of the same region through a NAT gateway is paid for by the GB. Through a gateway endpoint it
--   is free, and so is the endpoint.
-- reads: Usage types *NatGateway*Bytes; product code AmazonS3, usage types *Requests-*Tier*.
-- thresholds:
--   min_gb = 500: GB that the NAT gateways processed in the month
--   min_requests = 1000000: requests to S3 in the month
-- saving: None said: a report shows neither gateway endpoints, which are free, nor where a NAT gateway sends to.
-- confidence: low
-- blind: Whether there is a gateway endpoint already, and who makes the requests.
-- do: Look whether each VPC with a NAT gateway has gateway endpoints for S3 and DynamoDB. Add them to its route
--   tables.
-- source: Amazon VPC user guide, "Gateway endpoints"; Amazon VPC pricing, NAT gateways 0.045 USD a GB in us-east-1
--   (November 2026). Both limits are this project's own.
-- services: AmazonEC2
-- needs: nothing
with used as (
    select
        payer,
        account,
        region,
        currency,
        sum(case when usage_type like '%NatGateway%Bytes' then cost else 0 end) as cost,
        sum(case when usage_type like '%NatGateway%Bytes' then usage_amount else 0 end) as gb,
        sum(case when usage_type like '%NatGateway%Bytes' then 0 else usage_amount end) as requests
    from cur_usage
    where
        usage_type like '%NatGateway%Bytes'
        or (product_code = 'AmazonS3' and usage_type like '%Requests-%Tier%')
    group by payer, account, region, currency
)

select
    payer,
    account,
    region,
    '' as resource,
    'AmazonEC2' as service,
    currency,
    cost,
    cast(null as double) as saving,
    cast(cast(gb as decimal(18, 0)) as varchar) || ' GB through NAT gateways, '
    || cast(cast(requests as decimal(18, 0)) as varchar) || ' requests to S3' as evidence
from used
where
    gb >= #min_gb
    and requests >= #min_requests
