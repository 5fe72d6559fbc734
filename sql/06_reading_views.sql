-- What readers see beside the line items.

use role sysadmin;

-- one row per payer, period, check, account, resource and currency
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
    found_at
from #findings;

-- one row per partition that was ever published. as_of: when the newest of its
-- files was written at the source (UTC)
create or replace view #freshness_view copy grants
    comment = 'How fresh each payer and month is'
as
select
    payer,
    year,
    month,
    as_of,
    published_at
from #publications;
