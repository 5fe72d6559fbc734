-- title: EFS file systems with provisioned throughput
-- finds: EFS file systems that pay for provisioned throughput.
-- why: Provisioned throughput is paid for by the hour, used or not; elastic throughput by the GB.
-- reads: Product code AmazonEFS, usage types *ProvisionedTP-MiBpsHrs.
-- thresholds: none
-- saving: None can be told: a report does not say how much of it is used.
-- confidence: low
-- blind: File systems that use what they have all day long, for which it is the cheaper way.
-- do: Compare the metered throughput in CloudWatch with what is provisioned. Lower it, or change the mode to elastic.
-- source: Confirmed by the Amazon EFS user guide, "Understanding billing and usage reports for Amazon EFS", and several
--   public price tables (November 2026).
-- services: AmazonEFS
-- needs: nothing
select
    payer,
    account,
    max(region) as region,
    resource,
    'AmazonEFS' as service,
    currency,
    sum(cost) as cost,
    cast(null as double) as saving,
    cast(cast(sum(usage_amount) as decimal(18, 2)) as varchar) || ' MiB/s-months' as evidence
from cur_usage
where
    product_code = 'AmazonEFS'
    and usage_type like '%ProvisionedTP-MiBpsHrs'
group by payer, account, resource, case when resource = '' then region else '' end, currency
