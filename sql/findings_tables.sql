-- What the analytics find. Grain: one row per payer, period (year, month),
-- check, account, resource and currency; without a resource, by region and
-- service as well.
--
-- account, region and resource are '' where a report has none. A row of
-- resource '' stands for all of an account's resources without an id in that
-- region and service.
-- monthly_cost and estimated_saving are amounts of `currency` for the part of
-- the month that the report covers, before credits, refunds and tax. They are
-- never rounded and never extrapolated to a whole month: whole_month_saving is.
-- Of several findings of one resource one has an estimated_saving, and the sum
-- of these is what can be saved; the others have 0, what they would save by
-- themselves as alternative_saving, and the check that counts as alternative_to.
-- tags: those of the resource, as JSON. first_day and last_day: of its usage.
-- found_at is in UTC: a script's session is. `datetime` has no time zone in either
-- warehouse.
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
    found_at datetime default current_timestamp,
    service varchar,
    confidence varchar,
    evidence varchar,
    account_name varchar,
    payer_name varchar,
    owner varchar,
    tags varchar,
    first_day date,
    last_day date,
    whole_month_saving double,
    alternative_saving double,
    alternative_to varchar
);

-- a table of an older release gets what it lacks
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

-- How each check of the script went, when it ran last. Grain: one row per
-- payer, period and check.
--
-- status: found; nothing-found; no-such-usage, where the report has no line of
-- its services; cannot-be-told, where a column that it needs is missing, which
-- reason names; failed, with the engine's code and message as reason: then the
-- findings are those of the run before, as their found_at says.
-- seconds: how long it took, over all payers of its run.
create table if not exists cur_check_runs (
    payer varchar not null,
    year integer not null,
    month integer not null,
    check_name varchar not null,
    status varchar not null,
    findings integer,
    seconds double,
    reason varchar,
    ran_at datetime default current_timestamp
);
