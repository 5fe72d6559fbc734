-- title: EFS file systems with provisioned throughput
-- finds: EFS file systems that pay for provisioned throughput.
-- why: Provisioned throughput is charged by the hour, whether it is used or not; elastic throughput is charged by the
--   GB.
-- reads: Product code AmazonEFS, usage types *ProvisionedTP-MiBpsHrs.
-- thresholds: none
-- saving: No estimate: a report does not show how much of it is used.
-- confidence: low
-- blind: File systems that use their throughput all day long; for these it is the cheaper mode.
-- do: Compare the metered throughput in CloudWatch with what is provisioned. Lower it, or switch the file system to
--   elastic throughput.
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
