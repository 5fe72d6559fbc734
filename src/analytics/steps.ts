import type { RenderedStatement, ScriptItem, ScriptStatement, Step } from '../warehouse/script.ts';
import { ScriptError } from './scriptError.ts';
import { readsLastQuery, type SessionUse, sessionUseOf } from './sessionUse.ts';

const BEGIN = /^(begin(\s+(work|transaction))?|start\s+transaction)(\s+name\s+\S+)?$/i;
const COMMIT = /^commit(\s+work)?$/i;
const ROLLBACK = /^rollback(\s+work)?$/i;

/**
 * Cuts a script's statements into steps. What sets up the session at the script's head is a part of
 * each step; from the first statement on that changes it, or from the start in `oneSession`, the
 * rest is one step. What is rolled back has no effect, and is left out. Throws a ScriptError for a
 * script that ends inside a transaction, and for a check in one, which could not fail by itself.
 */
export function stepsOf(script: readonly RenderedStatement[], { oneSession = false } = {}): Step[] {
  const { head, rest } = withoutHead(itemsOf(script));
  const first = oneSession ? 0 : rest.findIndex((item) => sessionUse(item) !== 'none');
  const alone = first < 0 ? rest : rest.slice(0, first);
  const together = withoutHead(first < 0 ? [] : rest.slice(first));
  const steps = alone.map((item) => stepOf(head, [item]));
  return together.rest.length > 0 ? [...steps, stepOf([...head, ...together.head], together.rest)] : steps;
}

/** The number of an item's last statement: that it is committed says that the item is. */
export function lastNumberOf(item: ScriptItem): number {
  return item.is === 'statements' ? (item.statements.at(-1)?.number ?? 0) : item.commitNumber;
}

function stepOf(head: readonly ScriptStatement[], items: readonly ScriptItem[]): Step {
  const [first] = items;
  const number = first?.statements[0]?.number ?? (first ? lastNumberOf(first) : 0);
  return { number, head, items };
}

/** Cuts off the statements at the beginning that only set up the session. */
function withoutHead(items: readonly ScriptItem[]) {
  const end = items.findIndex((item) => item.is === 'transaction' || sessionUse(item) !== 'setsUp');
  const length = end < 0 ? items.length : end;
  return { head: items.slice(0, length).flatMap(({ statements }) => statements), rest: items.slice(length) };
}

function sessionUse({ statements }: ScriptItem): SessionUse {
  const uses = statements.map(({ sql }) => sessionUseOf(sql));
  return uses.find((use) => use === 'changes') ?? uses.find((use) => use === 'setsUp') ?? 'none';
}

function itemsOf(script: readonly RenderedStatement[]): ScriptItem[] {
  const items: ScriptItem[] = [];
  let open: { readonly statements: ScriptStatement[]; readonly line: number } | undefined;
  for (const [index, statement] of script.entries()) {
    const { sql: text, line, check } = statement;
    const [number, sql] = [index + 1, text.trim()];
    if (open && check !== undefined) throw notAlone(check, line);
    checkMark(statement, script[index - 1]);
    if (!open && BEGIN.test(sql)) {
      open = { statements: [], line };
    } else if (open && COMMIT.test(sql)) {
      items.push({ is: 'transaction', statements: open.statements, commitNumber: number });
      open = undefined;
    } else if (ROLLBACK.test(sql)) {
      open = undefined;
    } else if (open) {
      open.statements.push({ number, sql });
    } else {
      addStatement(items, check === undefined ? { number, sql } : { number, sql, check });
    }
  }
  if (open) throw new ScriptError('the script ends inside the transaction that begins here', open.line);
  return items;
}

/**
 * Throws a ScriptError for a check that cannot fail alone, and for what needs the query before it
 * to be the check's own.
 */
function checkMark({ sql, check, line }: RenderedStatement, before: RenderedStatement | undefined): void {
  if (check === undefined && before?.check === undefined) return;
  if (check === undefined) {
    if (!readsLastQuery(sql)) return;
    throw new ScriptError('last_query_id() behind a check reads what the engine has noted of it', line);
  }
  const isOfTransaction = [BEGIN, COMMIT, ROLLBACK].some((pattern) => pattern.test(sql.trim()));
  if (isOfTransaction || sessionUseOf(sql) === 'setsUp' || readsLastQuery(sql)) throw notAlone(check, line);
}

function notAlone(check: string, line: number): ScriptError {
  return new ScriptError(`check ${check} must be one statement by itself, outside of transactions`, line);
}

function addStatement(items: ScriptItem[], statement: ScriptStatement): void {
  const before = items.at(-1);
  if (before?.is !== 'statements' || !readsLastQuery(statement.sql)) {
    items.push({ is: 'statements', statements: [statement] });
  } else {
    items[items.length - 1] = { is: 'statements', statements: [...before.statements, statement] };
  }
}
