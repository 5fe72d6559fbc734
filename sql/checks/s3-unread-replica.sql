-- title: Replicas in S3 Standard that nobody reads
-- finds: S3 buckets that receive replicated objects, keep them in Standard, and are not read.
-- why: A copy for disaster recovery is hardly ever read, and need not be in the most expensive class.
-- reads: Product code AmazonS3. Replicas are requests of operation PutObjectForRepl; reads are GetObject, moves to
--   other classes S3-*Transition, storage in Standard is operation StandardStorage.
-- thresholds:
--   min_days = 14: days that the report must cover
--   min_gb = 100: GB-months in Standard; fewer are not worth a look
-- saving: No estimate: it depends on how long the replicas are kept.
-- confidence: medium
-- blind: Replicas that are needed at once after a failover, or that are read in other months.
-- do: Let the replication rule write to Standard-Infrequent Access or Glacier Instant Retrieval. Expire old versions in
--   the replica, too.
-- source: AWS's CUR query library (Well-Architected Labs), "S3 bucket trends and optimizations", replication buckets;
--   the thresholds are assumptions of this project (November 2026).
-- services: AmazonS3
-- needs: resource
with buckets as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(case when operation = 'StandardStorage' then cost else 0 end) as cost,
        sum(case when operation = 'StandardStorage' then usage_amount else 0 end) as gb_months,
        sum(
            case
                when operation = 'PutObjectForRepl' and usage_type like '%Requests-%' then usage_amount
                else 0
            end
        ) as replicas,
        sum(case when operation = 'GetObject' or operation like 'S3-%Transition' then usage_amount else 0 end) as uses
    from cur_usage
    where
        product_code = 'AmazonS3'
        and resource <> ''
    group by payer, account, resource, currency
)

select
    buckets.payer,
    buckets.account,
    buckets.region,
    buckets.resource,
    'AmazonS3' as service,
    buckets.currency,
    buckets.cost,
    cast(null as double) as saving,
    cast(cast(buckets.replicas as decimal(18, 0)) as varchar) || ' replicated objects received, none read, '
    || cast(cast(buckets.gb_months as decimal(18, 2)) as varchar) || ' GB-months in Standard' as evidence
from buckets
inner join cur_payers on buckets.payer = cur_payers.payer
where
    cur_payers.covered_days >= #min_days
    and buckets.gb_months >= #min_gb
    and buckets.replicas > 0
    and buckets.uses = 0
