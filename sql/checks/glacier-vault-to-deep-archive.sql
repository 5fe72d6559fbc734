-- title: Glacier vaults that are cheaper in Deep Archive
-- finds: Vaults of the older Glacier service, apart from S3.
-- why: S3 Glacier Deep Archive stores the same data for a quarter to a half, and vaults take part in nothing that S3
--   does.
-- reads: Product code AmazonGlacier, operation Storage.
-- thresholds:
--   usual_factor = 0.444: price of a GB-month of Deep Archive to a vault's, in most regions
--   low_factor = 0.275: in us-east-1, us-east-2, eu-west-1 and eu-north-1 (0.00099 and 0.0036 USD)
-- saving: The price difference of the storage. Retrieval and upload are paid once and not taken off.
-- confidence: medium
-- blind: Vaults that are locked, and archives that must be back within hours: Deep Archive takes 12.
-- do: Ask how fast the archives must be back. Retrieve them in bulk, put them into S3 with the class Deep Archive, and
--   delete the vault.
-- source: AWS's CUR query library and KPI dashboard ("Amazon Glacier", operation Storage); S3 and Glacier pricing
--   (November 2026).
-- services: AmazonGlacier
-- needs: nothing
with vaults as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(usage_amount) as gb_months
    from cur_usage
    where
        product_code = 'AmazonGlacier'
        and operation = 'Storage'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonGlacier' as service,
    currency,
    cost,
    on_demand_cost
    * (
        1 - case
            when region in ('us-east-1', 'us-east-2', 'eu-west-1', 'eu-north-1') then #low_factor
            else #usual_factor
        end
    ) as saving,
    cast(cast(gb_months as decimal(18, 2)) as varchar) || ' GB-months in a vault' as evidence
from vaults
