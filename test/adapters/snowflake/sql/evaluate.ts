import { refused } from '../snowflakeStatements.ts';
import { callFunction, compare, elementOf, itemsOf, numberIn } from './functions.ts';
import type { Expression, Query } from './syntax.ts';
import { castTo, double, integer, parsedNumber, type SqlValue, textOf } from './values.ts';

/** What an expression may name, and what of the session it depends on. */
export interface Scope {
  readonly timeZone: string;
  readonly binds: readonly (string | null)[];
  /** Throws what Snowflake says of a name that there is not. */
  readonly valueOf: (qualifier: string | undefined, name: string) => SqlValue;
  /** Whether a query has a row here. */
  readonly exists: (query: Query, scope: Scope) => boolean;
}

/** The value of a scalar expression. Throws what Snowflake refuses, as its error. */
export function evaluate(expression: Expression, scope: Scope): SqlValue {
  switch (expression.is) {
    case 'text':
      return expression.text;
    case 'number':
      return /^-?\d+$/.test(expression.text) ? integer(Number(expression.text)) : double(Number(expression.text));
    case 'word':
      return expression.value;
    case 'bind':
      return scope.binds[expression.index] ?? null;
    case 'name':
      return scope.valueOf(expression.qualifier, expression.name);
    case 'path':
      return elementOf(evaluate(expression.of, scope), expression.key);
    case 'element':
      return elementOf(evaluate(expression.of, scope), evaluate(expression.at, scope));
    case 'cast':
      return castTo(evaluate(expression.of, scope), expression.type, scope.timeZone);
    case 'call':
      return call(expression, scope);
    case 'case': {
      const taken = expression.branches.find(({ when }) => evaluate(when, scope) === true)?.value;
      const chosen = taken ?? expression.otherwise;
      return chosen ? evaluate(chosen, scope) : null;
    }
    case 'in': {
      const of = evaluate(expression.of, scope);
      return of === null ? null : expression.list.some((each) => same(of, evaluate(each, scope)));
    }
    case 'isNull':
      return (evaluate(expression.of, scope) === null) !== expression.negated;
    case 'not': {
      const of = evaluate(expression.of, scope);
      return of === null ? null : of !== true;
    }
    case 'operator':
      return operate(expression, scope);
    case 'exists':
      return scope.exists(expression.query, scope);
    case 'lambda':
      throw refused('001003', 'SQL compilation error: a lambda where a value is wanted');
  }
}

/** A bind that is compared with a number is one, too. */
function same(left: SqlValue, right: SqlValue): boolean {
  return compareAs(left, right) === 0;
}

function compareAs(left: SqlValue, right: SqlValue): number | undefined {
  if (isNumber(left) && typeof right === 'string') return compare(left, asNumber(right));
  if (isNumber(right) && typeof left === 'string') return compare(asNumber(left), right);
  return compare(left, right);
}

function isNumber(value: SqlValue): boolean {
  return typeof value === 'object' && value !== null && 'number' in value;
}

function asNumber(text: string): SqlValue {
  const number = parsedNumber(text);
  if (number === undefined) throw refused('100038', `Numeric value '${text}' is not recognized`);
  return double(number);
}

function operate(expression: Extract<Expression, { is: 'operator' }>, scope: Scope): SqlValue {
  const { operator } = expression;
  const left = evaluate(expression.left, scope);
  if (operator === 'and' && left === false) return false;
  if (operator === 'or' && left === true) return true;
  const right = evaluate(expression.right, scope);
  if (operator === 'and') return right === false ? false : bothOrNull(left, right, true);
  if (operator === 'or') return right === true ? true : bothOrNull(left, right, false);
  if (left === null || right === null) return null;
  if (operator === '||') return `${textOf(left, scope.timeZone)}${textOf(right, scope.timeZone)}`;
  if (operator === 'like') return likePattern(String(right)).test(String(left));
  const order = Object.hasOwn(ORDERS, operator) ? ORDERS[operator] : undefined;
  if (order) return order(compareAs(left, right) ?? Number.NaN);
  return double(arithmetic(operator, numberIn(left), numberIn(right)));
}

/** Knows `%` alone, and no escapes. */
function likePattern(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll(/[^\w%]/g, '[$&]').replaceAll('%', '.*')}$`, 's');
}

function bothOrNull(left: SqlValue, right: SqlValue, value: boolean): SqlValue {
  return left === null || right === null ? null : value;
}

const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function arithmetic(operator: string, left: number, right: number): number {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  return operator === '*' ? left * right : left / right;
}

function call({ name, given }: Extract<Expression, { is: 'call' }>, scope: Scope): SqlValue {
  const [first, second, third] = given;
  // What evaluates only some of what it is given.
  if (name === 'iff' && first && second && third) {
    return evaluate(evaluate(first, scope) === true ? second : third, scope);
  }
  if (name === 'coalesce') {
    for (const each of given) {
      const value = evaluate(each, scope);
      if (value !== null) return value;
    }
    return null;
  }
  if (name === 'position' && first?.is === 'in') {
    return callFunction(
      name,
      [first.of, ...first.list].map((each) => evaluate(each, scope)),
      scope.timeZone,
    );
  }
  if (name === 'filter' && first && second?.is === 'lambda') {
    const array = evaluate(first, scope);
    if (array === null) return null;
    return { is: 'ARRAY', items: itemsOf(array).filter((item) => applied(second, [item], scope) === true) };
  }
  if (name === 'reduce' && first && second && third?.is === 'lambda') {
    const array = evaluate(first, scope);
    if (array === null) return null;
    return itemsOf(array).reduce(
      (filled: SqlValue, item) => applied(third, [filled, item], scope),
      evaluate(second, scope),
    );
  }
  return callFunction(
    name,
    given.map((each) => evaluate(each, scope)),
    scope.timeZone,
  );
}

/**
 * A lambda sees its parameters, and nothing of the row around it: whether it may is not documented.
 */
function applied(
  { parameters, body }: Extract<Expression, { is: 'lambda' }>,
  given: readonly SqlValue[],
  scope: Scope,
): SqlValue {
  return evaluate(body, {
    ...scope,
    valueOf: (qualifier, name) => {
      const index = qualifier === undefined ? parameters.indexOf(name) : -1;
      if (index >= 0) return given[index] ?? null;
      throw refused('000904', `SQL compilation error: invalid identifier '${name.toUpperCase()}' in a lambda`);
    },
  });
}
