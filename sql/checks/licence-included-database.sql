-- title: Databases that rent their licence by the hour
-- finds: RDS instances of Oracle and SQL Server whose price includes the licence.
-- why: The rented licence is the larger part of the price of such an instance. Licences of one's own, fewer vCPUs to
--   license or an engine without a licence cost less.
-- reads: Product code AmazonRDS; usage types *Usage:db.*; licence model "License included"; database engine Oracle or
--   SQL Server.
-- thresholds:
--   oracle_ratio = 0.15: of the price, for Oracle
--   sql_server_ratio = 0.25: of the price, for SQL Server
-- saving: These shares of what no reservation covers: cautious assumptions, not prices.
-- confidence: low
-- blind: Whether licences are there to bring, what an application asks of its engine, and what a migration costs.
-- do: Ask whether licences with support are owned already. For SQL Server look at the edition, and at fewer vCPUs by
--   Optimize CPU; for both, at PostgreSQL or MySQL when the application is worked on anyway.
-- source: Product attribute licenseModel of the AWS price list (November 2026); the shares are this project's own
--   caution.
-- services: AmazonRDS
-- needs: license_model, database_engine
with databases as (
    select
        payer,
        account,
        resource,
        currency,
        max(region) as region,
        max(database_engine) as database_engine,
        max(instance_type) as instance_type,
        sum(cost) as cost,
        sum(usage_amount) as hours,
        sum(
            on_demand_cost
            * case when database_engine like 'Oracle%' then #oracle_ratio else #sql_server_ratio end
        ) as saving
    from cur_usage
    where
        product_code = 'AmazonRDS'
        and usage_type like '%Usage:db.%'
        and license_model = 'License included'
        and (database_engine like 'Oracle%' or database_engine like 'SQL Server%')
    group by payer, account, resource, case when resource = '' then region else '' end, currency
)

select
    payer,
    account,
    region,
    resource,
    'AmazonRDS' as service,
    currency,
    cost,
    saving,
    cast(cast(hours as decimal(18, 0)) as varchar) || ' h of ' || database_engine || ' with the licence included'
    || coalesce(', ' || instance_type, '') as evidence
from databases
