import type { Bind, SnowflakeRow } from './connection.ts';

export interface Statements {
  /** One statement, with `?` binds. Throws SnowflakeFailure. */
  run(sql: string, binds?: readonly Bind[]): Promise<SnowflakeRow[]>;
}

/**
 * The strings of a bound JSON array, as a list for `in`. One statement then serves any number of
 * keys. Nothing is pruned by it: see ofMonth.ts.
 */
export const BOUND_TEXTS = '(select value::varchar from table(flatten(input => parse_json(?))))';
