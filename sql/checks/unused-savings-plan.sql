-- title: Unused savings plans
-- finds: Savings plans whose hourly commitment was not used up.
-- why: The commitment is paid for every hour of the term; what no usage fills is lost.
-- reads: Line-item type SavingsPlanRecurringFee: total commitment to date less used commitment.
-- thresholds: none
-- saving: The unused part of the commitment, which is what the finding costs. It is got back by filling the plan.
-- confidence: high
-- blind: Which usage could have filled it. It waits until the report reaches the month's last day, since usage of the
--   last hours may arrive late.
-- do: Move usage that the plan covers into it, or share it with the organization's other accounts. Buy less when it
--   ends; within seven days of the purchase a small plan can be returned.
-- source: KPI dashboard and AWS's CUR query library (Well-Architected Labs); AWS Data Exports user guide, "Savings
--   Plans columns" (looked up November 2026).
-- services: commitments
-- needs: month_over
select
    plans.payer,
    plans.account,
    max(plans.region) as region,
    plans.arn as resource,
    max(plans.product_code) as service,
    plans.currency,
    sum(plans.unused_cost) as cost,
    sum(plans.unused_cost) as saving,
    'used ' || cast(cast(sum(plans.used_commitment) as decimal(18, 2)) as varchar)
    || ' of a commitment of ' || cast(cast(sum(plans.commitment) as decimal(18, 2)) as varchar)
    || ' ' || plans.currency as evidence
from cur_commitments as plans
inner join cur_payers on plans.payer = cur_payers.payer
where
    plans.kind = 'savings plan'
    and plans.unused_cost > 0
    and cur_payers.is_month_over = 1
group by plans.payer, plans.account, plans.arn, plans.currency
