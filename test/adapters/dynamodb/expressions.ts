/** An attribute's value as it goes over the wire; the kinds that the ledger uses. */
export interface Value {
  readonly S?: string;
  readonly N?: string;
  readonly B?: string;
  readonly L?: readonly Value[];
}

export type Item = Readonly<Record<string, Value>>;
export type Values = Readonly<Record<string, Value>>;

/** Whether a condition holds: terms joined by `and` and `or`, without brackets. */
export function holds(condition: string | undefined, item: Item | undefined, values: Values): boolean {
  if (condition === undefined) return true;
  return condition
    .split(' or ')
    .some((all) => all.split(' and ').every((term) => termHolds(term.trim(), item, values)));
}

function termHolds(term: string, item: Item | undefined, values: Values): boolean {
  const call = /^(attribute_exists|attribute_not_exists)\((\w+)\)$/.exec(term);
  if (call) return (item?.[call[2] ?? ''] !== undefined) === (call[1] === 'attribute_exists');
  const [, name = '', operator = '', value = ''] = /^(\w+) (=|<|<=|>|>=) (:\w+)$/.exec(term) ?? unknown(term);
  const [has, wanted] = [item?.[name], values[value]];
  if (!has || !wanted) return false;
  if (operator === '=') return JSON.stringify(has) === JSON.stringify(wanted);
  const difference = Number(has.N) - Number(wanted.N);
  if (operator === '<' || operator === '<=') return operator === '<' ? difference < 0 : difference <= 0;
  return operator === '>' ? difference > 0 : difference >= 0;
}

/**
 * The item after an update: `set`, `remove`, `add`, each at most once. All of them see the item as
 * it was before.
 */
export function updated(expression: string, item: Item, values: Values): Item {
  const next: Record<string, Value> = { ...item };
  for (const [, word = '', rest = ''] of expression.matchAll(/\b(set|remove|add) (.*?)(?= (?:set|remove|add) |$)/g)) {
    // A comma within brackets parts arguments.
    const clauses = rest.split(/,(?![^(]*\))/).map((clause) => clause.trim());
    if (word === 'remove') remove(clauses, next);
    else for (const clause of clauses) change(word, clause, { item, next, values });
  }
  return next;
}

function remove(clauses: readonly string[], next: Record<string, Value>): void {
  for (const name of new Set(clauses.map((clause) => clause.replace(/\[\d+\]$/, '')))) {
    const indexes = new Set(clauses.flatMap((clause) => /\[(\d+)\]$/.exec(clause)?.[1] ?? []).map(Number));
    if (indexes.size === 0) delete next[name];
    else next[name] = { L: (next[name]?.L ?? []).filter((_, index) => !indexes.has(index)) };
  }
}

interface Change {
  readonly item: Item;
  readonly next: Record<string, Value>;
  readonly values: Values;
}

function change(word: string, clause: string, { item, next, values }: Change): void {
  if (word === 'add') {
    const [name = '', value = ''] = clause.split(' ');
    next[name] = { N: String(Number(item[name]?.N ?? 0) + Number(values[value]?.N)) };
    return;
  }
  const [, name = '', operand = ''] = /^(\w+) = (.*)$/.exec(clause) ?? unknown(clause);
  next[name] = evaluated(operand, item, values);
}

function evaluated(operand: string, item: Item, values: Values): Value {
  const sum = /^(\w+) \+ (:\w+)$/.exec(operand);
  if (sum) return { N: String(Number(item[sum[1] ?? '']?.N) + Number(values[sum[2] ?? '']?.N)) };
  const call = /^(\w+)\((.*), (:\w+)\)$/.exec(operand);
  if (!call) return values[operand] ?? unknown(operand);
  const [, name, first = '', second = ''] = call;
  if (name === 'if_not_exists') return item[first] ?? evaluated(second, item, values);
  const [head, tail] = [evaluated(first, item, values), evaluated(second, item, values)];
  return { L: [...(head.L ?? []), ...(tail.L ?? [])] };
}

function unknown(text: string): never {
  throw new Error(`the table in this process does not understand ${JSON.stringify(text)}`);
}
