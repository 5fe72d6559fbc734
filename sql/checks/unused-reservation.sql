-- title: Unused reservations
-- finds: Reserved instances, nodes and capacity of which hours were paid for and not used.
-- why: A reservation is paid for every hour of its term, whether something runs in it or not.
-- reads: Line-item type RIFee: its unused recurring fee and its unused amortised upfront fee, together.
-- thresholds: none
-- saving: The cost of the unused hours, which is what the finding costs. It is got back by using them, or by selling.
-- confidence: high
-- blind: Whether hours to come count as unused in a month that is not over: no document says it. So it waits until the
--   report reaches the month's last day.
-- do: Run something of that family in it, or share it with the organization's other accounts. Change its size or zone
--   if it can be modified. Sell it on the Marketplace, and do not renew it.
-- source: AWS Data Exports user guide, "Reservation columns" (looked up November 2026).
-- services: commitments
-- needs: month_over
select
    commitments.payer,
    commitments.account,
    max(commitments.region) as region,
    commitments.arn as resource,
    max(commitments.product_code) as service,
    commitments.currency,
    sum(commitments.unused_cost) as cost,
    sum(commitments.unused_cost) as saving,
    cast(cast(sum(commitments.unused_quantity) as decimal(18, 0)) as varchar) || ' h unused'
    || case
        when sum(commitments.cost) > 0
            then
                ', '
                || cast(
                    cast(100 * sum(commitments.unused_cost) / sum(commitments.cost) as decimal(18, 0)) as varchar
                )
                || ' % of its cost'
        else ''
    end as evidence
from cur_commitments as commitments
inner join cur_payers on commitments.payer = cur_payers.payer
where
    commitments.kind = 'reservation'
    and commitments.unused_cost > 0
    and cur_payers.is_month_over = 1
group by
    commitments.payer,
    commitments.account,
    commitments.arn,
    case when commitments.arn = '' then commitments.product_code else '' end,
    case when commitments.arn = '' then commitments.region else '' end,
    commitments.currency
