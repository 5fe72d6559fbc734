-- title: Detailed monitoring of EC2 instances
-- finds: EC2 instances whose metrics are recorded every minute, for a price by the metric.
-- why: Metrics every five minutes are free. Few alarms and dashboards need them every minute.
-- reads: Product code AmazonCloudWatch, usage types *CW:MetricMonitorUsage, operation MetricStorage:AWS/EC2.
-- thresholds: none
-- saving: All of its on-demand cost. What the free tier covers costs nothing and is no finding.
-- confidence: medium
-- blind: Alarms and scaling policies that react within minutes and need the finer metrics.
-- do: Look for alarms and scaling policies on this instance with a period of a minute. Turn detailed monitoring off, in
--   the launch template too.
-- source: Amazon CloudWatch pricing (November 2026): 0.30 USD a metric and month, seven metrics an instance; CloudWatch
--   user guide, "Analyzing, optimizing, and reducing CloudWatch costs"; the operation stands in reports of 2018.
-- services: AmazonCloudWatch
-- needs: nothing
with metrics as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as metric_months
    from cur_usage
    where
        product_code = 'AmazonCloudWatch'
        and usage_type like '%CW:MetricMonitorUsage'
        and operation = 'MetricStorage:AWS/EC2'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonCloudWatch' as service,
    currency,
    cost,
    on_demand_cost as saving,
    cast(cast(metric_months as decimal(18, 2)) as varchar) || ' metric-months of detailed monitoring' as evidence
from metrics
