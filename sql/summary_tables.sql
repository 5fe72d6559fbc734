-- What was spent, in tables that are small enough to ask anything of. The
-- wastage script replaces a payer's month in them together with its findings.
-- An amount is of the row's currency; a missing text is ''.

-- One row per payer, period, account, service, region, charge type, currency
-- and day. Its sums are the bill's. service: the product code. charge_type: the
-- line-item type. list_cost: at the public on-demand price, of lines that say it
create table if not exists cur_daily_cost (
    payer varchar not null,
    year integer not null,
    month integer not null,
    account varchar not null,
    service varchar not null,
    region varchar not null,
    charge_type varchar not null,
    currency varchar,
    usage_day date,
    unblended_cost double,
    amortized_cost double,
    net_amortized_cost double,
    list_cost double,
    lines bigint
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
