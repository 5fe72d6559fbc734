import * as z from 'zod/mini';
import { sessionItemsOf } from '../../analytics/sessionItems.ts';
import { lastNumberOf } from '../../analytics/steps.ts';
import { checkWhole } from '../../base/checkWhole.ts';
import type { ScriptItem, ScriptRun, ScriptStatement, Step } from '../../warehouse/script.ts';
import { ENDED_CODES, REPEATABLE_CODES } from './failures.ts';
import type { SnowflakeNames } from './names.ts';
import { ofMonth } from './ofMonth.ts';
import { quoteText } from './quote.ts';
import type { SnowflakeRow } from './session.ts';

/** What a block returns when it ends. `by` is the number of the newer script run. */
export type BlockOutcome =
  | { readonly is: 'done' }
  | { readonly is: 'fencedOff'; readonly by: number }
  | { readonly is: 'rowsDiffer'; readonly read: number; readonly published: number }
  | { readonly is: 'failed'; readonly statement: number; readonly code: string; readonly message: string };

/**
 * One statement that runs a step whole on the server: an anonymous block of Snowflake Scripting, as
 * a string literal, so that anything may stand in it. Each statement of the script is a string
 * literal in that again. Before each, `statement_number` says which it is, so a failure can be
 * reported by number; and before anything takes effect the fence is looked at:
 *
 *   a statement by itself   just before it, unless it is not the first and only its session sees what it does
 *   a check                 just before it. It has a block of its own: what it fails by is noted in the session's table
 *                           of outcomes, and what follows goes on; but not where it may go well later, or the whole
 *                           query was ended
 *   a transaction           just before its commit, with the period's row locked (fence.ts): no newer run gets in
 *                           between, and none waits for the analytics. A transaction that this run has committed
 *                           already, by the same step submitted twice, is rolled back; else its last number is noted
 *
 * Before all of them the rows that the script would read are compared with those that are
 * published: an external table skips what it cannot read, without a word (user guide, "Introduction
 * to external tables").
 *
 * The block returns a BlockOutcome as JSON. Scripting reference: "Understanding blocks", "Handling
 * exceptions", BEGIN … END (transactions in blocks), EXECUTE IMMEDIATE, SELECT … INTO, RAISE.
 * Throws a RangeError for NUL.
 */
export function scriptBlock(names: SnowflakeNames, run: ScriptRun, step: Step): string {
  checkWhole('run.number', run.number, 0, Number.MAX_SAFE_INTEGER);
  const body = `declare
  statement_number integer default 0;
  in_transaction boolean default false;
  newest_run integer default 0;
  committed_number integer default 0;
  rows_read integer default 0;
  rows_published integer default 0;
  error_code integer default 0;
  error_message varchar default '';
  check_began timestamp_ntz default sysdate();
begin
${rowCheck(names, run)}${itemsSql(names.fence, run, step)}  return '{"is":"done"}';
exception
  when other then
    error_code := sqlcode;
    error_message := sqlerrm;
    if (in_transaction) then
      rollback;
    end if;
    return to_json(object_construct('is', 'failed', 'statement', statement_number, 'code', error_code, 'message', error_message));
end;`;
  return `execute immediate ${quoteText(body)}`;
}

/** What the block's result says; undefined for a result that is not of such a block. */
export function readOutcome(rows: readonly SnowflakeRow[]): BlockOutcome | undefined {
  const parsed = Outcome.safeParse(jsonOf(Object.values(rows[0] ?? {})[0]));
  if (!parsed.success) return undefined;
  const outcome = parsed.data;
  if (outcome.is !== 'failed') return outcome;
  // SQLCODE is the number that Snowflake writes with six digits elsewhere; below zero for
  // exceptions of a script's own.
  const code = outcome.code < 0 ? String(outcome.code) : String(outcome.code).padStart(6, '0');
  return { ...outcome, code, message: outcome.message ?? '' };
}

const BLOCK = /^(begin|declare)\s/i;
const RETURN_FENCED_OFF = `return to_json(object_construct('is', 'fencedOff', 'by', newest_run));`;

/** Both counts in one statement: a publish between two would look like rows that are missing. */
function rowCheck(names: SnowflakeNames, { period, payers }: ScriptRun): string {
  // Of a native table nothing but loaded rows is read.
  if (payers.length === 0 || names.target === 'table') return '';
  const where = `where ${ofMonth(period, payers)}`;
  return `  select counted.row_count, published.row_count
    into :rows_read, :rows_published from (select count(*) as row_count from ${names.lineItemsView} ${where}) as counted
    cross join (select coalesce(sum(row_count), 0) as row_count from ${names.currentFiles} ${where}) as published;
  if (rows_read <> rows_published) then
    return to_json(object_construct('is', 'rowsDiffer', 'read', rows_read, 'published', rows_published));
  end if;
`;
}

/**
 * What only the session sees needs no look at the fence: a script fills a hundred temporary tables.
 */
function itemsSql(fence: string, run: ScriptRun, step: Step): string {
  const inSession = sessionItemsOf({ items: step.items.filter((item) => item.is === 'statements') });
  return step.items
    .map((item, index) =>
      index > 0 && inSession.has(item) ? item.statements.map(statementSql).join('') : itemSql(fence, run, item),
    )
    .join('');
}

function itemSql(fence: string, run: ScriptRun, item: ScriptItem): string {
  const period = quoteText(run.period);
  if (item.is === 'statements') {
    return `  statement_number := ${item.statements[0]?.number ?? 0};
  select max(script_run) into :newest_run from ${fence} where period = ${period};
  if (newest_run > ${run.number}) then
    ${RETURN_FENCED_OFF}
  end if;
${item.statements.map(statementSql).join('')}`;
  }
  const last = lastNumberOf(item);
  return `  begin transaction;
  in_transaction := true;
${item.statements.map(statementSql).join('')}  statement_number := ${last};
  update ${fence} set script_run = greatest(script_run, ${run.number}) where period = ${period};
  select max(script_run), max(iff(script_run = ${run.number}, script_statement, 0))
    into :newest_run, :committed_number from ${fence} where period = ${period};
  if (newest_run > ${run.number}) then
    rollback;
    ${RETURN_FENCED_OFF}
  elseif (committed_number >= ${last}) then
    rollback;
  else
    update ${fence} set script_statement = ${last} where period = ${period};
    commit;
  end if;
  in_transaction := false;
`;
}

/** Without a check's name, a statement fails its step. */
function statementSql(statement: ScriptStatement): string {
  const { number, check } = statement;
  const executed = executedSql(statement);
  return `  statement_number := ${number};\n${check === undefined ? `  ${executed}` : checkSql(check, executed)}`;
}

/** SQLCODE has no leading zeros. */
const ENDS_STEP = [...REPEATABLE_CODES, ...ENDED_CODES].map(Number).join(', ');
const MAX_OUTCOME_CHARACTERS = 500;

/** The insert is behind the block: one that fails must not pass for the check's own failure. */
function checkSql(check: string, executed: string): string {
  return `  check_began := sysdate();
  error_code := 0;
  begin
    ${executed}  exception
    when other then
      error_code := sqlcode;
      error_message := sqlerrm;
      if (error_code in (${ENDS_STEP})) then
        raise;
      end if;
  end;
  insert into cur_statement_outcomes (name, seconds, code, message)
    select ${quoteText(check)}, datediff('millisecond', :check_began, sysdate()) / 1000,
      case when :error_code < 0 then to_varchar(:error_code)
        when :error_code > 0 then lpad(to_varchar(:error_code), 6, '0') end,
      case when :error_code <> 0 then left(:error_message, ${MAX_OUTCOME_CHARACTERS}) end;
`;
}

/** A block ends by `end;`, its semicolon included, wherever the reference executes one. */
function executedSql({ sql }: ScriptStatement): string {
  const text = BLOCK.test(sql) ? `${sql};` : sql;
  return `execute immediate ${quoteText(text)};\n`;
}

/** The value of a JSON string; of one inside of another, should the result be a VARIANT. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return jsonOf(JSON.parse(value));
  } catch {
    return undefined;
  }
}

const Outcome = z.discriminatedUnion('is', [
  z.object({ is: z.literal('done') }),
  z.object({ is: z.literal('fencedOff'), by: z.number() }),
  z.object({ is: z.literal('rowsDiffer'), read: z.number(), published: z.number() }),
  z.object({
    is: z.literal('failed'),
    statement: z.number(),
    code: z.coerce.number(),
    message: z.optional(z.string()),
  }),
]);
