-- title: Public prices that changed
-- finds: Usage whose public on-demand price differs from the month before, or changed within the month.
-- why: The bill changes though nothing else does, and calculations made with the old price are wrong.
-- reads: On-demand lines with a price: the public on-demand rate per price list item (pricing_rate_code), the latest of
--   the month against the earliest of this month and the one before.
-- thresholds:
--   min_change = 0.01: by which a price has to change, as a share of the old one
-- saving: None.
-- confidence: medium
-- blind: Prices that the company has negotiated.
-- do: Look up AWS's announcement. Correct budgets and comparisons that rest on the old price.
-- source: AWS Data Exports user guide, "Pricing columns": a rate code is one price of one SKU; tiers have codes of
--   their own (looked up November 2026).
-- services: any
-- needs: public_prices, rate_codes
with rates as (
    -- rates are in no working table; two months of them
    select
        payer,
        coalesce(line_item_usage_account_id, '') as account,
        coalesce(product_region, '') as region,
        coalesce(line_item_currency_code, '') as currency,
        pricing_rate_code as rate_code,
        pricing_public_on_demand_rate as rate,
        year * 12 + month as month_number,
        max(line_item_usage_type) as usage_type,
        min(line_item_usage_start_date) as first_moment,
        sum(coalesce(amortized_cost, 0)) as cost
    from cur_line_items
    where
        payer in (#payers_ids)
        and (
            (year = #startyear and month = #startmonth)
            or (
                year = case when #startmonth = 1 then #startyear - 1 else #startyear end
                and month = case when #startmonth = 1 then 12 else #startmonth - 1 end
            )
        )
        and line_item_line_item_type = 'Usage'
        and pricing_rate_code is not null
        and pricing_public_on_demand_cost > 0
        and is_split_cost = 0
    group by
        payer,
        coalesce(line_item_usage_account_id, ''),
        coalesce(product_region, ''),
        coalesce(line_item_currency_code, ''),
        pricing_rate_code,
        pricing_public_on_demand_rate,
        year * 12 + month
),

changes as (
    select
        payer,
        account,
        region,
        currency,
        max(usage_type) as usage_type,
        min_by(cast(rate as double), first_moment) as old_rate,
        max_by(cast(rate as double), first_moment) as new_rate,
        sum(case when month_number = #startyear * 12 + #startmonth then cost else 0 end) as cost
    from rates
    group by payer, account, region, currency, rate_code
)

select
    payer,
    account,
    region,
    '' as resource,
    '' as service,
    currency,
    sum(cost) as cost,
    cast(null as double) as saving,
    max_by(usage_type, cost) || ' from ' || cast(cast(max_by(old_rate, cost) as decimal(18, 6)) as varchar) || ' to '
    || cast(cast(max_by(new_rate, cost) as decimal(18, 6)) as varchar) || ' ' || currency
    || case when count(*) > 1 then ', and ' || cast(count(*) - 1 as varchar) || ' more' else '' end as evidence
from changes
where
    cost > 0
    and abs(new_rate / nullif(old_rate, 0) - 1) > #min_change
group by payer, account, region, currency
