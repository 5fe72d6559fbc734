-- What the analytics find. Grain: one row per payer, period (year, month),
-- check, account, resource and currency.
--
-- account and resource are never null: '' where a report has none. A row of
-- resource '' stands for all of an account's resources without an id; its
-- region is '' when they lie in several.
-- monthly_cost and estimated_saving are amounts of `currency` for the part of
-- the month that the report covers, before credits, refunds and tax. They are
-- never rounded and never extrapolated to a whole month.
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
    found_at datetime default current_timestamp
);
