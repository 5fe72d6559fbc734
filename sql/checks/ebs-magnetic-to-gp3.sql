-- title: Magnetic volumes that are cheaper as gp3
-- finds: EBS volumes of the previous generation (magnetic) whose storage and requests cost more than the same storage
--   as gp3.
-- why: A magnetic volume is charged for every request and is slow. gp3 is faster, and its requests are included.
-- reads: Product code AmazonEC2. Storage is usage type *EBS:VolumeUsage with nothing after it, requests are
--   *EBS:VolumeIOUsage. A volume API name, where there is one, must be "standard".
-- thresholds:
--   storage_ratio = 1.6: price of a GB-month of gp3 to a magnetic volume's (0.08 and 0.05 USD)
-- saving: What storage and requests cost, less the price of the same storage as gp3.
-- confidence: high
-- blind: Nothing of consequence: any gp3 volume has more IOPS and throughput than a magnetic one.
-- do: Change the volume's type to gp3; it stays attached and in use.
-- source: Amazon EBS user guide, "Previous generation volumes", and EBS pricing, us-east-1 (November 2026).
-- services: AmazonEC2
-- needs: nothing
with volumes as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%VolumeUsage' then on_demand_cost else 0 end) as storage_cost,
        sum(case when usage_type like '%VolumeUsage' then usage_amount else 0 end) as gb_months
    from cur_usage
    where
        product_code = 'AmazonEC2'
        and (usage_type like '%EBS:VolumeUsage' or usage_type like '%EBS:VolumeIOUsage')
        and coalesce(volume_api_name, 'standard') = 'standard'
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
    on_demand_cost - #storage_ratio * storage_cost as saving,
    cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months for '
    || cast(cast(storage_cost as decimal(18, 2)) as varchar) || ', requests for '
    || cast(cast(on_demand_cost - storage_cost as decimal(18, 2)) as varchar) as evidence
from volumes
where on_demand_cost > #storage_ratio * storage_cost
