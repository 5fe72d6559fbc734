-- What the reactor knows about what it has published. Snowflake does not
-- enforce the grain of a table: whoever writes keeps to it.

use role sysadmin;

-- one row per published file: exactly these are what readers see
create table if not exists #current_files (
    payer varchar not null,
    year number(4, 0) not null,
    month number(2, 0) not null,
    staged_key varchar not null,
    row_count number(38, 0) not null,
    delivery_id varchar,
    as_of timestamp_ntz not null,
    epoch number(38, 0) not null,
    published_at timestamp_ntz not null
);

-- one row per partition that was ever published, with files or without
create table if not exists #publications (
    payer varchar not null,
    year number(4, 0) not null,
    month number(2, 0) not null,
    delivery_id varchar,
    as_of timestamp_ntz not null,
    epoch number(38, 0) not null,
    published_at timestamp_ntz not null
);

-- one row per period: the epoch of the newest run that was let in; the same of
-- runs of the analytics script, and the last statement that it has committed
create table if not exists #fence (
    period varchar not null,
    epoch number(38, 0) not null,
    script_run number(38, 0),
    script_statement number(38, 0)
);

-- a table of an older release gets what it lacks
alter table #fence add column if not exists script_run number(38, 0);
alter table #fence add column if not exists script_statement number(38, 0);
