import { ScriptError } from '../scriptError.ts';
import type { Check } from './check.ts';

/** The line of the script that stands for the statements of all checks. */
const MARK = /^-- reactor: checks$/gm;

/**
 * The script with one statement per check in place of its mark, in the order of their names, and
 * before them what each check is about. Throws a ScriptError when the mark is not there once; a
 * script of somebody's own needs none: without checks it is answered as it is.
 */
export function weave(script: string, checks: readonly Check[]): string {
  const marks = [...script.matchAll(MARK)];
  if (checks.length === 0 && marks.length === 0) return script;
  if (marks.length !== 1) throw new ScriptError(`"-- reactor: checks" stands there ${marks.length} times, not once`, 1);
  const sorted = checks.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const statements = [needsStatement(sorted), ...sorted.map(checkStatement)];
  return script.replace(MARK, () => statements.join('\n\n'));
}

function needsStatement(checks: readonly Check[]): string {
  const rows = checks.flatMap(({ id, header }) =>
    header.services.flatMap((service) =>
      ['usage', ...header.needs].map((attribute) => `    (${quote(id)}, ${quote(service)}, ${quote(attribute)})`),
    ),
  );
  return `insert into cur_check_needs (check_name, service, attribute)\nvalues\n${rows.join(',\n')};`;
}

/**
 * The statement that runs a check. No saving is more than what it is saved on, nor less than
 * nothing. What costs nothing (the free tier) is no finding.
 */
export function checkStatement({ id, header, select }: Check): string {
  return `-- reactor: check ${id}
insert into cur_new_findings (
    check_name, confidence, payer, account, region, resource, service, currency, cost, saving, evidence
)
select
    ${quote(id)} as check_name,
    ${quote(header.confidence)} as confidence,
    found.payer,
    found.account,
    max(found.region) as region,
    found.resource,
    max(found.service) as service,
    found.currency,
    sum(found.cost) as cost,
    sum(case when found.saving is not null then greatest(least(found.saving, found.cost), 0) end) as saving,
    max(found.evidence)
    || case when count(*) > 1 then ' (and ' || cast(count(*) - 1 as varchar) || ' more)' else '' end as evidence
from (
${indented(select)}
) as found
where found.cost > 0
group by
    found.payer,
    found.account,
    found.resource,
    found.currency,
    case when found.resource = '' then found.region else '' end,
    case when found.resource = '' then found.service else '' end;`;
}

function indented(sql: string): string {
  return sql.replace(/^(?=.)/gm, '    ');
}

/** Names of checks, services and attributes hold no quote. */
function quote(name: string): string {
  return `'${name}'`;
}
