-- title: Glacier vaults that are cheaper in Deep Archive
-- finds: Vaults of the original Glacier service, which is separate from S3.
-- why: S3 Glacier Deep Archive stores the same data for a quarter to a half of the price.
-- reads: Product code AmazonGlacier, operation Storage.
-- thresholds:
--   usual_factor = 0.444: price of a GB-month of Deep Archive to a vault's, in most regions
--   low_factor = 0.275: in us-east-1, us-east-2, eu-west-1 and eu-north-1 (0.00099 and 0.0036 USD)
-- saving: The difference in storage price. Retrieval and upload, which are paid once, are not deducted.
-- confidence: medium
-- blind: Vaults that are locked, and archives that must be back within hours: Deep Archive takes up to 12 hours or
--   longer.
-- do: Ask how quickly the archives must be available. Retrieve them in bulk, upload them to S3 in the class Deep
--   Archive, and delete the vault.
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
