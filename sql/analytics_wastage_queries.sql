-- Wastage that a cost-and-usage report alone can show.
--
-- Replaces the findings of one period and some payers, in one short transaction.
-- Reads cur_line_items, writes cur_findings. Snowflake and DuckDB run it as it
-- is: nothing here is a function that only one of them has.
--
-- What holds for every check:
-- * Costs are amortized_cost. It equals the unblended cost of on-demand lines;
--   of lines that a reservation or a savings plan covers, whose unblended cost
--   is 0 or the on-demand price, it is the true one.
-- * Only lines that say what was used count. Credits, refunds, discounts, tax
--   and fees do not: a credit hides a cost, it does not remove the wastage.
-- * Of a month that is not over, cost and saving are those of the part so far.
--   Checks that need evidence (two weeks of idleness, a reservation's whole
--   month) stay silent until they have it.
-- * A resource with an id is judged as one, even if some of its lines name no
--   region. Lines without a resource id are judged together, per account and
--   region.
-- * Amounts of two currencies are never added.

-- Computed first, replaced last: a DELETE holds the table's lock until its
-- transaction ends, and other months wait for it.
create or replace temporary table cur_new_findings as

with calendar as (

    -- one row. Years are 2000 to 2099: every fourth is a leap year
    select
        case
            when #startmonth in (4, 6, 9, 11) then 30
            when #startmonth <> 2 then 31
            when mod(#startyear, 4) = 0 then 29
            else 28
        end as days_in_month

),

consumption as (

    -- one row per line item that says what was used.
    -- place: the region, for lines without a resource id only. A resource with
    -- an id must not fall apart when some of its lines name no region, as data
    -- transfer does.
    -- is_whole_month: the line spans the billing period, as in monthly reports
    select
        payer,
        coalesce(line_item_usage_account_id, '') as account,
        coalesce(line_item_resource_id, '') as resource,
        coalesce(product_region, '') as line_region,
        case
            when line_item_resource_id is null
                then coalesce(product_region, '')
            else ''
        end as place,
        coalesce(line_item_currency_code, '') as currency,
        line_item_line_item_type as line_type,
        coalesce(line_item_product_code, '') as product_code,
        coalesce(line_item_usage_type, '') as usage_type,
        coalesce(line_item_operation, '') as operation,
        product_instance_type as instance_type,
        coalesce(product_volume_api_name, '') as volume_api_name,
        coalesce(line_item_usage_amount, 0) as usage_amount,
        coalesce(amortized_cost, line_item_unblended_cost, 0) as cost,
        cast(line_item_usage_start_date as date) as usage_day,
        case
            when
                line_item_usage_start_date <= bill_billing_period_start_date
                and line_item_usage_end_date >= bill_billing_period_end_date
                then 1
            else 0
        end as is_whole_month
    from cur_line_items
    where
        year = #startyear
        and month = #startmonth
        and payer in (#payers_ids)
        and line_item_line_item_type in (
            'Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage'
        )

),

complete_reports as (

    -- one row per payer whose report reaches the last day of the month.
    -- The begin of a line counts: monthly charges end with the month from its
    -- first day on. A report of monthly lines only has no other sign
    select consumption.payer
    from consumption
    cross join calendar
    group by consumption.payer, calendar.days_in_month
    having
        max(extract(day from consumption.usage_day)) = calendar.days_in_month
        or min(consumption.is_whole_month) = 1

),

load_balancers as (

    -- one row per payer, account, load balancer, place and currency
    select
        payer,
        account,
        resource,
        place,
        currency,
        max(line_region) as region,
        sum(cost) as monthly_cost,
        sum(
            case
                when usage_type like '%LoadBalancerUsage' then usage_amount
                else 0
            end
        ) as hours,
        count(
            distinct case
                when usage_type like '%LoadBalancerUsage' then usage_day
            end
        ) as days,
        max(is_whole_month) as has_whole_month,
        sum(
            case
                when usage_type like '%LoadBalancerUsage' then 0
                when usage_amount > 0 then 1
                else 0
            end
        ) as traffic_lines
    from consumption
    where product_code = 'AWSELB'
    group by payer, account, resource, place, currency

),

load_balancer_traffic as (

    -- one row per row of load_balancers.
    -- Traffic that names no region may belong to any region's load balancers,
    -- and load balancers that name none to any traffic
    select
        load_balancers.*,
        sum(case when place = '' then traffic_lines else 0 end)
            over (partition by payer, account, resource)
            as traffic_without_place,
        sum(traffic_lines) over (partition by payer, account, resource)
            as traffic_anywhere
    from load_balancers

),

idle_load_balancer as (

    -- finds: load balancers that ran for more than 336 hours and had no
    --     traffic at all. One row per load balancer and currency
    -- by: product code AWSELB; hours are *LoadBalancerUsage, every other usage
    --     type with an amount (LCU hours, bytes) is traffic. The usage type is
    --     asked and not the pricing unit, which free-tier lines do not have
    -- saving: all of its cost, since it can be deleted
    -- from: AWS's CUR query library (Well-Architected Labs) asks for 336 hours,
    --     two weeks, and no second pricing unit. Load balancers without an id
    --     are counted together, so 14 days of usage are asked for as well
    select
        payer,
        'idle-load-balancer' as check_name,
        account,
        region,
        resource,
        currency,
        monthly_cost,
        monthly_cost as estimated_saving
    from load_balancer_traffic
    where
        hours > 336
        and (days >= 14 or has_whole_month = 1)
        and case
            when place = '' then traffic_anywhere
            else traffic_lines + traffic_without_place
        end = 0

),

nat_gateways as (

    -- one row per payer, account, NAT gateway, place and currency
    select
        payer,
        account,
        resource,
        place,
        currency,
        max(line_region) as region,
        sum(cost) as monthly_cost,
        sum(
            case
                when usage_type like '%NatGateway-Hours' then usage_amount
                else 0
            end
        ) as hours,
        count(
            distinct case
                when usage_type like '%NatGateway-Hours' then usage_day
            end
        ) as days,
        max(is_whole_month) as has_whole_month,
        sum(
            case
                when usage_type like '%NatGateway%Bytes' then usage_amount
                else 0
            end
        ) as traffic_gb
    from consumption
    where
        usage_type like '%NatGateway-Hours'
        or usage_type like '%NatGateway%Bytes'
    group by payer, account, resource, place, currency

),

nat_gateway_traffic as (

    -- one row per row of nat_gateways, see load_balancer_traffic
    select
        nat_gateways.*,
        sum(case when place = '' then traffic_gb else 0 end)
            over (partition by payer, account, resource)
            as traffic_gb_without_place,
        sum(traffic_gb) over (partition by payer, account, resource)
            as traffic_gb_anywhere
    from nat_gateways

),

idle_nat_gateway as (

    -- finds: NAT gateways that ran for more than 336 hours on at least 14 days
    --     and processed less than 1 GB. One row per gateway and currency
    -- by: usage types *NatGateway-Hours and *NatGateway*Bytes
    -- saving: all of its cost, since it can be deleted
    -- from: AWS's CUR query library (Well-Architected Labs). No bytes at all
    --     is too strict: a real gateway that nobody used had 0.25 GB in 15
    --     days. 1 GB a month is this project's own assumption. A gateway of
    --     several zones bills hours for each, hence the days
    select
        payer,
        'idle-nat-gateway' as check_name,
        account,
        region,
        resource,
        currency,
        monthly_cost,
        monthly_cost as estimated_saving
    from nat_gateway_traffic
    where
        hours > 336
        and (days >= 14 or has_whole_month = 1)
        and case
            when place = '' then traffic_gb_anywhere
            else traffic_gb + traffic_gb_without_place
        end < 1

),

gp2_volumes as (

    -- one row per payer, account, volume, place and currency.
    -- month_share: the part of the month that the volume was there for, by
    -- days, so that GB-months show its size in a month that is not over
    select
        consumption.payer,
        consumption.account,
        consumption.resource,
        consumption.place,
        consumption.currency,
        max(consumption.line_region) as region,
        sum(consumption.cost) as monthly_cost,
        sum(consumption.usage_amount) as gb_months,
        case
            when max(consumption.is_whole_month) = 1 then cast(1 as double)
            else
                cast(count(distinct consumption.usage_day) as double)
                / calendar.days_in_month
        end as month_share
    from consumption
    cross join calendar
    where
        consumption.usage_type like '%EBS:VolumeUsage.gp2'
        or (
            consumption.usage_type like '%EBS:VolumeUsage%'
            and consumption.volume_api_name = 'gp2'
        )
    group by
        consumption.payer,
        consumption.account,
        consumption.resource,
        consumption.place,
        consumption.currency,
        calendar.days_in_month

),

gp2_volume_performance as (

    -- one row per row of gp2_volumes.
    -- What gp3 would have to be given on top of its 3,000 IOPS and 125 MiB/s:
    -- gp2 has 3 IOPS per GiB up to 16,000, and 250 MiB/s from 334 GiB on.
    -- Volumes without an id are many: their sizes are not known
    select
        gp2_volumes.*,
        case
            when resource = '' then 0
            else
                greatest(
                    least(3 * gb_months, 16000 * month_share)
                    - 3000 * month_share,
                    0
                )
        end as extra_iops_months,
        case
            when resource <> '' and gb_months >= 334 * month_share
                then 125 * month_share
            else 0
        end as extra_mibps_months
    from gp2_volumes

),

gp2_volume_savings as (

    -- one row per row of gp2_volumes: its price as gp3.
    -- A GB-month of gp3 is 80 % of gp2's; an IOPS-month is 6.25 % and a
    -- MiB/s-month 50 % of that (list prices 0.10, 0.08, 0.005 and 0.04 USD)
    select
        gp2_volume_performance.*,
        monthly_cost
        - 0.8 * monthly_cost
        * (
            1
            + (0.0625 * extra_iops_months + 0.5 * extra_mibps_months)
            / nullif(gb_months, 0)
        ) as saving
    from gp2_volume_performance

),

ebs_gp2_to_gp3 as (

    -- finds: EBS volumes of type gp2 that are cheaper as gp3 with the same
    --     performance. One row per volume and currency
    -- by: usage type *EBS:VolumeUsage*, of gp2 by product_volume_api_name or,
    --     where reports have no such column (2018), by the usage type's end
    -- saving: the price difference, less the IOPS and throughput that gp2 has
    --     by its size and gp3 is paid for. Bursts are not counted
    -- from: Amazon EBS user guide, "General Purpose SSD volumes", and EBS
    --     pricing, us-east-1; the KPI dashboard takes the same shares
    select
        payer,
        'ebs-gp2-to-gp3' as check_name,
        account,
        region,
        resource,
        currency,
        monthly_cost,
        saving as estimated_saving
    from gp2_volume_savings
    where saving > 0

),

rds_opensearch_gp2_io1 as (

    -- finds: databases and search domains on gp2 or io1 storage.
    --     One row per database or domain, place and currency
    -- by: product codes AmazonRDS and AmazonES; usage types *GP2-Storage,
    --     *PIOPS-Storage and *PIOPS (io1). IOPS of gp3 and io2 end alike
    -- saving against gp3: of OpenSearch gp2 storage 9.6 %, of RDS gp2 storage
    --     nothing (the same price for a better baseline: a finding without a
    --     saving), of io1 storage 8 % and of io1 IOPS 80 %. At least: the
    --     first 3,000 IOPS of gp3 are free. Whether the latency of io1 is
    --     needed, a report cannot tell
    -- from: Amazon RDS pricing (io1 0.125 and 0.10 USD, gp2 and gp3 0.115 and
    --     0.02 USD); AWS Big Data Blog, "Lower your Amazon OpenSearch Service
    --     storage cost with gp3"
    select
        payer,
        'rds-opensearch-gp2-io1' as check_name,
        account,
        max(line_region) as region,
        resource,
        currency,
        sum(cost) as monthly_cost,
        sum(
            cost
            * case
                when
                    usage_type like '%GP2-Storage'
                    and product_code = 'AmazonES'
                    then 0.096
                when usage_type like '%GP2-Storage' then 0
                when usage_type like '%PIOPS-Storage' then 0.08
                else 0.8
            end
        ) as estimated_saving
    from consumption
    where
        product_code in ('AmazonRDS', 'AmazonES')
        and (
            usage_type like '%GP2-Storage'
            or usage_type like '%PIOPS-Storage'
            or usage_type like '%PIOPS'
        )
        and usage_type not like '%GP3%'
        and usage_type not like '%IO2%'
    group by payer, account, resource, place, currency

),

unused_reservation as (

    -- finds: reserved instances (and nodes, capacity) whose hours were paid
    --     for and not used. One row per reservation and currency
    -- by: line item type RIFee; reservation_unused_recurring_fee and
    --     reservation_unused_amortized_upfront_fee_for_billing_period, which
    --     together are the line's amortized_cost
    -- saving: the cost of the unused hours, which is what monthly_cost says
    -- from: AWS Data Exports user guide, "Reservation columns".
    --     Not documented: whether in a running month hours to come count as
    --     unused. So this check waits until the report reaches its last day
    select
        payer,
        'unused-reservation' as check_name,
        coalesce(line_item_usage_account_id, '') as account,
        max(coalesce(product_region, '')) as region,
        coalesce(
            reservation_reservation_a_r_n, reservation_subscription_id, ''
        ) as resource,
        coalesce(line_item_currency_code, '') as currency,
        sum(
            coalesce(reservation_unused_recurring_fee, 0)
            + coalesce(
                reservation_unused_amortized_upfront_fee_for_billing_period, 0
            )
        ) as monthly_cost,
        sum(
            coalesce(reservation_unused_recurring_fee, 0)
            + coalesce(
                reservation_unused_amortized_upfront_fee_for_billing_period, 0
            )
        ) as estimated_saving
    from cur_line_items
    where
        year = #startyear
        and month = #startmonth
        and payer in (#payers_ids)
        and payer in (select complete_reports.payer from complete_reports)
        and line_item_line_item_type = 'RIFee'
    group by
        payer,
        coalesce(line_item_usage_account_id, ''),
        coalesce(
            reservation_reservation_a_r_n, reservation_subscription_id, ''
        ),
        case
            when
                reservation_reservation_a_r_n is null
                and reservation_subscription_id is null
                then coalesce(product_region, '')
            else ''
        end,
        coalesce(line_item_currency_code, '')

),

idle_public_ipv4 as (

    -- finds: public IPv4 addresses that are allocated and not in use.
    --     One row per address, place and currency
    -- by: usage type *PublicIPv4:IdleAddress; until February 2024
    --     *ElasticIP:IdleAddress. AWS bills the idle hours as such, so even
    --     minutes are a finding, of their cost
    -- saving: all of it, since the address can be released
    -- from: Amazon VPC pricing, "Public IPv4 address"
    select
        payer,
        'idle-public-ipv4' as check_name,
        account,
        max(line_region) as region,
        resource,
        currency,
        sum(cost) as monthly_cost,
        sum(cost) as estimated_saving
    from consumption
    where
        usage_type like '%PublicIPv4:IdleAddress'
        or usage_type like '%ElasticIP:IdleAddress'
    group by payer, account, resource, place, currency

),

previous_generations as (

    -- one row per instance family that has a successor of about the same
    -- shape. price_drop: how much less an hour of the same size costs there
    -- (xlarge where there is one), rounded down
    select
        family,
        successor,
        price_drop
    from (
        values
        ('t1', 't3', 0.48),
        ('t2', 't3', 0.10),
        ('m1', 'm6i', 0.45),
        ('m2', 'r6i', 0.48),
        ('m3', 'm6i', 0.27),
        ('m4', 'm6i', 0.04),
        ('c1', 'c6i', 0.34),
        ('c3', 'c6i', 0.19),
        ('c4', 'c6i', 0.15),
        ('r3', 'r6i', 0.24),
        ('r4', 'r6i', 0.05),
        ('i2', 'i3', 0.63),
        ('d2', 'd3', 0.27)
    ) as generations (family, successor, price_drop)

),

instance_usage as (

    -- one row per line item of EC2 instance hours, without Spot, whose price
    -- does not follow the generation.
    -- The oldest usage type, BoxUsage alone, means m1.small
    select
        consumption.*,
        split_part(
            coalesce(
                instance_type,
                case
                    when usage_type like '%BoxUsage' then 'm1.small'
                    else split_part(usage_type, ':', 2)
                end
            ),
            '.',
            1
        ) as family
    from consumption
    where
        product_code = 'AmazonEC2'
        and (
            usage_type like '%BoxUsage%'
            or usage_type like '%DedicatedUsage%'
        )

),

previous_generation_instance as (

    -- finds: EC2 instances of a family that has a successor.
    --     One row per instance, place and currency
    -- by: the family of product_instance_type or of the usage type, against
    --     previous_generations. product_current_generation is of no use: it
    --     says Yes of t2 and m4
    -- saving: the successor's lower price, on on-demand lines of Linux
    --     (RunInstances) only. Hours that a reservation or a savings plan
    --     covers are paid until its term ends: they are cost (amortized), not
    --     yet saving. Of prices with a licence in them the share is not known
    -- from: Amazon EC2 user guide, "Previous generation instances", and t2;
    --     on-demand list prices of us-east-1, Linux
    select
        instance_usage.payer,
        'previous-generation-instance' as check_name,
        instance_usage.account,
        max(instance_usage.line_region) as region,
        instance_usage.resource,
        instance_usage.currency,
        sum(instance_usage.cost) as monthly_cost,
        sum(
            case
                when
                    instance_usage.line_type = 'Usage'
                    and instance_usage.operation in ('RunInstances', '')
                    then instance_usage.cost * previous_generations.price_drop
                else 0
            end
        ) as estimated_saving
    from instance_usage
    inner join previous_generations
        on instance_usage.family = previous_generations.family
    group by
        instance_usage.payer,
        instance_usage.account,
        instance_usage.resource,
        instance_usage.place,
        instance_usage.currency

),

cpu_credits as (

    -- finds: burstable instances that paid for CPU credits on top of their
    --     price. One row per instance, place and currency
    -- by: usage type *CPUCredits* (EC2, RDS, ElastiCache)
    -- saving: all of it, at most: in standard mode, or on a size that fits,
    --     no surplus credits are billed
    -- from: Amazon EC2 user guide, "Unlimited mode for burstable performance
    --     instances"
    select
        payer,
        'cpu-credits' as check_name,
        account,
        max(line_region) as region,
        resource,
        currency,
        sum(cost) as monthly_cost,
        sum(cost) as estimated_saving
    from consumption
    where usage_type like '%CPUCredits%'
    group by payer, account, resource, place, currency

),

idle_glue_dev_endpoint as (

    -- finds: Glue development endpoints that are running.
    --     One row per endpoint, place and currency
    -- by: usage type *DEVED-DPU-Hour
    -- saving: all of it, at most. An endpoint is billed from its creation to
    --     its deletion, used or not, and the report cannot tell which;
    --     interactive sessions, its successor, end when they are idle
    -- from: AWS Glue pricing; AWS Glue developer guide, "Developing scripts
    --     using development endpoints"
    select
        payer,
        'idle-glue-dev-endpoint' as check_name,
        account,
        max(line_region) as region,
        resource,
        currency,
        sum(cost) as monthly_cost,
        sum(cost) as estimated_saving
    from consumption
    where usage_type like '%DEVED-DPU-Hour'
    group by payer, account, resource, place, currency

),

all_checks as (

    -- one row per payer, check, account, resource, place and currency
    select * from idle_load_balancer
    union all
    select * from idle_nat_gateway
    union all
    select * from ebs_gp2_to_gp3
    union all
    select * from rds_opensearch_gp2_io1
    union all
    select * from unused_reservation
    union all
    select * from idle_public_ipv4
    union all
    select * from previous_generation_instance
    union all
    select * from cpu_credits
    union all
    select * from idle_glue_dev_endpoint

),

findings as (

    -- one row per payer, check, account, resource and currency: amounts of two
    -- currencies are never added, nor compared. What costs nothing and saves
    -- nothing (the free tier) is no finding
    select
        payer,
        check_name,
        account,
        case
            when min(region) = max(region) then min(region)
            else ''
        end as finding_region,
        resource,
        currency,
        sum(monthly_cost) as finding_cost,
        sum(estimated_saving) as finding_saving
    from all_checks
    group by payer, check_name, account, resource, currency
    having sum(monthly_cost) > 0 or sum(estimated_saving) > 0

)

select
    payer,
    check_name,
    account,
    finding_region as region,
    resource,
    finding_cost as monthly_cost,
    finding_saving as estimated_saving,
    nullif(currency, '') as currency
from findings;

begin transaction;

delete from cur_findings
where
    year = #startyear
    and month = #startmonth
    and payer in (#payers_ids);

insert into cur_findings (
    payer,
    year,
    month,
    check_name,
    account,
    region,
    resource,
    monthly_cost,
    estimated_saving,
    currency
)
select
    payer,
    #startyear as year,
    #startmonth as month,
    check_name,
    account,
    region,
    resource,
    monthly_cost,
    estimated_saving,
    currency
from cur_new_findings;

commit;
