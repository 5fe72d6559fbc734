-- title: Reduced redundancy, which costs more than Standard
-- finds: S3 buckets with data in the class Reduced Redundancy.
-- why: Since 2016 this class has cost more than Standard, and it is the less durable one.
-- reads: Product code AmazonS3, usage types *TimedStorage* of the operation ReducedRedundancyStorage.
-- thresholds:
--   saving_ratio = 0.04: part of its price that Standard saves (0.024 and 0.023 USD a GB)
-- saving: The price difference from Standard; other classes save more.
-- confidence: high
-- blind: Nothing of consequence: Standard is better in every way.
-- do: Copy the objects in place with the class Standard or Intelligent-Tiering. Change whatever still writes them with
--   the old class.
-- source: Amazon S3 user guide, "Understanding and managing Amazon S3 storage classes"; S3 pricing, us-east-1, by
--   several public price lists (November 2026).
-- services: AmazonS3
-- needs: nothing
select
    payer,
    account,
    max(region) as region,
    resource,
    'AmazonS3' as service,
    currency,
    sum(cost) as cost,
    #saving_ratio * sum(on_demand_cost) as saving,
    cast(cast(sum(usage_amount) as decimal(18, 2)) as varchar) || ' GB-months in Reduced Redundancy' as evidence
from cur_usage
where
    product_code = 'AmazonS3'
    and operation = 'ReducedRedundancyStorage'
    and usage_type like '%TimedStorage%'
group by payer, account, resource, case when resource = '' then region else '' end, currency
