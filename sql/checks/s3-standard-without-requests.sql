-- title: S3 buckets in Standard that nobody reads or writes
-- finds: S3 buckets that keep all their data in Standard and have seen no read or write for at least two months.
-- why: Data that is hardly ever read costs about half in an infrequent-access class, and less in an archive.
-- reads: Product code AmazonS3. Storage is usage types *TimedStorage*, in Standard with the operation StandardStorage;
--   requests are usage types *Requests-* of operations that read, write or copy objects. Listings do not count.
-- thresholds:
--   quiet_days = 59: days before the month without a request, the fewest that two months have
--   saving_ratio = 0.3: part of the storage's cost that is saved, as the KPI dashboard assumes
-- saving: 30 % of the cost of its storage. Standard-Infrequent Access is 46 % cheaper, but charges for at least 128 KB
--   per object and for every GB that is read.
-- confidence: medium
-- blind: The size of the objects, reads in earlier months, and data that has to be at hand.
-- do: Ask its owner whether anybody needs the data. Delete it, or add a lifecycle rule that moves it to
--   Intelligent-Tiering, Standard-Infrequent Access or an archive class.
-- source: KPI dashboard of the Cloud Intelligence Dashboards and AWS's CUR query library (Well-Architected Labs), "S3
--   bucket trends and optimizations"; looked up November 2026.
-- services: AmazonS3
-- needs: resource, two_months
with requests as (
    select operation
    from (
        values
        ('PutObject'), ('PutObjectForRepl'), ('GetObject'), ('CopyObject'), ('UploadPart'), ('CompleteMultipartUpload')
    ) as names (operation)
),

buckets as (
    select
        used.payer,
        used.account,
        used.resource,
        used.currency,
        max(used.region) as region,
        sum(case when used.usage_type like '%TimedStorage%' then used.cost else 0 end) as cost,
        sum(case when used.usage_type like '%TimedStorage%' then used.on_demand_cost else 0 end) as on_demand_cost,
        sum(case when used.usage_type like '%TimedStorage%' then used.usage_amount else 0 end) as gb_months,
        sum(case when used.usage_type like '%TimedStorage%' and used.operation <> 'StandardStorage' then 1 else 0 end)
            as other_classes,
        sum(
            case
                when used.usage_type like '%Requests-%' and requests.operation is not null then used.usage_amount
                else 0
            end
        ) as requests
    from cur_usage as used
    left join requests on used.operation = requests.operation
    where
        used.product_code = 'AmazonS3'
        and used.resource <> ''
    group by used.payer, used.account, used.resource, used.currency
),

-- The months before are read from the line items: cur_usage holds one month.
-- A line's end is asked for, since a line of a monthly report is of any day.
requested_before as (
    select
        lines.payer,
        lines.line_item_resource_id as resource
    from cur_line_items as lines
    inner join cur_payers on lines.payer = cur_payers.payer
    inner join requests on lines.line_item_operation = requests.operation
    where
        lines.year in (#startyear, #startyear - 1)
        and lines.year * 12 + lines.month < #startyear * 12 + #startmonth
        and lines.year * 12 + lines.month >= #startyear * 12 + #startmonth - 1 - floor(#quiet_days / 30)
        and lines.payer in (#payers_ids)
        and lines.line_item_product_code = 'AmazonS3'
        and lines.line_item_usage_type like '%Requests-%'
        and lines.line_item_usage_amount > 0
        and datediff('day', cast(lines.line_item_usage_end_date as date), cur_payers.last_day)
        < #quiet_days + extract(day from cur_payers.last_day) - 1
    group by lines.payer, lines.line_item_resource_id
)

select
    buckets.payer,
    buckets.account,
    buckets.region,
    buckets.resource,
    'AmazonS3' as service,
    buckets.currency,
    buckets.cost,
    #saving_ratio * buckets.on_demand_cost as saving,
    cast(cast(buckets.gb_months as decimal(18, 2)) as varchar) || ' GB-months in Standard, no request for '
    || cast(#quiet_days as varchar) || ' days and this month' as evidence
from buckets
inner join cur_payers on buckets.payer = cur_payers.payer
left join requested_before
    on
        buckets.payer = requested_before.payer
        and buckets.resource = requested_before.resource
where
    cur_payers.months_held * 30 >= #quiet_days
    and buckets.requests = 0
    and buckets.other_classes = 0
    and requested_before.resource is null
