-- Where everything lives, and the warehouse that the reactor works with.

use role sysadmin;

create database if not exists #database;
create schema if not exists #schema;

create schema if not exists #scratch_schema
    comment = 'Whatever the analytics script creates';

create warehouse if not exists #warehouse
    warehouse_size = #warehouse_size
    auto_suspend = 60
    auto_resume = true
    initially_suspended = true;
