-- What each role may do, and no more.

use role securityadmin;

grant usage on warehouse #warehouse to role #role;
grant usage on database #database to role #role;
grant usage on schema #schema to role #role;
grant usage on stage #stage to role #role;
grant usage on file format #file_format to role #role;

-- what a team's own script creates is its own matter, and has a place of its own
grant
usage,
create table,
create view,
create procedure,
create function
on schema #scratch_schema to role #role;

-- who replaces the view has to own it
grant create view on schema #schema to role #role;
grant ownership on view #line_items_view to role #role copy current grants;

grant select, insert, delete on table #current_files to role #role;
grant select, insert, update, delete on table #publications to role #role;
grant select, insert on table #columns_by_value to role #role;
grant select, insert, update on table #fence to role #role;
grant select, insert, update, delete on table #findings to role #role;
grant select, insert, update, delete on table #check_runs to role #role;

grant usage on database #database to role #reader_role;
grant usage on schema #schema to role #reader_role;
grant select on view #line_items_view to role #reader_role;
grant select on view #raw_view to role #reader_role;
grant select on view #wastage_view to role #reader_role;
grant select on view #checks_view to role #reader_role;
grant select on view #freshness_view to role #reader_role;
