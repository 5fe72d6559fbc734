-- title: Unused capacity reservations
-- finds: EC2 capacity reservations with hours in which no instance ran in them.
-- why: Reserved capacity costs the on-demand price of the instance, whether one runs in it or not.
-- reads: Usage types *UnusedBox:* and *UnusedDed:* (dedicated tenancy), whose resource is the capacity reservation.
-- thresholds: none
-- saving: All of its on-demand cost: the reservation can be cancelled or made smaller at any time.
-- confidence: high
-- blind: Capacity that is held for a failover or a launch on purpose. Reservations for a term cannot be cancelled.
-- do: Ask its owner what the capacity is held for. Cancel the reservation, or make it as large as what runs in it.
-- source: Amazon EC2 user guide, "Capacity Reservation pricing and billing"; CUDOS dashboard (looked up November 2026).
-- services: AmazonEC2
-- needs: nothing
select
    payer,
    account,
    max(region) as region,
    resource,
    'AmazonEC2' as service,
    currency,
    sum(cost) as cost,
    sum(on_demand_cost) as saving,
    cast(cast(sum(usage_amount) as decimal(18, 0)) as varchar) || ' instance hours reserved and not used' as evidence
from cur_usage
where
    product_code = 'AmazonEC2'
    and (usage_type like '%UnusedBox:%' or usage_type like '%UnusedDed:%')
group by payer, account, resource, case when resource = '' then region else '' end, currency
