-- title: Databases and search domains on gp2 or io1 storage
-- finds: RDS databases and OpenSearch domains whose storage is of type gp2 or io1.
-- why: gp3 costs the same or less, and its IOPS cost a fifth of what they cost on io1.
-- reads: Product codes AmazonRDS and AmazonES. Usage types *GP2-Storage, *PIOPS-Storage and *PIOPS (io1). Those of gp3
--   and io2 end the same way, but contain GP3 or IO2.
-- thresholds:
--   search_gp2_saving = 0.096: part of the price of OpenSearch's gp2 storage that gp3 saves
--   io1_storage_saving = 0.08: part of the price of io1 storage (0.125 and 0.115 USD a GB)
--   io1_iops_saving = 0.8: part of the price of io1 IOPS (0.10 and 0.02 USD)
-- saving: The price difference from gp3. RDS storage of type gp2 costs the same as gp3, so nothing is saved on it, but
--   gp3 is faster. The IOPS that gp3 includes are not counted, so that the true saving on io1 is higher.
-- confidence: medium
-- blind: Whether the latency of io1 is needed, and whether a database has more IOPS than gp3 can give.
-- do: Change the storage type to gp3; for a database, in its maintenance window. Set its IOPS to what the workload
--   needs.
-- source: Amazon RDS pricing, us-east-1, Single-AZ; AWS Big Data Blog, "Lower your Amazon OpenSearch Service storage
--   cost with gp3"; the CUDOS dashboard looks for the same usage types. Looked up November 2026.
-- services: AmazonRDS, AmazonES
-- needs: nothing
with storage as (
    select
        payer,
        account,
        resource,
        region,
        product_code,
        currency,
        cost,
        case
            when usage_type like '%GP2-Storage' and product_code = 'AmazonES' then #search_gp2_saving * on_demand_cost
            when usage_type like '%GP2-Storage' then 0
            when usage_type like '%PIOPS-Storage' then #io1_storage_saving * on_demand_cost
            else #io1_iops_saving * on_demand_cost
        end as saving,
        case when usage_type like '%GP2-Storage' then cost else 0 end as gp2_cost,
        case when usage_type like '%PIOPS-Storage' then cost else 0 end as io1_cost
    from cur_usage
    where
        product_code in ('AmazonRDS', 'AmazonES')
        and (usage_type like '%GP2-Storage' or usage_type like '%PIOPS-Storage' or usage_type like '%PIOPS')
        and usage_type not like '%GP3%'
        and usage_type not like '%IO2%'
)

select
    payer,
    account,
    max(region) as region,
    resource,
    product_code as service,
    currency,
    sum(cost) as cost,
    sum(saving) as saving,
    'gp2 storage for ' || cast(cast(sum(gp2_cost) as decimal(18, 2)) as varchar)
    || ', io1 storage for ' || cast(cast(sum(io1_cost) as decimal(18, 2)) as varchar)
    || ', io1 IOPS for ' || cast(cast(sum(cost - gp2_cost - io1_cost) as decimal(18, 2)) as varchar) as evidence
from storage
group by payer, account, resource, case when resource = '' then region else '' end, product_code, currency
