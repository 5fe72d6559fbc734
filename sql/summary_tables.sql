-- What was spent, in tables that are small enough to ask anything of. The
-- wastage script replaces a payer's month in all of them together with its
-- findings. sql/summary_views.sql compares months.
--
-- An amount is of the row's currency; amounts of two currencies are never added.
-- A missing text is ''. service: the product code. charge_type: the line-item
-- type. Rows of split cost allocation data, which repeat what their instance
-- costs, are left out everywhere.

-- One row per payer that used anything, and period: how far its report goes.
-- days_in_month, whole_days: of the month; of them those from the first on that
-- the report holds whole. has_days: some lines are shorter than a month, so that
-- it has days at all
create table if not exists cur_months (
    payer varchar not null,
    year integer not null,
    month integer not null,
    days_in_month integer not null,
    whole_days integer not null,
    has_days integer not null,
    last_whole_day date
);

-- One row per payer, period and account: the names that the report gives.
create table if not exists cur_accounts (
    payer varchar not null,
    year integer not null,
    month integer not null,
    account varchar not null,
    account_name varchar,
    payer_name varchar
);

-- One row per payer, period, account, service, region, charge type, currency,
-- day, and whether it is monthly. Its sums are the bill's.
-- is_monthly: of lines that last longer than a day, as fees, taxes and all lines
-- of monthly reports do; their day is the one they begin on. list_cost: at the
-- public on-demand price, of lines that say it
create table if not exists cur_daily_cost (
    payer varchar not null,
    year integer not null,
    month integer not null,
    account varchar not null,
    service varchar not null,
    region varchar not null,
    charge_type varchar not null,
    currency varchar not null,
    usage_day date,
    is_monthly integer not null,
    unblended_cost double,
    amortized_cost double,
    net_amortized_cost double,
    list_cost double,
    lines bigint
);

-- One row per payer, period, account, service, region, usage type, operation,
-- charge type and currency. Its sums are the bill's.
create table if not exists cur_monthly_cost (
    payer varchar not null,
    year integer not null,
    month integer not null,
    account varchar not null,
    service varchar not null,
    region varchar not null,
    usage_type varchar not null,
    operation varchar not null,
    charge_type varchar not null,
    currency varchar not null,
    usage_amount double,
    unblended_cost double,
    amortized_cost double,
    net_amortized_cost double,
    list_cost double,
    lines bigint
);

-- One row per payer, period, account, commitment and currency. An account has a
-- row for what it used of a commitment, and its owner one for what nobody used.
-- kind: reservation or savings plan. used_cost: amortised, of the usage that it
-- covered. covered_list_cost: what that usage costs on demand. unused_cost:
-- amortised. is_owner: the account is billed for it
create table if not exists cur_commitment_use (
    payer varchar not null,
    year integer not null,
    month integer not null,
    account varchar not null,
    arn varchar not null,
    kind varchar not null,
    currency varchar not null,
    payment_option varchar,
    end_date date,
    is_owner integer not null,
    used_cost double,
    covered_list_cost double,
    unused_cost double
);

-- One row per payer, period, account, service, key of a tag that every resource
-- has to have, and currency. Amortised. The three costs of a key add up to the
-- bill.
-- untaggable_cost: of lines without a value that nobody can give one, because
-- they are no usage (fees, tax, credits) or of no resource
create table if not exists cur_untagged (
    payer varchar not null,
    year integer not null,
    month integer not null,
    account varchar not null,
    service varchar not null,
    tag_key varchar not null,
    currency varchar not null,
    tagged_cost double,
    untagged_cost double,
    untaggable_cost double
);

-- One row per payer, period, account, region, service, class of data transfer
-- and currency; cost is amortised, of usage.
-- transfer_class: internet, between regions, between zones, peering, transit
-- gateway, NAT gateway, CloudFront, VPN, Direct Connect, other
create table if not exists cur_data_transfer (
    payer varchar not null,
    year integer not null,
    month integer not null,
    account varchar not null,
    region varchar not null,
    service varchar not null,
    transfer_class varchar not null,
    currency varchar not null,
    gigabytes double,
    cost double
);

-- One row per payer, period, account and EBS snapshot that was billed: a report
-- does not say when a snapshot was made.
create table if not exists cur_snapshots (
    payer varchar not null,
    year integer not null,
    month integer not null,
    account varchar not null,
    resource varchar not null
);
