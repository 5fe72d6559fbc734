/** Runs one statement in the setup's session. Rows are by upper-case column name. */
export type RunStatement = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/**
 * A statement of the setup was refused, or Snowflake cannot do what it was set up for. Consequence:
 * the rest is not run; once it is mended, all of it is run again.
 */
export class SetupFailed extends Error {
  override readonly name = 'SetupFailed';
}

/** Runs statements so, but throws a SetupFailed that says where it was, and which statement. */
export function failingAs(where: string, run: RunStatement): RunStatement {
  return async (sql) => {
    try {
      return await run(sql);
    } catch (error) {
      const firstLine = sql.split('\n', 1).join();
      const reason = error instanceof Error ? error.message : String(error);
      throw new SetupFailed(`${where} (${firstLine}): ${reason}`, { cause: error });
    }
  };
}
