import { refused } from '../snowflakeStatements.ts';
import { evaluate, type Scope } from './evaluate.ts';
import { compare, numberIn } from './functions.ts';
import type { Expression, Query, Selected, Source } from './syntax.ts';
import { castTo, double, integer, type SqlValue, typeOf } from './values.ts';

/** A row whose values are computed when somebody asks for them. */
export type LazyRow = ReadonlyMap<string, () => SqlValue>;

export interface Database {
  readonly timeZone: string;
  readonly binds: readonly (string | null)[];
  /** The rows of a table or a view by its whole name, in lower case; or of files in a stage. */
  readonly relation: (name: string, pattern?: string) => readonly LazyRow[];
}

/** The rows of a query. Throws what Snowflake refuses, as its error. */
export function runQuery(query: Query, database: Database, outer?: Scope): LazyRow[] {
  const named = new Map<string, readonly LazyRow[]>();
  const within: Database = {
    ...database,
    relation: (name, pattern) => named.get(name) ?? database.relation(name, pattern),
  };
  for (const [name, each] of query.named) named.set(name, runQuery(each, within, outer));
  const scopes = rowsFrom(query.from, within).map((row) => scopeOf(row, query.from?.alias, within, outer));
  const { where } = query;
  const kept = where ? scopes.filter((scope) => evaluate(where, scope) === true) : scopes;
  const rows = isAggregate(query) ? grouped(query, kept) : kept.map((scope) => projected(query, scope));
  return rows.slice(0, query.limit);
}

interface RowScope extends Scope {
  readonly row: LazyRow;
}

function rowsFrom(from: Source | undefined, database: Database): readonly LazyRow[] {
  if (!from) return [new Map()];
  return typeof from.relation === 'string'
    ? database.relation(from.relation, from.pattern)
    : runQuery(from.relation, database);
}

function scopeOf(row: LazyRow, alias: string | undefined, database: Database, outer: Scope | undefined): RowScope {
  const { timeZone, binds } = database;
  return {
    row,
    timeZone,
    binds,
    valueOf: (qualifier, name) => {
      const value = qualifier === undefined || qualifier === alias ? row.get(name) : undefined;
      if (value) return value();
      if (outer) return outer.valueOf(qualifier, name);
      throw refused('000904', `SQL compilation error: error line 1: invalid identifier '${name.toUpperCase()}'`);
    },
    exists: (query, scope) => runQuery(query, database, scope).length > 0,
  };
}

function projected({ selected }: Query, scope: RowScope): LazyRow {
  const row = new Map<string, () => SqlValue>();
  for (const each of selected) {
    if (each === '*') for (const [name, value] of scope.row) row.set(name, value);
    else
      row.set(
        each.name,
        once(() => evaluate(each.expression, scope)),
      );
  }
  return row;
}

export function once(compute: () => SqlValue): () => SqlValue {
  let computed: { readonly value: SqlValue } | undefined;
  return () => {
    computed ??= { value: compute() };
    return computed.value;
  };
}

const AGGREGATES: Readonly<Record<string, (values: readonly SqlValue[]) => SqlValue>> = {
  count: (values) => integer(values.filter((value) => value !== null).length),
  count_if: (values) => integer(values.filter((value) => value === true).length),
  sum: (values) => {
    const known = values.filter((value) => value !== null);
    const sum = known.reduce((total, value) => total + numberIn(value), 0);
    const isDecimal = known.every((value) => typeOf(value) === 'DECIMAL');
    if (known.length === 0) return null;
    return isDecimal ? castTo(double(sum), 'decimal', 'UTC') : double(sum);
  },
  max: (values) => values.reduce((most, each) => ((compare(each, most) ?? 1) > 0 && each !== null ? each : most), null),
};

function isAggregate({ groupBy, selected }: Query): boolean {
  const isCalled = ({ expression }: Selected) => expression.is === 'call' && Object.hasOwn(AGGREGATES, expression.name);
  return groupBy.length > 0 || selected.some((each) => each !== '*' && isCalled(each));
}

function grouped({ selected, groupBy }: Query, scopes: readonly RowScope[]): LazyRow[] {
  const groups = new Map<string, RowScope[]>();
  if (groupBy.length === 0) groups.set('', []);
  for (const scope of scopes) {
    const key = JSON.stringify(groupBy.map((expression) => evaluate(expression, scope)));
    groups.set(key, [...(groups.get(key) ?? []), scope]);
  }
  return [...groups.values()].map((group) => {
    const row = new Map<string, () => SqlValue>();
    for (const each of selected) {
      if (each !== '*') row.set(each.name, () => aggregated(each.expression, group));
    }
    return row;
  });
}

/** An expression over a group: aggregates over its rows, anything else of its first row. */
function aggregated(expression: Expression, group: readonly RowScope[]): SqlValue {
  const [first] = group;
  if (expression.is === 'cast' && expression.of.is === 'call') {
    return castTo(aggregated(expression.of, group), expression.type, first?.timeZone ?? 'UTC');
  }
  if (expression.is !== 'call') return first ? evaluate(expression, first) : null;
  const aggregate = AGGREGATES[expression.name];
  const [given] = expression.given;
  if (aggregate && given) return aggregate(group.map((scope) => evaluate(given, scope)));
  return first ? evaluate(expression, first) : null;
}
