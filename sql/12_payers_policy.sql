-- Which role may read which payers. A role that has no row here reads nothing;
-- '*' stands for all payers. Roles are written as Snowflake stores them, which
-- is in upper case; whoever has a role has the rows of the roles below it, too.
-- Row access policies need Snowflake's Enterprise Edition.
--
-- The policy lies on the tables through which all views of readers get their
-- rows, and not on the views: a view that is replaced loses its policy, and the
-- reactor replaces views.

use role sysadmin;
use warehouse #warehouse;

-- one row per role and payer
create table if not exists #reader_payers (
    role_name varchar not null,
    payer varchar not null
);

create row access policy if not exists #payers_policy
as (row_payer varchar) returns boolean ->
    is_role_in_session('#role')
    or exists (
        select 1
        from #reader_payers as allowed
        where
            allowed.payer = row_payer
            and is_role_in_session(allowed.role_name)
    )
    or exists (
        select 1
        from #reader_payers as allowed
        where
            allowed.payer = '*'
            and is_role_in_session(allowed.role_name)
    );
