-- title: A large share of Marketplace charges
-- finds: Payers of whose bill the AWS Marketplace is more than a tenth.
-- why: These charges renew by themselves, no reservation or plan lowers them, and often nobody knows who has
--   subscribed.
-- reads: Billing entity AWS Marketplace, against all lines but tax, credits and refunds. It waits until the report
--   reaches the month's last day.
-- thresholds:
--   max_share = 0.1: share of the bill
-- saving: None.
-- confidence: medium
-- blind: Purchases that were made there on purpose, to use up a commitment to AWS.
-- do: List the subscriptions with their owners. Cancel those that nobody uses, and ask for a private offer for the
--   largest.
-- source: Billing entities as in AWS Data Exports user guide, "Bill columns"; the share is this project's own
--   assumption (November 2026).
-- services: any
-- needs: month_over
with spent as (
    select
        payer,
        currency,
        sum(unblended_cost) as cost,
        sum(case when billing_entity = 'AWS Marketplace' then unblended_cost else 0 end) as marketplace_cost
    from cur_spend
    where line_type not in ('Tax', 'Credit', 'Refund')
    group by payer, currency
)

select
    spent.payer,
    spent.payer as account,
    '' as region,
    '' as resource,
    '' as service,
    spent.currency,
    spent.marketplace_cost as cost,
    cast(null as double) as saving,
    cast(cast(100 * spent.marketplace_cost / nullif(spent.cost, 0) as decimal(18, 0)) as varchar) || ' % of '
    || cast(cast(spent.cost as decimal(18, 2)) as varchar) || ' ' || spent.currency as evidence
from spent
inner join cur_payers on spent.payer = cur_payers.payer
where
    cur_payers.is_month_over = 1
    and spent.marketplace_cost > #max_share * spent.cost
