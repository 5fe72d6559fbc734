-- title: Replication instances that stayed
-- finds: DMS replication instances that were there two months ago and still are.
-- why: A migration takes days or weeks; its replication instance costs by the hour until somebody deletes it.
-- reads: Product code AWSDatabaseMigrationSvc, usage types *InstanceUsg:dms.* and *Multi-AZUsg:dms.*; the same instance
--   in the lines of two months before.
-- thresholds: none
-- saving: All of its on-demand cost, at most.
-- confidence: low
-- blind: Replication that is meant to go on for ever.
-- do: Ask its owner whether the migration is over. Delete its tasks and the replication instance.
-- source: Usage types as in the AWS price list (InstanceUsg:dms.t3.micro, Multi-AZUsg:dms.t3.micro), looked up November
--   2026; not seen on a real report yet.
-- services: AWSDatabaseMigrationSvc
-- needs: resource
with known as (
    -- what earlier months had, besides snapshots, is in no working table; few lines are of this service
    select distinct
        payer,
        line_item_usage_account_id as account,
        line_item_resource_id as resource
    from cur_line_items
    where
        payer in (#payers_ids)
        and year = case when #startmonth <= 2 then #startyear - 1 else #startyear end
        and month = case when #startmonth <= 2 then #startmonth + 10 else #startmonth - 2 end
        and line_item_product_code = 'AWSDatabaseMigrationSvc'
        and line_item_resource_id is not null
)

select
    used.payer,
    used.account,
    max(used.region) as region,
    used.resource,
    'AWSDatabaseMigrationSvc' as service,
    used.currency,
    sum(used.cost) as cost,
    sum(used.on_demand_cost) as saving,
    'ran ' || cast(cast(sum(used.usage_amount) as decimal(18, 0)) as varchar) || ' h of '
    || max(split_part(used.usage_type, ':', 2)) || ', and was there two months ago' as evidence
from cur_usage as used
inner join known
    on
        used.payer = known.payer
        and used.account = known.account
        and used.resource = known.resource
where
    used.product_code = 'AWSDatabaseMigrationSvc'
    and (used.usage_type like '%InstanceUsg:dms.%' or used.usage_type like '%Multi-AZUsg:dms.%')
group by used.payer, used.account, used.resource, used.currency
