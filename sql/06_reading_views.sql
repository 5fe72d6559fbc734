-- What readers see beside the line items.

use role sysadmin;

-- one row per payer, period, check, account, region, resource and currency
create or replace view #wastage_view copy grants
    comment = 'The wastage found, per payer, period, check and resource'
as
select
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
    found_at,
    service,
    confidence,
    evidence,
    account_name,
    payer_name,
    owner,
    try_parse_json(tags) as tags,
    first_day,
    last_day,
    whole_month_saving,
    alternative_saving,
    alternative_to
from #findings;

-- one row per payer, period and check: how it went when it ran last
create or replace view #checks_view copy grants
    comment = 'How each check went, per payer and period'
as
select
    payer,
    year,
    month,
    check_name,
    status,
    findings,
    seconds,
    reason,
    ran_at
from #check_runs;

-- one row per line item of a published file, with every column that the file
-- has in VALUE. What CUR_LINE_ITEMS has is faster to read there
create or replace view #raw_view copy grants
    comment = 'One row per line item of a published file, as its report has it'
as
select
    registered.payer,
    registered.year,
    registered.month,
    registered.staged_key,
    registered.value
from #rows_table as registered
-- No join, as in CUR_LINE_ITEMS: rows never double, and a reader's filter on
-- year, month and payer prunes partitions.
where
    exists (
        select 1
        from #current_files as published
        where
            published.year = registered.year
            and published.month = registered.month
            and published.payer = registered.payer
            and published.staged_key = registered.staged_key
    );

-- one row per partition that was ever published. as_of: when the newest of its
-- files was written at the source (UTC). costs: what its line items cost,
-- unblended, one entry per currency
create or replace view #freshness_view copy grants
    comment = 'How fresh each payer and month is'
as
select
    publications.payer,
    publications.year,
    publications.month,
    coalesce(files.file_count, 0) as file_count,
    coalesce(files.row_count, 0) as row_count,
    parse_json(publications.costs) as costs,
    publications.as_of,
    publications.published_at
from #publications as publications
left join (
    select
        payer,
        year,
        month,
        count(*) as file_count,
        sum(row_count) as row_count
    from #current_files
    group by payer, year, month
) as files
    on
        publications.payer = files.payer
        and publications.year = files.year
        and publications.month = files.month;
