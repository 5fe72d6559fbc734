-- title: Instances of previous generations
-- finds: EC2 instances of a family that has a successor of about the same shape.
-- why: The successor does more for a lower price.
-- reads: Usage types *BoxUsage* and *DedicatedUsage*, and the family of the instance type in them, against a table of
--   families. The report's own mark of current generations is of no use: it says Yes of t2 and m4.
-- thresholds:
--   t1_drop = 0.48: lower price of t3, as a share of t1's
--   t2_drop = 0.1: lower price of t3, as a share of t2's
--   m1_drop = 0.45: lower price of m6i, as a share of m1's
--   m2_drop = 0.48: lower price of r6i, as a share of m2's
--   m3_drop = 0.27: lower price of m6i, as a share of m3's
--   m4_drop = 0.04: lower price of m6i, as a share of m4's
--   c1_drop = 0.34: lower price of c6i, as a share of c1's
--   c3_drop = 0.19: lower price of c6i, as a share of c3's
--   c4_drop = 0.15: lower price of c6i, as a share of c4's
--   r3_drop = 0.24: lower price of r6i, as a share of r3's
--   r4_drop = 0.05: lower price of r6i, as a share of r4's
--   i2_drop = 0.63: lower price of i3, as a share of i2's
--   d2_drop = 0.27: lower price of d3, as a share of d2's
-- saving: The successor's lower price, of on-demand hours of Linux. Of prices with a licence in them the share is not
--   known.
-- confidence: high
-- blind: Whether the image runs on the successor: the oldest families are paravirtual, and new ones need NVMe and ENA
--   drivers.
-- do: Check that the image has the drivers. Stop the instance, change its type to the successor, and start it.
-- source: Amazon EC2 user guide, "Previous generation instances"; on-demand list prices of us-east-1, Linux, of the
--   same size, rounded down (September 2026).
-- services: AmazonEC2
-- needs: nothing
with generations as (
    select
        family,
        successor,
        price_drop
    from (
        values
        ('t1', 't3', #t1_drop),
        ('t2', 't3', #t2_drop),
        ('m1', 'm6i', #m1_drop),
        ('m2', 'r6i', #m2_drop),
        ('m3', 'm6i', #m3_drop),
        ('m4', 'm6i', #m4_drop),
        ('c1', 'c6i', #c1_drop),
        ('c3', 'c6i', #c3_drop),
        ('c4', 'c6i', #c4_drop),
        ('r3', 'r6i', #r3_drop),
        ('r4', 'r6i', #r4_drop),
        ('i2', 'i3', #i2_drop),
        ('d2', 'd3', #d2_drop)
    ) as families (family, successor, price_drop)
),

instances as (
    select
        cur_usage.*,
        split_part(
            coalesce(
                instance_type,
                -- the oldest usage type, BoxUsage alone, means m1.small
                case when usage_type like '%BoxUsage' then 'm1.small' else split_part(usage_type, ':', 2) end
            ),
            '.',
            1
        ) as family
    from cur_usage
    where
        product_code = 'AmazonEC2'
        and (usage_type like '%BoxUsage%' or usage_type like '%DedicatedUsage%')
)

select
    instances.payer,
    instances.account,
    max(instances.region) as region,
    instances.resource,
    'AmazonEC2' as service,
    instances.currency,
    sum(instances.cost) as cost,
    sum(
        case
            when instances.operation in ('RunInstances', '')
                then instances.on_demand_cost * generations.price_drop
            else 0
        end
    ) as saving,
    cast(cast(sum(instances.usage_amount) as decimal(18, 0)) as varchar) || ' h of '
    || max(coalesce(instances.instance_type, generations.family)) || '; successor: ' || max(generations.successor)
    as evidence
from instances
inner join generations on instances.family = generations.family
group by
    instances.payer,
    instances.account,
    instances.resource,
    case when instances.resource = '' then instances.region else '' end,
    instances.currency
