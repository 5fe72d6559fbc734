-- title: Fargate tasks on x86
-- finds: ECS tasks on Fargate whose processors and memory are billed at the price of x86.
-- why: The same task on Graviton (ARM64) costs 20 % less an hour.
-- reads: Usage types *Fargate-vCPU-Hours:perCPU and *Fargate-GB-Hours of AmazonECS; those of ARM, Windows and Spot have
--   the word in them.
-- thresholds:
--   saving_ratio = 0.2: lower price of ARM64, as a share of that of x86
-- saving: The lower price of its on-demand hours.
-- confidence: medium
-- blind: Images for x86 alone. EKS has no Fargate on ARM, so its pods are left out.
-- do: Build the image for both architectures. Set the task definition's CPU architecture to ARM64.
-- source: AWS Fargate pricing, us-east-1: vCPU hour 0.04048 and 0.03238 USD (August 2026); usage types as in the AWS
--   price list.
-- services: AmazonECS
-- needs: nothing
select
    payer,
    account,
    max(region) as region,
    resource,
    'AmazonECS' as service,
    currency,
    sum(cost) as cost,
    sum(on_demand_cost) * #saving_ratio as saving,
    cast(
        cast(
            sum(case when usage_type like '%Fargate-vCPU-Hours:perCPU' then usage_amount else 0 end)
            as decimal(18, 0)
        ) as varchar
    ) || ' vCPU hours on x86' as evidence
from cur_usage
where
    product_code = 'AmazonECS'
    and on_demand_cost > 0
    and (usage_type like '%Fargate-vCPU-Hours:perCPU' or usage_type like '%Fargate-GB-Hours')
    and usage_type not like '%Spot%'
group by payer, account, resource, case when resource = '' then region else '' end, currency
