-- title: Small objects in classes that charge more than their size
-- finds: S3 buckets whose data in an infrequent-access or Glacier class would cost less in Standard, since its objects
--   are so small.
-- why: Infrequent-access classes charge for at least 128 KB per object, Glacier classes for 40 KB on top of each.
-- reads: Product codes AmazonS3 and AmazonS3GlacierDeepArchive, usage types *TimedStorage* (charges for early deletion
--   have the same operations). The operation names the class, and its overhead: StandardIAStorage,
--   StandardIASizeOverhead.
-- thresholds:
--   sia_gain = 0.84: saved against Standard for each USD of Standard-Infrequent Access (0.023 and 0.0125 a GB)
--   zia_gain = 1.3: for each USD of One Zone-Infrequent Access (0.023 and 0.01 a GB)
--   gir_gain = 4.75: for each USD of Glacier Instant Retrieval (0.023 and 0.004 a GB)
--   gfr_gain = 5.39: for each USD of Glacier Flexible Retrieval (0.023 and 0.0036 a GB)
--   gda_gain = 22.2: for each USD of Glacier Deep Archive (0.023 and 0.00099 a GB)
-- saving: The overhead, less what the class's data would cost more in Standard; class by class.
-- confidence: high
-- blind: Small objects among many large ones: a report does not show how many of which size there are.
-- do: Limit lifecycle rules to objects above 128 KB. Pack small objects together before they are archived.
-- source: Amazon S3 user guide, "Understanding your AWS billing and usage reports for Amazon S3"; AWS's CUR query
--   library (operations of overheads); S3 pricing, us-east-1 (November 2026).
-- services: AmazonS3, AmazonS3GlacierDeepArchive
-- needs: resource
with classes as (
    select
        storage,
        overhead,
        gain
    from (
        values
        ('StandardIAStorage', 'StandardIASizeOverhead', #sia_gain),
        ('OneZoneIAStorage', 'OneZoneIASizeOverhead', #zia_gain),
        ('GlacierInstantRetrievalStorage', 'GlacierI%SizeOverhead', #gir_gain),
        ('GlacierStorage', 'Glacier%ObjectOverhead', #gfr_gain),
        ('DeepArchiveStorage', 'DeepArchive%ObjectOverhead', #gda_gain)
    ) as names (storage, overhead, gain)
),

by_class as (
    select
        used.payer,
        used.account,
        used.resource,
        used.currency,
        classes.storage,
        max(used.region) as region,
        sum(case when used.operation like classes.overhead then used.on_demand_cost else 0 end) as overhead_cost,
        sum(case when used.operation = classes.storage then classes.gain * used.on_demand_cost else 0 end) as gained
    from cur_usage as used
    inner join classes on used.operation = classes.storage or used.operation like classes.overhead
    where
        used.product_code in ('AmazonS3', 'AmazonS3GlacierDeepArchive')
        and used.resource <> ''
        and used.usage_type like '%TimedStorage%'
    group by used.payer, used.account, used.resource, used.currency, classes.storage
)

select
    payer,
    account,
    max(region) as region,
    resource,
    'AmazonS3' as service,
    currency,
    sum(overhead_cost) as cost,
    sum(overhead_cost - gained) as saving,
    'overhead costs ' || cast(cast(sum(overhead_cost) as decimal(18, 2)) as varchar)
    || ', the classes save ' || cast(cast(sum(gained) as decimal(18, 2)) as varchar) as evidence
from by_class
where overhead_cost > gained
group by payer, account, resource, currency
