-- title: Idle Route 53 Resolver endpoints
-- finds: Network interfaces of Resolver endpoints that existed for two weeks and more, in an account and region
--   without any query through them.
-- why: Each interface of a Resolver endpoint costs the same by the hour whether it forwards anything or not.
-- reads: Product code AmazonRoute53, usage types *ResolverNetworkInterface*. Queries through endpoints are
--   *-DNS-Queries with a region before it: those of hosted zones have none, or Intra-AWS. With any in the account and
--   region, or without a region, no endpoint there is judged.
-- thresholds:
--   min_hours = 336: hours of its interfaces in the month, two weeks
--   min_days = 14: days from its first hour to its last; several interfaces make hours together
-- saving: All of its cost, since it can be deleted: 91.25 USD an interface and month in us-east-1.
-- confidence: low
-- blind: Endpoints for a failover. An idle endpoint beside one that is used.
-- do: Look for rules that forward to the endpoint, and for servers of the other side that ask it. Delete it.
-- source: Amazon Route 53 pricing (November 2026). Usage types as in Infracost and in notes on the AWS price list,
--   which give queries of endpoints a region and those of hosted zones none; not seen in a real report.
-- services: AmazonRoute53
-- needs: nothing
with endpoints as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        sum(cost) as cost,
        sum(on_demand_cost) as on_demand_cost,
        sum(case when usage_type like '%ResolverNetworkInterface%' then usage_amount else 0 end) as hours,
        sum(case when usage_type like '%ResolverNetworkInterface%' then 0 else usage_amount end) as queries,
        min(first_day) as first_day,
        max(last_day) as last_day,
        max(is_whole_month) as is_whole_month
    from cur_usage
    where
        product_code = 'AmazonRoute53'
        and (
            usage_type like '%ResolverNetworkInterface%'
            or (usage_type like '%-DNS-Queries' and usage_type not like 'Intra-AWS-%')
        )
    group by payer, account, resource, case when resource = '' then region else '' end, currency
),

with_neighbours as (
    select
        endpoints.*,
        sum(queries) over (partition by payer, account, region) as queries_around,
        sum(case when region = '' then queries else 0 end) over (partition by payer, account) as queries_anywhere
    from endpoints
)

select
    payer,
    account,
    region,
    resource,
    'AmazonRoute53' as service,
    currency,
    cost,
    on_demand_cost as saving,
    'interfaces ran ' || cast(cast(hours as decimal(18, 0)) as varchar) || ' h without any query' as evidence
from with_neighbours
where
    hours > #min_hours
    and (is_whole_month = 1 or datediff('day', first_day, last_day) + 1 >= #min_days)
    and queries_around + queries_anywhere = 0
