-- title: Support that costs more than its highest rate
-- finds: Payers of whose bill AWS Support is more than a tenth.
-- why: Plans cost at most 10 % of the other charges; more than that is the plan's minimum fee, for an account too small
--   for it.
-- reads: Product codes *Support* and AWSEnterpriseOnRamp, against all lines but tax, credits and refunds. It waits
--   until the report reaches the month's last day.
-- thresholds:
--   max_share = 0.1: of the other charges
-- saving: None: the next lower plan answers later.
-- confidence: medium
-- blind: Plans that one account has to have by a contract. The product code of Unified Operations is not confirmed.
-- do: Compare the plan with the next lower one. In an organization, ask which accounts need a plan of their own.
-- source: AWS Support pricing (October 2026): Business Support+ from 29 USD and 9 %, Enterprise from 5,000 USD and 10
--   %, Unified Operations from 50,000 USD and 10 %; product codes as in public reports' tools (AWSSupportBusiness,
--   AWSSupportEnterprise, AWSDeveloperSupport, AWSEnterpriseOnRamp).
-- services: any
-- needs: month_over
with spent as (
    select
        payer,
        currency,
        sum(
            case
                when product_code like '%Support%' or product_code = 'AWSEnterpriseOnRamp' then unblended_cost
                else 0
            end
        ) as support_cost,
        sum(unblended_cost) as cost
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
    spent.support_cost as cost,
    cast(null as double) as saving,
    cast(cast(spent.support_cost as decimal(18, 2)) as varchar) || ' for support of '
    || cast(cast(spent.cost - spent.support_cost as decimal(18, 2)) as varchar) || ' ' || spent.currency as evidence
from spent
inner join cur_payers on spent.payer = cur_payers.payer
where
    cur_payers.is_month_over = 1
    and spent.support_cost > #max_share * (spent.cost - spent.support_cost)
