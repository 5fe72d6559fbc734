-- Two roles: the reactor's own, and one for whoever reads its results.
-- Both belong to sysadmin, so that administrators keep access to what they own.

use role useradmin;

create role if not exists #role
    comment = 'cur-reactor: registers, audits, publishes, analyses';

create role if not exists #reader_role
    comment = 'cur-reactor: reads its views, and nothing else';

grant role #role to role sysadmin;
grant role #reader_role to role sysadmin;
