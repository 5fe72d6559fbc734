-- Whose reports arrive where. One row per place of a payer's reports; the
-- fields are those of resources/payers.yml.
-- Where somebody else keeps this table, leave this script out, and let the
-- reactor's role read it: usage on its database and schema, select on the
-- table; of a database that another account shares, `imported privileges`.

use role sysadmin;

create database if not exists #payers_database;
create schema if not exists #payers_schema;

create table if not exists #payers_table (
    payer_id varchar not null,
    bucket varchar not null,
    prefix varchar,
    bucket_owner varchar,
    kms_key varchar,
    manifests boolean,
    report varchar,
    enabled boolean
);

-- Tables of the first releases have none.
alter table #payers_table add column if not exists report varchar;

use role securityadmin;

grant usage on database #payers_database to role #role;
grant usage on schema #payers_schema to role #role;
grant select on table #payers_table to role #role;
