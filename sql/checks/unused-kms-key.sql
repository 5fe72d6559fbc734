-- title: KMS keys that nothing used
-- finds: Customer managed keys that were paid for all month and neither encrypted nor decrypted anything.
-- why: A key costs a fee every month, and each of its rotations another, whether anything uses it or not.
-- reads: Product code awskms: usage type *KMS-Keys, the fee, without any *KMS-Requests of the same key but
--   administrative ones (Describe*, Get*, List*). It waits until the report reaches the month's last day.
-- thresholds: none
-- saving: All of its on-demand cost, at most.
-- confidence: low
-- blind: Data that was encrypted long ago and has to be read one day: without the key it is lost.
-- do: Find what it has encrypted. Disable it for some months, and schedule its deletion when nobody misses it.
-- source: Requests with the key as their resource seen in 2018-10 (us-east-2-KMS-Requests, DescribeKey,
--   GenerateDataKey); usage type ap-southeast-1-KMS-Keys as in the AWS price list (September 2026), not seen on a real
--   report yet.
-- services: awskms
-- needs: resource, month_over
with keys_used as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%KMS-Keys' then usage_amount else 0 end) as key_months,
        sum(
            case
                when usage_type like '%KMS-Keys' then 0
                when operation like 'Describe%' or operation like 'Get%' or operation like 'List%' then 0
                else usage_amount
            end
        ) as requests
    from cur_usage
    where
        product_code = 'awskms'
        and resource <> ''
    group by payer, account, resource, currency
)

select
    keys_used.payer,
    keys_used.account,
    keys_used.region,
    keys_used.resource,
    'awskms' as service,
    keys_used.currency,
    keys_used.cost,
    keys_used.on_demand_cost as saving,
    cast(cast(keys_used.key_months as decimal(18, 2)) as varchar) || ' key-months without a request' as evidence
from keys_used
inner join cur_payers on keys_used.payer = cur_payers.payer
where
    keys_used.key_months > 0
    and keys_used.requests = 0
    and cur_payers.is_month_over = 1
