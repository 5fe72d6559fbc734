-- title: S3 features that were left on
-- finds: S3 buckets and dashboards that pay for inventories, Storage Lens, analytics, object tags or replication time
--   control.
-- why: These are often switched on for one question, and charged by the object until somebody switches them off.
-- reads: Product code AmazonS3, usage types *Inventory-ObjectsListed, *StorageLens-ObjCount (advanced metrics),
--   *StorageAnalytics-ObjCount, *TagStorage-TagHrs and *S3RTC-*.
-- thresholds: none
-- saving: All of their cost, if nobody uses the results.
-- confidence: low
-- blind: Whether anybody reads the results, and whether replication within 15 minutes is required.
-- do: Ask who uses each of them. Switch off what nobody reads, and make daily inventories weekly.
-- source: Amazon S3 user guide, "Understanding your AWS billing and usage reports for Amazon S3"; AWS's CUR query
--   library (November 2026).
-- services: AmazonS3
-- needs: nothing
with features as (
    select
        payer,
        account,
        resource,
        region,
        currency,
        cost,
        on_demand_cost,
        case when usage_type like '%Inventory-ObjectsListed' then cost else 0 end as inventory,
        case when usage_type like '%StorageLens-ObjCount' then cost else 0 end as lens,
        case when usage_type like '%StorageAnalytics-ObjCount' then cost else 0 end as analytics,
        case when usage_type like '%TagStorage-TagHrs' then cost else 0 end as tags,
        case when usage_type like '%S3RTC-%' then cost else 0 end as replication
    from cur_usage
    where product_code = 'AmazonS3'
)

select
    payer,
    account,
    max(region) as region,
    resource,
    'AmazonS3' as service,
    currency,
    sum(cost) as cost,
    sum(on_demand_cost) as saving,
    'inventory for ' || cast(cast(sum(inventory) as decimal(18, 2)) as varchar)
    || ', Storage Lens for ' || cast(cast(sum(lens) as decimal(18, 2)) as varchar)
    || ', analytics for ' || cast(cast(sum(analytics) as decimal(18, 2)) as varchar)
    || ', tags for ' || cast(cast(sum(tags) as decimal(18, 2)) as varchar)
    || ', replication time control for ' || cast(cast(sum(replication) as decimal(18, 2)) as varchar) as evidence
from features
where inventory + lens + analytics + tags + replication > 0
group by payer, account, resource, case when resource = '' then region else '' end, currency
