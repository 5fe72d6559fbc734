import type { SnowflakeNames } from '../../adapters/snowflake/names.ts';
import { summaryTables, summaryViews } from '../../warehouse/summaries.ts';

/**
 * The script of the views, as Snowflake takes it: a view that is replaced keeps what was granted on
 * it. DuckDB knows no such words.
 */
export function keepingGrants(script: string): string {
  return script.replaceAll(/^(create or replace view \w+)/gm, '$1 copy grants');
}

/** The reactor writes the tables; readers see them and the views. */
export function summaryGrantsSql({ schema }: SnowflakeNames, role: string, readerRole: string): string {
  const written = summaryTables.map((table) => grant('select, insert, delete', `table ${schema}.${table}`, role));
  const read = [...summaryTables.map((table) => `table ${schema}.${table}`), ...viewsIn(schema)];
  return `use role securityadmin;\n\n${[...written, ...read.map((object) => grant('select', object, readerRole))].join('\n')}\n`;
}

function viewsIn(schema: string): string[] {
  return summaryViews.map((view) => `view ${schema}.${view}`);
}

function grant(privileges: string, object: string, role: string): string {
  return `grant ${privileges} on ${object} to role ${role};`;
}

/**
 * Puts the policy of the payers on the tables through which all views of readers get their rows. A
 * table takes one such policy, and refuses it a second time.
 */
export function payersPolicySql(names: SnowflakeNames): string {
  const { schema, currentFiles, publications, findings, checkRuns } = names;
  const summaries = summaryTables.map((table) => `${schema}.${table}`);
  const tables = [currentFiles, publications, findings, checkRuns, ...summaries];
  return `use role sysadmin;\n\n${tables.map((table) => policyOn(table, names)).join('\n')}`;
}

function policyOn(table: string, { database, payersPolicy }: SnowflakeNames): string {
  return `execute immediate $$
begin
    let policies integer := (
        select count(*)
        from table(${database}.information_schema.policy_references(
            ref_entity_name => '${table}',
            ref_entity_domain => 'table'
        ))
        where policy_kind = 'ROW_ACCESS_POLICY'
    );
    if (policies = 0) then
        alter table ${table} add row access policy ${payersPolicy} on (payer);
    end if;
end;
$$;
`;
}
