-- title: EFS file systems without infrequent access
-- finds: EFS file systems that keep all their data in Standard storage.
-- why: Infrequent-access storage costs a twelfth, and a lifecycle policy moves files there by itself.
-- reads: Product code AmazonEFS. Standard storage is usage types *TimedStorage-*; *IATimedStorage-* and
--   *ArchiveTimedStorage-* are the cheaper classes.
-- thresholds:
--   min_gb = 10: GB-months in Standard
--   cold_share = 0.5: share of the data that is hardly ever read, an assumption
--   ia_ratio = 0.083: price of a GB-month to Standard's (0.025 and 0.30 USD)
-- saving: The price difference for half of the data.
-- confidence: low
-- blind: How much of the data is read: each GB read from infrequent access costs 0.01 USD. File systems younger than a
--   month.
-- do: Turn on lifecycle management, with infrequent access after 30 days. Check the charges for reads a month later.
-- source: Confirmed by the Amazon EFS user guide, "Understanding billing and usage reports for Amazon EFS", and AWS's
--   CUR query library; EFS pricing, us-east-1 (November 2026). The share of unread data is an assumption of this
--   project.
-- services: AmazonEFS
-- needs: nothing
with file_systems as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as gb_months,
        sum(
            case
                when usage_type like '%IATimedStorage-%' or usage_type like '%ArchiveTimedStorage-%' then usage_amount
                else 0
            end
        ) as cold_gb_months
    from cur_usage
    where
        product_code = 'AmazonEFS'
        and usage_type like '%TimedStorage-%'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonEFS' as service,
    currency,
    cost,
    #cold_share * (1 - #ia_ratio) * on_demand_cost as saving,
    cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months in Standard, none in infrequent access'
    as evidence
from file_systems
where
    gb_months >= #min_gb
    and cold_gb_months = 0
