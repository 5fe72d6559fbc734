-- title: Idle web ACLs of AWS WAF
-- finds: Web ACLs that existed for two weeks and more and inspected no request.
-- why: A web ACL and each of its rules cost the same by the month whether they see a request or not.
-- reads: Product code awswaf. Fees are usage types *WebACLV2 and *RuleV2; usage types *Request* with an amount are
--   requests. Requests without an id may be any ACL's of the account.
-- thresholds:
--   min_days = 14: days from its first to its last, and days that the report holds
-- saving: All of its cost, since it can be deleted: 5 USD and 1 USD a rule a month.
-- confidence: high
-- blind: ACLs of WAF Classic, which ended in September 2025. Those that Shield Advanced pays for cost nothing.
-- do: Look whether the ACL is associated with anything. Delete it, and rule groups that only it used.
-- source: AWS WAF pricing; AWS's CUR query library (Well-Architected Labs), "AWS WAF"; usage types as in Infracost
--   and the AWS price list (November 2026).
-- services: awswaf
-- needs: nothing
with acls as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%WebACLV2' then usage_amount else 0 end) as acl_months,
        sum(case when usage_type like '%RuleV2' then usage_amount else 0 end) as rule_months,
        sum(case when usage_type like '%Request%' then usage_amount else 0 end) as requests,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where product_code = 'awswaf'
    group by payer, account, resource, case when resource = '' then region else '' end, currency
),

with_neighbours as (
    select
        acls.*,
        sum(case when resource = '' then requests else 0 end) over (partition by payer, account)
            as requests_without_id
    from acls
)

select
    acls.payer,
    acls.account,
    acls.region,
    acls.resource,
    'awswaf' as service,
    acls.currency,
    acls.cost,
    acls.on_demand_cost as saving,
    cast(cast(acls.acl_months as decimal(18, 2)) as varchar) || ' months of an ACL and '
    || cast(cast(acls.rule_months as decimal(18, 2)) as varchar) || ' of rules without any request' as evidence
from with_neighbours as acls
inner join cur_payers on acls.payer = cur_payers.payer
where
    acls.acl_months > 0
    and acls.requests + acls.requests_without_id = 0
    -- A fee may be one line over the whole month, from its first day on.
    and cur_payers.covered_days >= #min_days
    and (acls.is_whole_month = 1 or datediff('day', acls.first_day, acls.last_day) + 1 >= #min_days)
