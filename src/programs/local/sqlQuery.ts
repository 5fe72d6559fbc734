import { type DuckDBConnection, type DuckDBInstance, DuckDBTypeId, StatementType } from '@duckdb/node-api';

/** A question's answer, as JSON carries it. */
export type SqlAnswer =
  | {
      readonly is: 'rows';
      readonly columns: readonly SqlColumn[];
      readonly rows: readonly SqlRow[];
      readonly more: boolean;
    }
  /**
   * `wrong`: it is not one statement, or does more than read. `failed`: it was understood, and
   * could not be answered.
   */
  | { readonly is: 'wrong' | 'failed'; readonly message: string };

interface SqlColumn {
  readonly name: string;
  readonly isNumber: boolean;
}

/**
 * Values by column, as JSON: whole numbers and decimals as numbers where these hold every digit,
 * else as text.
 */
type SqlRow = readonly unknown[];

/** More rows than anybody reads: an answer is held in memory. */
const MAX_ROWS = 100_000;

const INTERRUPT_EVERY_MS = 50;

/**
 * Statements that give rows. What they could change all the same, a transaction for reading alone
 * refuses.
 */
const READING: ReadonlySet<StatementType> = new Set([StatementType.SELECT, StatementType.EXPLAIN]);

/**
 * Answers one statement, on a connection of its own. Never changes anything, and never throws for
 * what a statement can cause. Aborting the signal stops it.
 */
export async function querySql(instance: DuckDBInstance, sql: string, signal: AbortSignal): Promise<SqlAnswer> {
  const connection = await instance.connect();
  const interrupting = interruptOnAbort(connection, signal);
  try {
    signal.throwIfAborted();
    const refusal = await refusalOf(connection, sql);
    if (refusal !== undefined) return { is: 'wrong', message: refusal };
    await connection.run(`set TimeZone = 'UTC'`);
    await connection.run('begin transaction read only');
    return await readRows(connection, sql);
  } catch (error) {
    return answerOf(error);
  } finally {
    interrupting.end();
    // Closing rolls the transaction back.
    connection.closeSync();
  }
}

/**
 * Interrupts whatever the connection does once the signal is aborted, until it is ended. Again and
 * again, because DuckDB forgets an interrupt that comes while none of the connection's statements
 * runs.
 */
function interruptOnAbort(connection: DuckDBConnection, signal: AbortSignal): { readonly end: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), INTERRUPT_EVERY_MS);
  };
  signal.addEventListener('abort', begin, { once: true });
  return {
    end: () => {
      signal.removeEventListener('abort', begin);
      clearInterval(timer);
    },
  };
}

/**
 * Why a statement is not run; undefined for one that reads. Throws DuckDB's error for what is no
 * SQL.
 */
async function refusalOf(connection: DuckDBConnection, sql: string): Promise<string | undefined> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) return `one statement is answered at a time, got ${statements.count}`;
  const prepared = await statements.prepare(0);
  try {
    if (READING.has(prepared.statementType)) return undefined;
    return `only a statement that reads is answered, got ${StatementType[prepared.statementType] ?? 'another one'}`;
  } finally {
    prepared.destroySync();
  }
}

async function readRows(connection: DuckDBConnection, sql: string): Promise<SqlAnswer> {
  const reader = await connection.streamAndReadUntil(sql, MAX_ROWS + 1);
  const types = reader.columnTypes();
  const columns = reader
    .deduplicatedColumnNames()
    .map((name, index) => ({ name, isNumber: NUMBERS.has(types[index]?.typeId ?? DuckDBTypeId.INVALID) }));
  const rows = reader
    .getRowsJson()
    .map((row) => row.map((value, index) => (columns[index]?.isNumber ? numberOf(value) : value)));
  return { is: 'rows', columns, rows: rows.slice(0, MAX_ROWS), more: rows.length > MAX_ROWS };
}

const NUMBERS: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
]);

/**
 * DuckDB writes wide numbers as text; one that a JSON number holds to the last digit becomes one.
 */
function numberOf(value: unknown): unknown {
  if (typeof value !== 'string' || !/^-?\d+(\.\d+)?$/.test(value)) return value;
  const digits = value.replace(/^-?0*\.?0*|\./g, '').length;
  return digits <= 15 ? Number(value) : value;
}

/**
 * DuckDB's error as one sentence: without the excerpt of the statement, which the person has before
 * them.
 */
function answerOf(error: unknown): SqlAnswer {
  const text = error instanceof Error ? error.message : String(error);
  const [before = ''] = text.replace(/^Failed to extract statements: /, '').split(/\n\s*LINE \d+:/);
  const message = before.replace(/\s+/g, ' ').trim();
  const isWrong = /^(Parser|Binder|Catalog|Syntax) Error/.test(message) || message === 'Error in native callback';
  if (message === 'Error in native callback') return { is: 'wrong', message: 'there is no statement in it' };
  return { is: isWrong ? 'wrong' : 'failed', message };
}
