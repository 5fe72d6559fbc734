-- What the reactor's warehouses may use in a month. At the quota they are
-- suspended as soon as what runs has ended, until the next month or until
-- somebody raises it: deliveries wait meanwhile, and an alarm is raised.

use role accountadmin;

create resource monitor if not exists #resource_monitor with
    credit_quota = #monthly_credits
    frequency = monthly
    start_timestamp = immediately
    triggers
        on 80 percent do notify
        on 100 percent do suspend;

alter resource monitor #resource_monitor set credit_quota = #monthly_credits;

-- the second is the first where the script has no warehouse of its own
alter warehouse #warehouse set resource_monitor = #resource_monitor;
alter warehouse #analytics_warehouse set resource_monitor = #resource_monitor;
