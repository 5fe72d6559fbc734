-- Wastage that a cost and usage report alone can show, and what was spent.
--
-- For one month of some payers: gathers what was used, asks each check of the
-- folder sql/checks about it, decides what each resource's findings save
-- together, and replaces findings and summaries in one short transaction.
-- Reads cur_line_items. Snowflake and DuckDB run it as it is: nothing here is a
-- function that only one of them has. `npm run sql:print` shows it with its
-- checks.
--
-- What holds everywhere:
-- * Costs are amortized_cost. It equals the unblended cost of on-demand lines;
--   of lines that a reservation or a savings plan covers, whose unblended cost
--   is 0 or the on-demand price, it is the true one.
-- * Only lines that say what was used are looked at by checks. Credits,
--   refunds, discounts, tax and fees are not: a credit hides a cost, it does not
--   remove the wastage. Rows of split cost allocation data repeat what their
--   instance costs, and are left out.
-- * What a reservation or a plan covers is paid until its term ends: it is
--   cost, not yet saving.
-- * A resource with an id is judged as one, even if some of its lines name no
--   region. Lines without a resource id are judged together, per account and
--   region.
-- * Amounts of two currencies are never added.
-- * A missing text is '', so that rows can be joined and grouped.
-- Tables are filled first and replaced last: a DELETE holds a table's lock
-- until its transaction ends, and other months wait for it.

-- What became of each check's statement; the engine fills it.
create or replace temporary table cur_statement_outcomes (
    name varchar,
    seconds double,
    code varchar,
    message varchar
);

-- One row per payer, account, product code, region, usage type, operation, line
-- type, currency, day, and whether its lines last longer than a day. All line
-- types.
-- Columns are grouped as they are, and NULL is made '' for each group and not
-- for each line
create or replace temporary table cur_spend as
with grouped as (
    select
        payer,
        line_item_usage_account_id,
        line_item_product_code,
        product_region,
        line_item_usage_type,
        line_item_operation,
        line_item_line_item_type,
        line_item_currency_code,
        cast(line_item_usage_start_date as date) as usage_day,
        case
            when
                line_item_usage_end_date
                > line_item_usage_start_date + interval '1 day'
                then 1
            else 0
        end as is_monthly,
        max(line_item_usage_account_name) as account_name,
        max(bill_payer_account_name) as payer_name,
        max(bill_billing_entity) as billing_entity,
        max(product_instance_type) as instance_type,
        max(product_volume_api_name) as volume_api_name,
        max(product_physical_processor) as physical_processor,
        max(product_license_model) as license_model,
        max(product_database_engine) as database_engine,
        max(product_cache_engine) as cache_engine,
        count(pricing_rate_code) as rate_codes,
        sum(line_item_usage_amount) as usage_amount,
        sum(line_item_unblended_cost) as unblended_cost,
        sum(amortized_cost) as amortized_cost,
        sum(net_amortized_cost) as net_amortized_cost,
        sum(pricing_public_on_demand_cost) as list_cost,
        count(*) as lines
    from cur_line_items
    where
        year = #startyear
        and month = #startmonth
        and payer in (#payers_ids)
        and is_split_cost = 0
    group by
        payer,
        line_item_usage_account_id,
        line_item_product_code,
        product_region,
        line_item_usage_type,
        line_item_operation,
        line_item_line_item_type,
        line_item_currency_code,
        cast(line_item_usage_start_date as date),
        case
            when
                line_item_usage_end_date
                > line_item_usage_start_date + interval '1 day'
                then 1
            else 0
        end
)

select
    payer,
    coalesce(line_item_usage_account_id, '') as account,
    coalesce(line_item_product_code, '') as product_code,
    coalesce(product_region, '') as region,
    coalesce(line_item_usage_type, '') as usage_type,
    coalesce(line_item_operation, '') as operation,
    coalesce(line_item_line_item_type, '') as line_type,
    coalesce(line_item_currency_code, '') as currency,
    usage_day,
    is_monthly,
    account_name,
    payer_name,
    billing_entity,
    instance_type,
    volume_api_name,
    physical_processor,
    license_model,
    database_engine,
    cache_engine,
    rate_codes,
    coalesce(usage_amount, 0) as usage_amount,
    coalesce(unblended_cost, 0) as unblended_cost,
    coalesce(amortized_cost, 0) as amortized_cost,
    coalesce(net_amortized_cost, 0) as net_amortized_cost,
    coalesce(list_cost, 0) as list_cost,
    lines
from grouped;

-- One row per payer, product code, usage type and operation: what a report says
-- of each of its lines, NULL where it says nothing.
create or replace temporary table cur_kinds as
select
    payer,
    product_code,
    usage_type,
    operation,
    max(instance_type) as instance_type,
    max(volume_api_name) as volume_api_name,
    max(physical_processor) as physical_processor,
    max(license_model) as license_model,
    max(database_engine) as database_engine,
    max(cache_engine) as cache_engine
from cur_spend
where line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
group by payer, product_code, usage_type, operation;

-- One row per payer, account and resource that has a tag or a cost category:
-- its tags as JSON text, as of its last line that has any, and the owner whom
-- these name. In tag_text a quote within a value is an apostrophe, so that the
-- next quote ends it.
create or replace temporary table cur_resources as
with labelled as (
    select
        payer,
        line_item_usage_account_id,
        line_item_resource_id,
        max_by(
            resource_tags_json,
            case
                when resource_tags_json is not null
                    then line_item_usage_start_date
            end
        ) as tags,
        max_by(
            cost_category_json,
            case
                when cost_category_json is not null
                    then line_item_usage_start_date
            end
        ) as cost_categories
    from cur_line_items
    where
        year = #startyear
        and month = #startmonth
        and payer in (#payers_ids)
    group by payer, line_item_usage_account_id, line_item_resource_id
),

quoted as (
    select
        payer,
        coalesce(line_item_usage_account_id, '') as account,
        line_item_resource_id as resource,
        tags,
        replace(tags, chr(92) || '"', '''') as tag_text,
        replace(cost_categories, chr(92) || '"', '''') as category_text
    from labelled
    where
        line_item_resource_id is not null
        and (tags is not null or cost_categories is not null)
)

select
    payer,
    account,
    resource,
    tags,
    tag_text,
    coalesce(
        nullif(
            split_part(
                split_part(tag_text, '"' || #owner_key || '":"', 2), '"', 1
            ),
            ''
        ),
        nullif(
            split_part(
                split_part(category_text, '"' || #owner_key || '":"', 2), '"', 1
            ),
            ''
        )
    ) as owner
from quoted;

-- One row per payer, account, resource, region, product code, usage type,
-- operation, line type and currency.
-- on_demand_cost: of lines that no reservation and no savings plan covers.
-- is_whole_month: a line spans the billing period, as in monthly reports.
-- last_moment: the end of the last line that does not. is_hourly: some line is
-- shorter than a day. tag_text: the resource's tags, see cur_resources; lines
-- without an id have their own, and a row for each
create or replace temporary table cur_usage as
with grouped as (
    select
        payer,
        line_item_usage_account_id,
        line_item_resource_id,
        product_region,
        line_item_product_code,
        line_item_usage_type,
        line_item_operation,
        line_item_line_item_type,
        line_item_currency_code,
        case when line_item_resource_id is null then resource_tags_json end
            as own_tags,
        sum(coalesce(line_item_usage_amount, 0)) as usage_amount,
        sum(coalesce(amortized_cost, line_item_unblended_cost, 0)) as cost,
        sum(pricing_public_on_demand_cost) as list_cost,
        count(*) as lines,
        min(line_item_usage_start_date) as first_moment,
        max(line_item_usage_start_date) as last_start,
        min(line_item_usage_end_date) as first_end,
        max(line_item_usage_end_date) as last_end
    from cur_line_items
    where
        year = #startyear
        and month = #startmonth
        and payer in (#payers_ids)
        and line_item_line_item_type in (
            'Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage'
        )
        and is_split_cost = 0
    group by
        payer,
        line_item_usage_account_id,
        line_item_resource_id,
        product_region,
        line_item_product_code,
        line_item_usage_type,
        line_item_operation,
        line_item_line_item_type,
        line_item_currency_code,
        case when line_item_resource_id is null then resource_tags_json end
),

named as (
    select
        payer,
        coalesce(line_item_usage_account_id, '') as account,
        coalesce(line_item_resource_id, '') as resource,
        coalesce(product_region, '') as region,
        coalesce(line_item_product_code, '') as product_code,
        coalesce(line_item_usage_type, '') as usage_type,
        coalesce(line_item_operation, '') as operation,
        line_item_line_item_type as line_type,
        coalesce(line_item_currency_code, '') as currency,
        usage_amount,
        cost,
        case
            when line_item_line_item_type = 'Usage' then cost
            else 0
        end as on_demand_cost,
        list_cost,
        lines,
        cast(first_moment as date) as first_day,
        cast(last_start as date) as last_day,
        last_end,
        case
            when
                extract(day from first_moment) = 1
                and extract(month from first_end) <> #startmonth
                then 1
            else 0
        end as is_whole_month,
        case
            when first_end < first_moment + interval '23 hours' then 1
            else 0
        end as is_hourly,
        replace(own_tags, chr(92) || '"', '''') as own_tag_text
    from grouped
),

labelled as (
    select
        named.*,
        coalesce(resources.tag_text, named.own_tag_text) as tag_text,
        lower(
            coalesce(
                split_part(
                    split_part(
                        coalesce(resources.tag_text, named.own_tag_text),
                        '"' || #environment_key || '":"',
                        2
                    ),
                    '"',
                    1
                ),
                ''
            )
        ) as environment
    from named
    left join cur_resources as resources
        on
            named.payer = resources.payer
            and named.account = resources.account
            and named.resource = resources.resource
)

select
    labelled.*,
    case
        when labelled.is_whole_month = 0 then labelled.last_end
    end as last_moment,
    case
        when
            labelled.environment in (
                'dev', 'develop', 'development', 'test', 'testing', 'qa',
                'uat', 'int', 'integration', 'stage', 'staging', 'sandbox',
                'demo', 'preprod', 'pre-production', 'nonprod', 'non-prod',
                'nonproduction', 'non-production'
            )
            then 1
        else 0
    end as is_non_production,
    kinds.instance_type,
    kinds.volume_api_name,
    kinds.physical_processor,
    kinds.license_model,
    kinds.database_engine,
    kinds.cache_engine
from labelled
left join cur_kinds as kinds
    on
        labelled.payer = kinds.payer
        and labelled.product_code = kinds.product_code
        and labelled.usage_type = kinds.usage_type
        and labelled.operation = kinds.operation;

-- One row per reservation or savings plan, payer, account and currency: the
-- lines that bill it.
-- unused_cost: of commitments that nothing used, recurring and upfront. cost:
-- all that it costs in the month, used or not
create or replace temporary table cur_commitments as
select
    payer,
    coalesce(line_item_usage_account_id, '') as account,
    max(coalesce(product_region, '')) as region,
    coalesce(
        reservation_reservation_a_r_n,
        savings_plan_savings_plan_a_r_n,
        reservation_subscription_id,
        ''
    ) as arn,
    case
        when line_item_line_item_type = 'RIFee' then 'reservation'
        else 'savings plan'
    end as kind,
    coalesce(line_item_product_code, '') as product_code,
    coalesce(line_item_currency_code, '') as currency,
    sum(coalesce(reservation_unused_quantity, 0)) as unused_quantity,
    sum(coalesce(amortized_cost, 0)) as unused_cost,
    sum(
        case
            when line_item_line_item_type = 'RIFee'
                then
                    coalesce(line_item_unblended_cost, 0)
                    + coalesce(reservation_amortized_upfront_fee_for_billing_period, 0)
            else coalesce(savings_plan_total_commitment_to_date, 0)
        end
    ) as cost,
    sum(coalesce(savings_plan_total_commitment_to_date, 0)) as commitment,
    sum(coalesce(savings_plan_used_commitment, 0)) as used_commitment,
    max(coalesce(reservation_end_time, savings_plan_end_time)) as end_time,
    cast(min(line_item_usage_start_date) as date) as first_day,
    cast(max(line_item_usage_start_date) as date) as last_day
from cur_line_items
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids)
    and line_item_line_item_type in ('RIFee', 'SavingsPlanRecurringFee')
group by
    payer,
    coalesce(line_item_usage_account_id, ''),
    coalesce(
        reservation_reservation_a_r_n,
        savings_plan_savings_plan_a_r_n,
        reservation_subscription_id,
        ''
    ),
    case
        when
            reservation_reservation_a_r_n is null
            and savings_plan_savings_plan_a_r_n is null
            and reservation_subscription_id is null
            then coalesce(product_region, '')
        else ''
    end,
    case
        when line_item_line_item_type = 'RIFee' then 'reservation'
        else 'savings plan'
    end,
    coalesce(line_item_product_code, ''),
    coalesce(line_item_currency_code, '');

-- One row per payer.
-- last_whole_day: the last day that the report holds whole; the day of the
-- month before the first when it holds none. covered_days: days from the first
-- of the month to it, at least 1. is_month_over: the report reaches the month's
-- last day; of monthly lines it always does.
-- months_held: how many months before this one are there
create or replace temporary table cur_payers as
with calendar as (
    -- one row. Years are 2000 to 2099: every fourth is a leap year
    select
        case
            when #startmonth in (4, 6, 9, 11) then 30
            when #startmonth <> 2 then 31
            when mod(#startyear, 4) = 0 then 29
            else 28
        end as days_in_month
),

reported as (
    select
        payer,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(last_moment) as last_moment,
        max(is_hourly) as has_hours,
        1 - min(is_whole_month) as has_days,
        max(case when resource <> '' then 1 else 0 end) as has_resources,
        max(case when list_cost is not null then 1 else 0 end)
            as has_public_prices
    from cur_usage
    group by payer
),

history as (
    select
        payer,
        min(year * 12 + month) as first_month
    from cur_daily_cost
    where
        payer in (#payers_ids)
        and year * 12 + month < #startyear * 12 + #startmonth
    group by payer
),

dated as (
    select
        reported.payer,
        calendar.days_in_month,
        reported.first_day,
        reported.last_day,
        reported.last_moment,
        reported.has_hours,
        reported.has_days,
        reported.has_resources,
        reported.has_public_prices,
        coalesce(
            #startyear * 12 + #startmonth - history.first_month, 0
        ) as months_held,
        case
            when reported.last_moment is null then calendar.days_in_month
            when
                extract(
                    month from cast(
                        reported.last_moment + interval '1 second' as date
                    )
                ) <> #startmonth
                then calendar.days_in_month
            else
                extract(
                    day from cast(
                        reported.last_moment + interval '1 second' as date
                    )
                ) - 1
        end as whole_days
    from reported
    cross join calendar
    left join history on reported.payer = history.payer
)

select
    payer,
    days_in_month,
    first_day,
    last_day,
    has_hours,
    has_days,
    has_resources,
    has_public_prices,
    months_held,
    greatest(whole_days, 1) as covered_days,
    case
        when whole_days < 1 then first_of_month - 1
        else
            cast(
                '#startyear-'
                || lpad('#startmonth', 2, '0')
                || '-'
                || lpad(cast(cast(whole_days as integer) as varchar), 2, '0')
                as date
            )
    end as last_whole_day,
    case
        when has_days = 0 or extract(day from last_day) = days_in_month then 1
        else 0
    end as is_month_over
from dated
cross join (
    select
        cast(
            '#startyear-' || lpad('#startmonth', 2, '0') || '-01' as date
        ) as first_of_month
) as calendar_month;

-- One row per payer, account and currency: what belongs together when savings
-- are limited to what something costs. Of lines without an id that is an
-- account's use of one service in one region.
create or replace temporary table cur_resource_costs as
with costs as (
    select
        payer,
        account,
        resource,
        product_code,
        region,
        currency,
        cost,
        first_day,
        last_day,
        is_whole_month
    from cur_usage
    union all
    select
        payer,
        account,
        arn as resource,
        product_code,
        region,
        currency,
        unused_cost as cost,
        first_day,
        last_day,
        0 as is_whole_month
    from cur_commitments
)

select
    payer,
    account,
    resource,
    case when resource = '' then product_code else '' end as service,
    case when resource = '' then region else '' end as place,
    currency,
    sum(cost) as cost,
    min(first_day) as first_day,
    max(last_day) as last_day,
    max(is_whole_month) as is_whole_month
from costs
group by
    payer,
    account,
    resource,
    case when resource = '' then product_code else '' end,
    case when resource = '' then region else '' end,
    currency;

-- What a report has, so that a check can say what it cannot know. One row per
-- payer, product code and attribute that some line has.
create or replace temporary table cur_attributes as
with seen as (
    select
        payer,
        product_code,
        count(nullif(resource, '')) as resource,
        count(nullif(region, '')) as region,
        count(instance_type) as instance_type,
        count(volume_api_name) as volume_api_name,
        count(physical_processor) as physical_processor,
        count(license_model) as license_model,
        count(database_engine) as database_engine,
        count(cache_engine) as cache_engine,
        count(nullif(environment, '')) as environment,
        count(list_cost) as list_cost
    from cur_usage
    group by payer, product_code
),

attributes as (
    select attribute
    from (
        values
        ('usage'),
        ('resource'),
        ('region'),
        ('instance_type'),
        ('volume_api_name'),
        ('physical_processor'),
        ('license_model'),
        ('database_engine'),
        ('cache_engine'),
        ('environment'),
        ('list_cost')
    ) as names (attribute)
)

select
    seen.payer,
    seen.product_code,
    attributes.attribute
from seen
cross join attributes
where
    case attributes.attribute
        when 'usage' then 1
        when 'resource' then seen.resource
        when 'region' then seen.region
        when 'instance_type' then seen.instance_type
        when 'volume_api_name' then seen.volume_api_name
        when 'physical_processor' then seen.physical_processor
        when 'license_model' then seen.license_model
        when 'database_engine' then seen.database_engine
        when 'cache_engine' then seen.cache_engine
        when 'environment' then seen.environment
        when 'list_cost' then seen.list_cost
    end > 0
union all
select
    cur_payers.payer,
    'any' as product_code,
    facts.attribute
from cur_payers
cross join (
    values
    ('usage'),
    ('hours'),
    ('days'),
    ('month_over'),
    ('public_prices'),
    ('two_months'),
    ('half_a_year'),
    ('a_year')
) as facts (attribute)
where
    case facts.attribute
        when 'usage' then 1
        when 'hours' then cur_payers.has_hours
        when 'days' then cur_payers.has_days
        when 'month_over' then cur_payers.is_month_over
        when 'two_months' then case when cur_payers.months_held >= 2 then 1 else 0 end
        when 'public_prices' then cur_payers.has_public_prices
        when 'half_a_year' then case when cur_payers.months_held >= 6 then 1 else 0 end
        when 'a_year' then case when cur_payers.months_held >= 12 then 1 else 0 end
    end > 0
union all
select
    payer,
    'any' as product_code,
    'rate_codes' as attribute
from cur_spend
group by payer
having sum(rate_codes) > 0
union all
select distinct
    payer,
    'commitments' as product_code,
    'usage' as attribute
from cur_commitments
union all
select distinct
    payer,
    'commitments' as product_code,
    'end_time' as attribute
from cur_commitments
where end_time is not null;

-- One row per payer, account, EBS snapshot in the standard tier and currency that
-- an earlier month has billed, too. age_months: since the first that has.
create or replace temporary table cur_old_snapshots as
with snapshots as (
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
        usage_type like '%EBS:SnapshotUsage'
        and resource <> ''
    group by payer, account, resource, currency
),

first_months as (
    select
        payer,
        account,
        resource,
        min(year * 12 + month) as first_month
    from cur_snapshots
    where
        payer in (#payers_ids)
        and year * 12 + month < #startyear * 12 + #startmonth
    group by payer, account, resource
)

select
    snapshots.*,
    #startyear * 12 + #startmonth - first_months.first_month as age_months
from snapshots
inner join first_months
    on
        snapshots.payer = first_months.payer
        and snapshots.account = first_months.account
        and snapshots.resource = first_months.resource;

-- What the checks find.
create or replace temporary table cur_new_findings (
    check_name varchar,
    confidence varchar,
    payer varchar,
    account varchar,
    region varchar,
    resource varchar,
    service varchar,
    currency varchar,
    cost double,
    saving double,
    evidence varchar,
    found_at datetime
);

-- What each check is about. One row per check, service and attribute needed.
create or replace temporary table cur_check_needs (
    check_name varchar,
    service varchar,
    attribute varchar
);

-- reactor: checks

-- What a check that failed has found before stays, as of when it was found.
insert into cur_new_findings (
    check_name,
    confidence,
    payer,
    account,
    region,
    resource,
    service,
    currency,
    cost,
    saving,
    evidence,
    found_at
)
select
    earlier.check_name,
    earlier.confidence,
    earlier.payer,
    earlier.account,
    coalesce(earlier.region, '') as region,
    earlier.resource,
    coalesce(earlier.service, '') as service,
    coalesce(earlier.currency, '') as currency,
    earlier.monthly_cost as cost,
    coalesce(
        earlier.estimated_saving + earlier.alternative_saving,
        earlier.alternative_saving,
        earlier.estimated_saving
    ) as saving,
    earlier.evidence,
    earlier.found_at
from cur_findings as earlier
inner join cur_statement_outcomes as outcomes
    on earlier.check_name = outcomes.name
where
    outcomes.code is not null
    and earlier.year = #startyear
    and earlier.month = #startmonth
    and earlier.payer in (#payers_ids);

-- Of several findings on one resource the most valuable counts, and no more
-- than the resource costs: so savings may be added up. What a finding without a
-- resource saves on resources that have an id is not added to what is found on
-- these. One row per finding.
create or replace temporary table cur_ranked_findings as
with placed as (
    select
        cur_new_findings.*,
        case when resource = '' then service else '' end as cost_service,
        case when resource = '' then region else '' end as place
    from cur_new_findings
),

limited as (
    select
        placed.*,
        costs.first_day,
        costs.last_day,
        coalesce(costs.is_whole_month, 0) as is_whole_month,
        case
            when placed.saving is not null
                then
                    least(
                        placed.saving, greatest(coalesce(costs.cost, 0), 0)
                    )
        end as most
    from placed
    left join cur_resource_costs as costs
        on
            placed.payer = costs.payer
            and placed.account = costs.account
            and placed.resource = costs.resource
            and placed.cost_service = costs.service
            and placed.place = costs.place
            and placed.currency = costs.currency
),

ordered as (
    select
        limited.*,
        row_number() over (
            partition by
                payer, account, resource, cost_service, place, currency
            order by
                case when most is null then 1 else 0 end,
                most desc,
                saving,
                check_name
        ) as place_in_order
    from limited
),

ranked as (
    select
        ordered.*,
        min(case when place_in_order = 1 then check_name end) over (
            partition by
                payer, account, resource, cost_service, place, currency
        ) as best_check
    from ordered
),

counted as (
    select
        ranked.*,
        case
            when saving is null then null
            when place_in_order = 1 then most
            else 0
        end as counted_saving
    from ranked
)

select
    counted.*,
    case
        when counted.saving > counted.counted_saving
            then counted.saving - counted.counted_saving
    end as alternative_saving,
    case
        when counted.saving is null or counted.saving <= counted.counted_saving
            then null
        when counted.place_in_order > 1 then counted.best_check
        else 'findings on single resources'
    end as alternative_to,
    case
        when
            counted.is_whole_month = 0
            and counted.last_day >= cur_payers.last_whole_day
            then
                counted.counted_saving
                * cur_payers.days_in_month
                / (datediff('day', counted.first_day, counted.last_day) + 1)
        else counted.counted_saving
    end as whole_month_saving
from counted
left join cur_payers on counted.payer = cur_payers.payer;

-- One row per payer and account.
create or replace temporary table cur_account_names as
select
    payer,
    account,
    max(account_name) as account_name,
    max(max(payer_name)) over (partition by payer) as payer_name
from cur_spend
group by payer, account;

-- One row per payer, account, commitment and currency: what the account used of
-- it, and, of its owner, what nobody used. A plan's covered usage says its
-- on-demand price as its unblended cost.
create or replace temporary table cur_new_commitment_use as
with lines as (
    select
        payer,
        coalesce(line_item_usage_account_id, '') as account,
        coalesce(
            reservation_reservation_a_r_n,
            savings_plan_savings_plan_a_r_n,
            reservation_subscription_id,
            ''
        ) as arn,
        case
            when line_item_line_item_type in ('RIFee', 'DiscountedUsage')
                then 'reservation'
            else 'savings plan'
        end as kind,
        coalesce(line_item_currency_code, '') as currency,
        coalesce(savings_plan_payment_option, pricing_purchase_option)
            as payment_option,
        coalesce(reservation_end_time, savings_plan_end_time) as end_time,
        case
            when
                line_item_line_item_type in ('RIFee', 'SavingsPlanRecurringFee')
                then 1
            else 0
        end as is_fee,
        coalesce(amortized_cost, 0) as cost,
        case
            when line_item_line_item_type = 'DiscountedUsage'
                then pricing_public_on_demand_cost
            else
                coalesce(
                    pricing_public_on_demand_cost, line_item_unblended_cost
                )
        end as list_cost
    from cur_line_items
    where
        year = #startyear
        and month = #startmonth
        and payer in (#payers_ids)
        and is_split_cost = 0
        and line_item_line_item_type in (
            'RIFee',
            'DiscountedUsage',
            'SavingsPlanRecurringFee',
            'SavingsPlanCoveredUsage'
        )
)

select
    payer,
    account,
    arn,
    kind,
    currency,
    max(payment_option) as payment_option,
    try_cast(substr(max(end_time), 1, 10) as date) as end_date,
    max(is_fee) as is_owner,
    sum(case when is_fee = 0 then cost else 0 end) as used_cost,
    sum(case when is_fee = 0 then coalesce(list_cost, 0) else 0 end)
        as covered_list_cost,
    sum(case when is_fee = 1 then cost else 0 end) as unused_cost
from lines
group by payer, account, arn, kind, currency;

-- One row per payer, account, product code, key of a required tag and currency.
-- Usage of a resource is tagged or not; everything else nobody can tag. In a
-- report without resource ids all usage could have a tag.
create or replace temporary table cur_new_untagged as
with required as (
    select tag_key
    from (values #required_tags) as tag_keys (tag_key)
),

judged as (
    select
        used.payer,
        used.account,
        used.product_code,
        required.tag_key,
        used.currency,
        used.cost,
        case
            when
                split_part(
                    split_part(
                        used.tag_text, '"' || required.tag_key || '":"', 2
                    ),
                    '"',
                    1
                ) <> ''
                then 'tagged'
            when used.resource <> '' or cur_payers.has_resources = 0
                then 'untagged'
            else 'untaggable'
        end as kind
    from cur_usage as used
    cross join required
    inner join cur_payers on used.payer = cur_payers.payer
    union all
    select
        cur_spend.payer,
        cur_spend.account,
        cur_spend.product_code,
        required.tag_key,
        cur_spend.currency,
        cur_spend.amortized_cost as cost,
        'untaggable' as kind
    from cur_spend
    cross join required
    where
        cur_spend.line_type not in (
            'Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage'
        )
)

select
    payer,
    account,
    product_code,
    tag_key,
    currency,
    sum(case when kind = 'tagged' then cost else 0 end) as tagged_cost,
    sum(case when kind = 'untagged' then cost else 0 end) as untagged_cost,
    sum(case when kind = 'untaggable' then cost else 0 end) as untaggable_cost
from judged
group by payer, account, product_code, tag_key, currency;

-- One row per payer, account, region, product code, class and currency. What
-- bytes are called: AWS's "Understanding data transfer charges" (Cost and Usage
-- Reports User Guide), prices of each service; looked up November 2026. The
-- first class that fits counts. Processing by endpoints and accelerators is
-- other.
create or replace temporary table cur_new_data_transfer as
with classed as (
    select
        payer,
        account,
        region,
        product_code,
        currency,
        usage_amount,
        amortized_cost,
        case
            when usage_type like '%DataXfer%' then 'Direct Connect'
            when
                (
                    product_code = 'AmazonCloudFront'
                    and usage_type like '%Bytes%'
                )
                or usage_type like '%CloudFront-Out-Bytes%'
                or usage_type like '%CloudFront-In-Bytes%'
                then 'CloudFront'
            when usage_type like '%NatGateway-Bytes%' then 'NAT gateway'
            when usage_type like '%TransitGateway%Bytes%'
                then 'transit gateway'
            when
                usage_type like '%VPN%Bytes%'
                or (
                    lower(operation) like '%vpn%'
                    and usage_type like '%Bytes%'
                )
                then 'VPN'
            when
                usage_type like '%AWS-Out-Bytes%'
                or usage_type like '%AWS-In-Bytes%'
                or usage_type like '%AWS-Out-ABytes%'
                or usage_type like '%AWS-In-ABytes%'
                then 'between regions'
            when
                lower(operation) like '%vpcpeering%'
                or lower(usage_type) like '%vpcpeering%bytes%'
                then 'peering'
            when
                usage_type like '%DataTransfer-Regional-Bytes%'
                or usage_type like '%DataTransfer-xAZ-%Bytes%'
                then 'between zones'
            when
                usage_type like '%DataTransfer-Out-%'
                or usage_type like '%DataTransfer-In-%'
                then 'internet'
            when
                usage_type like '%DataTransfer%'
                or usage_type like '%VpcEndpoint%Bytes%'
                or usage_type like '%GlobalAccelerator%Bytes%'
                then 'other'
        end as transfer_class
    from cur_spend
    where
        line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
)

select
    payer,
    account,
    region,
    product_code,
    transfer_class,
    currency,
    sum(usage_amount) as gigabytes,
    sum(amortized_cost) as cost
from classed
where transfer_class is not null
group by
    payer, account, region, product_code, transfer_class, currency;

-- One row per payer and check: whether it could look, and what it has found.
create or replace temporary table cur_new_check_runs as
with payers as (
    select distinct payer
    from cur_spend
),

needs as (
    select
        check_name,
        attribute
    from cur_check_needs
    group by check_name, attribute
),

met as (
    select
        cur_check_needs.check_name,
        cur_attributes.payer,
        cur_check_needs.attribute
    from cur_check_needs
    inner join cur_attributes
        on
            cur_check_needs.attribute = cur_attributes.attribute
            and (
                cur_check_needs.service = 'any'
                or cur_check_needs.service = cur_attributes.product_code
                or (
                    cur_attributes.product_code = 'any'
                    and cur_attributes.attribute <> 'usage'
                )
            )
    group by
        cur_check_needs.check_name,
        cur_attributes.payer,
        cur_check_needs.attribute
),

unmet as (
    select
        needs.check_name,
        payers.payer,
        count(*) as needs_missing,
        min(needs.attribute) as missing_attribute,
        max(case when needs.attribute = 'usage' then 1 else 0 end)
            as is_without_usage
    from needs
    cross join payers
    left join met
        on
            needs.check_name = met.check_name
            and needs.attribute = met.attribute
            and payers.payer = met.payer
    where met.payer is null
    group by needs.check_name, payers.payer
),

found as (
    select
        check_name,
        payer,
        count(*) as findings
    from cur_ranked_findings
    group by check_name, payer
),

checks as (
    select distinct check_name
    from needs
)

select
    payers.payer,
    checks.check_name,
    case
        when outcomes.code is not null then 'failed'
        when found.findings > 0 then 'found'
        when unmet.is_without_usage = 1 then 'no-such-usage'
        when unmet.needs_missing > 0 then 'cannot-be-told'
        else 'nothing-found'
    end as status,
    coalesce(found.findings, 0) as findings,
    outcomes.seconds,
    case
        when outcomes.message like outcomes.code || ':%' then outcomes.message
        when outcomes.code is not null
            then outcomes.code || ': ' || outcomes.message
        when found.findings > 0 or unmet.is_without_usage = 1 then null
        when unmet.needs_missing > 0 then 'missing: ' || unmet.missing_attribute
    end as reason
from checks
cross join payers
left join cur_statement_outcomes as outcomes
    on checks.check_name = outcomes.name
left join found
    on
        checks.check_name = found.check_name
        and payers.payer = found.payer
left join unmet
    on
        checks.check_name = unmet.check_name
        and payers.payer = unmet.payer;

begin transaction;

delete from cur_findings
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_findings (
    payer,
    year,
    month,
    check_name,
    account,
    region,
    resource,
    monthly_cost,
    estimated_saving,
    currency,
    service,
    confidence,
    evidence,
    account_name,
    payer_name,
    owner,
    tags,
    first_day,
    last_day,
    whole_month_saving,
    alternative_saving,
    alternative_to,
    found_at
)
select
    ranked.payer,
    #startyear as year,
    #startmonth as month,
    ranked.check_name,
    ranked.account,
    ranked.region,
    ranked.resource,
    ranked.cost as monthly_cost,
    ranked.counted_saving as estimated_saving,
    nullif(ranked.currency, '') as currency,
    ranked.service,
    ranked.confidence,
    ranked.evidence,
    names.account_name,
    names.payer_name,
    coalesce(labels.owner, ranked.account) as owner,
    labels.tags,
    ranked.first_day,
    ranked.last_day,
    ranked.whole_month_saving,
    ranked.alternative_saving,
    ranked.alternative_to,
    coalesce(ranked.found_at, cast(current_timestamp as datetime)) as found_at
from cur_ranked_findings as ranked
left join cur_resources as labels
    on
        ranked.payer = labels.payer
        and ranked.account = labels.account
        and ranked.resource = labels.resource
left join cur_account_names as names
    on
        ranked.payer = names.payer
        and ranked.account = names.account;

delete from cur_check_runs
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_check_runs (
    payer, year, month, check_name, status, findings, seconds, reason
)
select
    payer,
    #startyear as year,
    #startmonth as month,
    check_name,
    status,
    findings,
    seconds,
    reason
from cur_new_check_runs;

delete from cur_snapshots
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_snapshots (payer, year, month, account, resource)
select distinct
    payer,
    #startyear as year,
    #startmonth as month,
    account,
    resource
from cur_usage
where
    usage_type like '%EBS:SnapshotUsage%'
    and resource <> '';

delete from cur_months
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_months (
    payer,
    year,
    month,
    days_in_month,
    whole_days,
    has_days,
    last_whole_day
)
select
    payer,
    #startyear as year,
    #startmonth as month,
    days_in_month,
    case
        when extract(month from last_whole_day) = #startmonth
            then extract(day from last_whole_day)
        else 0
    end as whole_days,
    has_days,
    last_whole_day
from cur_payers;

delete from cur_accounts
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_accounts (
    payer,
    year,
    month,
    account,
    account_name,
    payer_name
)
select
    payer,
    #startyear as year,
    #startmonth as month,
    account,
    account_name,
    payer_name
from cur_account_names;

delete from cur_daily_cost
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_daily_cost (
    payer,
    year,
    month,
    account,
    service,
    region,
    charge_type,
    currency,
    usage_day,
    is_monthly,
    unblended_cost,
    amortized_cost,
    net_amortized_cost,
    list_cost,
    lines
)
select
    payer,
    #startyear as year,
    #startmonth as month,
    account,
    product_code as service,
    region,
    line_type as charge_type,
    currency,
    usage_day,
    is_monthly,
    sum(unblended_cost) as unblended_cost,
    sum(amortized_cost) as amortized_cost,
    sum(net_amortized_cost) as net_amortized_cost,
    sum(list_cost) as list_cost,
    sum(lines) as lines
from cur_spend
group by
    payer,
    account,
    product_code,
    region,
    line_type,
    currency,
    usage_day,
    is_monthly;

delete from cur_monthly_cost
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_monthly_cost (
    payer,
    year,
    month,
    account,
    service,
    region,
    usage_type,
    operation,
    charge_type,
    currency,
    usage_amount,
    unblended_cost,
    amortized_cost,
    net_amortized_cost,
    list_cost,
    lines
)
select
    payer,
    #startyear as year,
    #startmonth as month,
    account,
    product_code as service,
    region,
    usage_type,
    operation,
    line_type as charge_type,
    currency,
    sum(usage_amount) as usage_amount,
    sum(unblended_cost) as unblended_cost,
    sum(amortized_cost) as amortized_cost,
    sum(net_amortized_cost) as net_amortized_cost,
    sum(list_cost) as list_cost,
    sum(lines) as lines
from cur_spend
group by
    payer,
    account,
    product_code,
    region,
    usage_type,
    operation,
    line_type,
    currency;

delete from cur_commitment_use
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_commitment_use (
    payer,
    year,
    month,
    account,
    arn,
    kind,
    currency,
    payment_option,
    end_date,
    is_owner,
    used_cost,
    covered_list_cost,
    unused_cost
)
select
    payer,
    #startyear as year,
    #startmonth as month,
    account,
    arn,
    kind,
    currency,
    payment_option,
    end_date,
    is_owner,
    used_cost,
    covered_list_cost,
    unused_cost
from cur_new_commitment_use;

delete from cur_untagged
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_untagged (
    payer,
    year,
    month,
    account,
    service,
    tag_key,
    currency,
    tagged_cost,
    untagged_cost,
    untaggable_cost
)
select
    payer,
    #startyear as year,
    #startmonth as month,
    account,
    product_code as service,
    tag_key,
    currency,
    tagged_cost,
    untagged_cost,
    untaggable_cost
from cur_new_untagged;

delete from cur_data_transfer
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_data_transfer (
    payer,
    year,
    month,
    account,
    region,
    service,
    transfer_class,
    currency,
    gigabytes,
    cost
)
select
    payer,
    #startyear as year,
    #startmonth as month,
    account,
    region,
    product_code as service,
    transfer_class,
    currency,
    gigabytes,
    cost
from cur_new_data_transfer;

commit;
