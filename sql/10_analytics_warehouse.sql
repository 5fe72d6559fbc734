-- A warehouse of its own for the analytics script, which reads whole months at
-- once, while everything else the reactor does is many small statements.

use role sysadmin;

create warehouse if not exists #analytics_warehouse
    warehouse_size = #analytics_warehouse_size
    auto_suspend = 60
    auto_resume = true
    initially_suspended = true;

use role securityadmin;

grant usage on warehouse #analytics_warehouse to role #role;
