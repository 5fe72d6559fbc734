-- title: Intelligent-Tiering that costs more than it saves
-- finds: S3 buckets whose monitoring fee is higher than what the cheaper tiers save.
-- why: Every monitored object costs the same, however small it is, and saves nothing while it is read.
-- reads: Product code AmazonS3. The fee is usage type *Monitoring-Automation-INT, the cheaper tiers are
--   *TimedStorage-INT-IA-*, -INT-AIA-*, -INT-AA-* and -INT-DAA-*; the frequent tier costs the same as Standard.
-- thresholds:
--   ia_gain = 0.84: saved against Standard for each USD of the infrequent tier (0.023 and 0.0125 a GB)
--   aia_gain = 4.75: for each USD of the archive instant tier (0.023 and 0.004 a GB)
--   aa_gain = 5.39: for each USD of the archive tier (0.023 and 0.0036 a GB)
--   daa_gain = 22.2: for each USD of the deep archive tier (0.023 and 0.00099 a GB)
-- saving: The fee, less what the cheaper tiers save.
-- confidence: medium
-- blind: New buckets: no object moves to a cheaper tier in its first 30 days. What it costs to move the objects back.
-- do: Keep small objects in Standard: limit the lifecycle rule to large ones. Move the whole bucket back if most of it
--   is read.
-- source: Amazon S3 user guide, "Understanding your AWS billing and usage reports for Amazon S3"; S3 pricing, us-east-1
--   (November 2026).
-- services: AmazonS3
-- needs: resource
with buckets as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(case when usage_type like '%Monitoring-Automation-INT' then on_demand_cost else 0 end) as fee,
        sum(
            case
                when usage_type like '%TimedStorage-INT-IA-%' then #ia_gain * on_demand_cost
                when usage_type like '%TimedStorage-INT-AIA-%' then #aia_gain * on_demand_cost
                when usage_type like '%TimedStorage-INT-AA-%' then #aa_gain * on_demand_cost
                when usage_type like '%TimedStorage-INT-DAA-%' then #daa_gain * on_demand_cost
                else 0
            end
        ) as gained
    from cur_usage
    where
        product_code = 'AmazonS3'
        and resource <> ''
        and (usage_type like '%Monitoring-Automation-INT' or usage_type like '%TimedStorage-INT-%')
    group by payer, account, resource, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonS3' as service,
    currency,
    cost,
    fee - gained as saving,
    'monitoring costs ' || cast(cast(fee as decimal(18, 2)) as varchar) || ', cheaper tiers save '
    || cast(cast(gained as decimal(18, 2)) as varchar) as evidence
from buckets
where fee > gained
