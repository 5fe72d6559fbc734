-- title: gp3 volumes with extra IOPS or throughput
-- finds: gp3 volumes that pay for IOPS or throughput beyond what every gp3 volume includes.
-- why: Performance that was added for a migration or a test is often left on, and is charged whether it is used or not.
-- reads: Usage types *EBS:VolumeP-IOPS.gp3 and *EBS:VolumeP-Throughput.gp3.
-- thresholds: none
-- saving: No estimate: a report does not show how much of it is used.
-- confidence: medium
-- blind: Whether the volume needs it.
-- do: Look at the volume's IOPS and throughput in CloudWatch. Lower both to what its peaks need; the volume stays in
--   use meanwhile.
-- source: Amazon EBS user guide, "Understand codes for Amazon EBS in billing and usage reports" (November 2026).
-- services: AmazonEC2
-- needs: nothing
select
    payer,
    account,
    max(region) as region,
    resource,
    'AmazonEC2' as service,
    currency,
    sum(cost) as cost,
    cast(null as double) as saving,
    'IOPS for '
    || cast(cast(sum(case when usage_type like '%VolumeP-IOPS.gp3' then cost else 0 end) as decimal(18, 2)) as varchar)
    || ', throughput for '
    || cast(cast(sum(case when usage_type like '%VolumeP-IOPS.gp3' then 0 else cost end) as decimal(18, 2)) as varchar)
    as evidence
from cur_usage
where usage_type like '%EBS:VolumeP-IOPS.gp3' or usage_type like '%EBS:VolumeP-Throughput.gp3'
group by payer, account, resource, case when resource = '' then region else '' end, currency
