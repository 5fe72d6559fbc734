import type { ScriptItem, ScriptStatement, Step } from '../warehouse/script.ts';
import { ScriptError } from './scriptError.ts';

const BEGIN = /^(begin(\s+(work|transaction))?|start\s+transaction)(\s+name\s+\S+)?$/i;
const COMMIT = /^commit(\s+work)?$/i;
const CHANGES_SESSION =
  /^(use|set|unset|alter\s+session|create\s+(or\s+replace\s+)?((local|global)\s+)?(temp|temporary|volatile))\s/i;
const BLOCK = /^(begin|declare)\s/i;
/** Within a block, a word too many only means a longer step. */
const CHANGES_SESSION_SOMEWHERE = /\b(use|set|unset|session|temp|temporary|volatile)\b/i;

/**
 * Cuts a script's statements into steps. Throws a ScriptError for a script that ends inside a
 * transaction.
 */
export function stepsOf(script: readonly string[]): Step[] {
  const items = itemsOf(script);
  const first = items.findIndex(changesSession);
  const [alone, together] = first < 0 ? [items, []] : [items.slice(0, first), items.slice(first)];
  const steps = alone.map((item) => ({ number: firstNumberOf(item), items: [item] }));
  const [head] = together;
  return head ? [...steps, { number: firstNumberOf(head), items: together }] : steps;
}

/** The number of an item's last statement: that it is committed says that the item is. */
export function lastNumberOf(item: ScriptItem): number {
  return item.is === 'statement' ? item.statement.number : item.commitNumber;
}

function firstNumberOf(item: ScriptItem): number {
  return item.is === 'statement' ? item.statement.number : (item.statements[0]?.number ?? item.commitNumber);
}

function changesSession(item: ScriptItem): boolean {
  const statements = item.is === 'statement' ? [item.statement] : item.statements;
  return statements.some(({ sql }) => (BLOCK.test(sql) ? CHANGES_SESSION_SOMEWHERE : CHANGES_SESSION).test(sql));
}

function itemsOf(script: readonly string[]): ScriptItem[] {
  const items: ScriptItem[] = [];
  let open: ScriptStatement[] | undefined;
  for (const [index, text] of script.entries()) {
    const [number, sql] = [index + 1, text.trim()];
    if (!open && BEGIN.test(sql)) {
      open = [];
    } else if (open && COMMIT.test(sql)) {
      items.push({ is: 'transaction', statements: open, commitNumber: number });
      open = undefined;
    } else if (open) {
      open.push({ number, sql });
    } else {
      items.push({ is: 'statement', statement: { number, sql } });
    }
  }
  if (open) throw new ScriptError('the script ends inside a transaction', script.length);
  return items;
}
