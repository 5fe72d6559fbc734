-- title: Commitments that end soon
-- finds: Reservations and savings plans that end within 90 days of the report's last day.
-- why: From the hour that a commitment ends, its usage costs the on-demand price; nothing is renewed automatically.
-- reads: Line-item types RIFee and SavingsPlanRecurringFee, and the end time of the reservation or plan in them.
-- thresholds:
--   late_days = 90: days until its end from which on it is a finding
--   soon_days = 60: the second step of the evidence
--   near_days = 30: its first step
-- saving: None: how much its usage costs afterwards depends on what is bought next.
-- confidence: high
-- blind: A renewal that is queued already.
-- do: Look whether its usage is still there. Queue the next commitment for the hour after this one ends, in the amount
--   that is used all the time.
-- source: AWS Data Exports user guide, "Reservation columns" and "Savings Plans columns"; 30, 60 and 90 days as in
--   AWS's own expiration alerts (looked up November 2026).
-- services: commitments
-- needs: end_time
with commitments as (
    select
        commitments.payer,
        commitments.account,
        commitments.arn,
        commitments.currency,
        max(commitments.region) as region,
        max(commitments.product_code) as product_code,
        max(commitments.kind) as kind,
        sum(commitments.cost) as cost,
        cast(substring(max(commitments.end_time), 1, 10) as date) as end_day,
        max(cur_payers.last_whole_day) as last_whole_day
    from cur_commitments as commitments
    inner join cur_payers on commitments.payer = cur_payers.payer
    where
        commitments.end_time is not null
        and commitments.arn <> ''
    group by commitments.payer, commitments.account, commitments.arn, commitments.currency
),

counted as (
    select
        commitments.*,
        datediff('day', last_whole_day, end_day) as days_left
    from commitments
)

select
    payer,
    account,
    region,
    arn as resource,
    product_code as service,
    currency,
    cost,
    cast(null as double) as saving,
    kind || ' ends on ' || cast(end_day as varchar) || ', in ' || cast(days_left as varchar) || ' days (within '
    || case
        when days_left <= #near_days then cast(#near_days as varchar)
        when days_left <= #soon_days then cast(#soon_days as varchar)
        else cast(#late_days as varchar)
    end || ')' as evidence
from counted
where days_left between 0 and #late_days
