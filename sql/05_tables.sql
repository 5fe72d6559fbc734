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

-- one row per partition that was ever published, with files or without. costs:
-- what its line items cost, unblended, as JSON: [{"currency": …, "cost": …}], a
-- currency each. Null where nobody has added them up: an older release
create table if not exists #publications (
    payer varchar not null,
    year number(4, 0) not null,
    month number(2, 0) not null,
    delivery_id varchar,
    as_of timestamp_ntz not null,
    epoch number(38, 0) not null,
    published_at timestamp_ntz not null,
    costs varchar
);

-- one row per column of reports that some registered file has as a map, or in
-- an unusual type: the contract view reads it value by value, which is slower.
-- Where files are published already when this table is made, by an older
-- release, nobody has looked at their types: '*' stands for every column
create table if not exists #columns_by_value (
    column_name varchar not null,
    first_file varchar not null,
    since timestamp_ntz not null
) as
select
    '*',
    min(staged_key),
    sysdate()
from #current_files
having count(*) > 0;

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
alter table #publications add column if not exists costs varchar;
