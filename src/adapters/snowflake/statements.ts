import type { Bind, SnowflakeRow } from './connection.ts';

export interface Statements {
  /** One statement, with `?` binds. Throws SnowflakeFailure. */
  run(sql: string, binds?: readonly Bind[]): Promise<SnowflakeRow[]>;
}
