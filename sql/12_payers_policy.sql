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

-- A table takes one such policy, and refuses it a second time.
execute immediate $$
begin
    let on_files integer := (
        select count(*)
        from table(#database.information_schema.policy_references(
            ref_entity_name => '#current_files',
            ref_entity_domain => 'table'
        ))
        where policy_kind = 'ROW_ACCESS_POLICY'
    );
    let on_publications integer := (
        select count(*)
        from table(#database.information_schema.policy_references(
            ref_entity_name => '#publications',
            ref_entity_domain => 'table'
        ))
        where policy_kind = 'ROW_ACCESS_POLICY'
    );
    let on_findings integer := (
        select count(*)
        from table(#database.information_schema.policy_references(
            ref_entity_name => '#findings',
            ref_entity_domain => 'table'
        ))
        where policy_kind = 'ROW_ACCESS_POLICY'
    );
    let on_check_runs integer := (
        select count(*)
        from table(#database.information_schema.policy_references(
            ref_entity_name => '#check_runs',
            ref_entity_domain => 'table'
        ))
        where policy_kind = 'ROW_ACCESS_POLICY'
    );
    if (on_files = 0) then
        alter table #current_files add row access policy #payers_policy on (payer);
    end if;
    if (on_publications = 0) then
        alter table #publications add row access policy #payers_policy on (payer);
    end if;
    if (on_findings = 0) then
        alter table #findings add row access policy #payers_policy on (payer);
    end if;
    if (on_check_runs = 0) then
        alter table #check_runs add row access policy #payers_policy on (payer);
    end if;
end;
$$;
