-- What the analytics find. Grain: one row per payer, period (year, month),
-- check, account, region, resource and currency.
--
-- account and resource are never null: '' where a report has none. A row of
-- resource '' stands for all of an account's resources in that region that have
-- no id.
-- monthly_cost is an amount of `currency` for the part of the month that the
-- report covers, before credits, refunds and tax.
-- estimated_saving is what acting on this finding saves of it. Of several
-- findings on one resource the most valuable has it; the others have 0 there,
-- their own in alternative_saving, and the name of that check in alternative_to.
-- So savings may be added up, and are never more than the resource costs. NULL:
-- no saving can be said. whole_month_saving is what a whole month of it comes to.
-- Nothing is rounded.
-- found_at is in UTC: a script's session is. `datetime` has no time zone in either
-- warehouse. It is older than the check's last run when that failed.
create table if not exists cur_findings (
    payer varchar not null,
    year integer not null,
    month integer not null,
    check_name varchar not null,
    account varchar not null,
    region varchar,
    resource varchar not null,
    monthly_cost double,
    estimated_saving double,
    currency varchar,
    found_at datetime default current_timestamp
);

-- A table of an older release gets what it lacks.
alter table cur_findings add column if not exists service varchar;
alter table cur_findings add column if not exists confidence varchar;
alter table cur_findings add column if not exists evidence varchar;
alter table cur_findings add column if not exists account_name varchar;
alter table cur_findings add column if not exists payer_name varchar;
alter table cur_findings add column if not exists owner varchar;
alter table cur_findings add column if not exists tags varchar;
alter table cur_findings add column if not exists first_day date;
alter table cur_findings add column if not exists last_day date;
alter table cur_findings add column if not exists whole_month_saving double;
alter table cur_findings add column if not exists alternative_saving double;
alter table cur_findings add column if not exists alternative_to varchar;

-- How each check went. Grain: one row per payer, period and check.
--
-- status: `found`; `nothing-found`; `no-such-usage`, the payer uses none of the
-- services that it is about; `cannot-be-told`, the report lacks what it needs, and
-- reason says what; `failed`, reason says why, and its findings are those of
-- their found_at. seconds: how long its statement took, for all payers of the run.
create table if not exists cur_check_runs (
    payer varchar not null,
    year integer not null,
    month integer not null,
    check_name varchar not null,
    status varchar not null,
    findings integer not null,
    seconds double,
    reason varchar,
    ran_at datetime default current_timestamp
);
