-- title: One-sided traffic between zones
-- finds: Resources that send far more to other zones than they receive, or the other way round.
-- why: Traffic that goes one way only is mostly a copy, a backup or a feed, which can be read in its own zone or sent
--   compressed. It is paid for on both sides.
-- reads: Usage types *DataTransfer-Regional-Bytes*, operations InterZone-In and InterZone-Out.
-- thresholds:
--   min_ratio = 20: GB of one way to GB of the other
--   min_gb = 100000: GB of the greater way in the month, 1,000 USD in us-east-1
-- saving: None said: a report does not show the other side.
-- confidence: medium
-- blind: What the traffic is for.
-- do: Find the other side in the flow logs. Place both in one zone, use an endpoint of the same zone, or compress
--   what is sent.
-- source: AWS's CUR query library (Well-Architected Labs), "Imbalanced traffic between zones" of March 2022, which
--   looks at what is received; 0.01 USD a GB and side (Amazon EC2 pricing, November 2026).
-- services: any
-- needs: nothing
with traffic as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        max(product_code) as service,
        sum(cost) as cost,
        sum(case when operation = 'InterZone-In' then usage_amount else 0 end) as in_gb,
        sum(case when operation = 'InterZone-Out' then usage_amount else 0 end) as out_gb
    from cur_usage
    where
        usage_type like '%DataTransfer-Regional-Bytes%'
        and operation in ('InterZone-In', 'InterZone-Out')
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    service,
    currency,
    cost,
    cast(null as double) as saving,
    cast(cast(in_gb as decimal(18, 0)) as varchar) || ' GB from other zones, '
    || cast(cast(out_gb as decimal(18, 0)) as varchar) || ' GB to them' as evidence
from traffic
where
    greatest(in_gb, out_gb) >= #min_gb
    and greatest(in_gb, out_gb) > #min_ratio * least(in_gb, out_gb)
