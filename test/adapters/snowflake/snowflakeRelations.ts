import { createExternalTableSql } from '../../../src/adapters/snowflake/externalTable.ts';
import type { SnowflakeNames } from '../../../src/adapters/snowflake/names.ts';
import type { ColumnType } from '../../../src/billing/columnType.ts';
import { lineItemColumns } from '../../../src/warehouse/lineItems.ts';
import type { Cell, Row } from '../../warehouse/harness.ts';
import type { StatementResult } from './protocolServer.ts';
import { parseCopy } from './snowflakeCopy.ts';
import { scan } from './snowflakeExternalTable.ts';
import type { SnowflakeState } from './snowflakeState.ts';
import { refused } from './snowflakeStatements.ts';
import type { Tables } from './snowflakeTables.ts';
import { evaluate } from './sql/evaluate.ts';
import { parseQuery, parseVirtualColumns } from './sql/parser.ts';
import { type Database, type LazyRow, once, runQuery } from './sql/run.ts';
import type { Query } from './sql/syntax.ts';
import { double, integer, type Plain, plain, type SqlValue, textOf } from './sql/values.ts';

const STAGE_FOLDER = 'staging/';

/** Who reads: what they see of the tables, and what their session is set to. */
export interface Reading {
  readonly tables: Tables;
  readonly timeZone: string;
  readonly binds?: readonly (string | null)[];
}

/**
 * The external table, the contract view and the table of published files, as relations: the view's
 * and the virtual columns' expressions are evaluated as they are written, in the reader's session.
 */
export class Relations {
  readonly #state: SnowflakeState;
  readonly #names: SnowflakeNames;
  readonly #virtual: ReturnType<typeof parseVirtualColumns>;
  #view: Query | undefined;
  /** Of the view. */
  comment: string | null = null;

  constructor(state: SnowflakeState, names: SnowflakeNames) {
    this.#state = state;
    this.#names = names;
    this.#virtual = parseVirtualColumns(createExternalTableSql(names));
  }

  /** A CREATE VIEW. Throws what Snowflake refuses, as its error. */
  createView(sql: string): void {
    const query = /\nas\n([\s\S]+)$/.exec(sql)?.[1];
    if (query === undefined) throw refused('001003', `SQL compilation error: no query in ${sql.slice(0, 100)}`);
    this.#view = parsed(query);
    this.comment = /\ncomment = '([^']*)'/.exec(sql)?.[1] ?? null;
  }

  select(sql: string, reading: Reading): readonly LazyRow[] {
    return runQuery(parsed(sql), this.#database(reading));
  }

  /** The rows of a query as a client gets them. */
  answer(sql: string, reading: Reading): StatementResult {
    const rows = this.select(sql, reading).map((row) => [...row].map(([name, value]) => [name, value()] as const));
    const columns = (rows[0] ?? []).map(([name], index) => {
      const isNumber = rows.some((row) => typeof row[index]?.[1] === 'object' && row[index]?.[1] !== null);
      return { name: name.toUpperCase(), type: isNumber ? ('real' as const) : ('text' as const) };
    });
    return { columns, rows: rows.map((row) => row.map(([, value]) => textOf(value, reading.timeZone))) };
  }

  /** The rows of a query, all values as a test looks at them. */
  plain(sql: string, reading: Reading): Record<string, Plain>[] {
    return this.select(sql, reading).map((row) =>
      Object.fromEntries([...row].map(([name, value]) => [name, plain(value(), reading.timeZone)])),
    );
  }

  #database(reading: Reading): Database {
    const { timeZone, binds = [] } = reading;
    const database: Database = {
      timeZone,
      binds,
      relation: (name, pattern) => {
        if (name.startsWith('@')) return this.#staged(name, pattern);
        if (name === this.#names.externalTable.toLowerCase()) return this.#externalRows(reading);
        if (name === this.#names.loadedTable.toLowerCase()) return loadedRows(reading.tables);
        if (name === this.#names.currentFiles.toLowerCase()) return currentFileRows(reading.tables);
        if (name === this.#names.lineItemsView.toLowerCase() && this.#view) return runQuery(this.#view, database);
        throw refused('002003', `SQL compilation error: Object '${name.toUpperCase()}' does not exist`);
      },
    };
    return database;
  }

  /**
   * What a COPY loads, per file: the columns of its rows, by the names that they are loaded as.
   * Throws what Snowflake refuses.
   */
  copied(sql: string, reading: Reading): Map<string, ReadonlyMap<string, SqlValue>[]> {
    const copy = parseCopy(sql);
    const columns = new Map<string, ReadonlyMap<string, SqlValue>[]>();
    for (const key of copy.files) {
      const database = { ...this.#database(reading), relation: () => this.#rowsOfFile(key) };
      const rows = runQuery(copy.query, database).map((row) => [...row.values()].map((value) => value()));
      columns.set(
        key,
        rows.map((values) => new Map(copy.columns.map((name, index) => [name, values[index] ?? null]))),
      );
    }
    return columns;
  }

  /** A scan of the files that a pattern matches. */
  #staged(path: string, pattern: string | undefined): LazyRow[] {
    const folder = path.slice(this.#names.stage.length + 2);
    const matches = new RegExp(`^(?:${pattern ?? '.*'})$`);
    return [...this.#state.stage.keys()]
      .filter((key) => key.startsWith(folder) && matches.test(key))
      .flatMap((key) => this.#rowsOfFile(key));
  }

  #rowsOfFile(key: string): LazyRow[] {
    if (!this.#state.stage.has(key)) throw refused('091016', `Remote file '${key}' was not found`);
    if (this.#state.failsToRegister.has(key)) throw refused('100142', `Error parsing the Parquet file ${key}`);
    return scan(this.#state, key).map(
      (row) =>
        new Map<string, () => SqlValue>([
          ['metadata$filename', () => STAGE_FOLDER + key],
          ['$1', once(() => this.#value(key, row))],
        ]),
    );
  }

  #externalRows({ tables: { registered }, timeZone }: Reading): LazyRow[] {
    return [...registered].flatMap((key) =>
      scan(this.#state, key).map((row) => {
        const values = new Map<string, () => SqlValue>();
        values.set('metadata$filename', () => STAGE_FOLDER + key);
        values.set(
          'value',
          once(() => this.#value(key, row)),
        );
        const scope = {
          timeZone,
          binds: [],
          valueOf: (_: string | undefined, name: string) => values.get(name)?.() ?? null,
          exists: () => false,
        };
        for (const { name, type, expression } of this.#virtual) {
          values.set(
            name,
            once(() => evaluate({ is: 'cast', of: expression, type }, scope)),
          );
        }
        return values;
      }),
    );
  }

  #value(key: string, row: Row): SqlValue {
    const types = new Map(this.#state.columns.get(key)?.map(({ name, type }) => [name, type]));
    const fields = Object.entries(row).map(([name, cell]) => [name, this.#cell(cell, types.get(name), name)] as const);
    return { is: 'OBJECT', fields: new Map(fields) };
  }

  /** A cell as the file's footer types it; where no test says how, as AWS types its column. */
  #cell(cell: Cell, type: ColumnType['type'] | undefined, name: string): SqlValue {
    if (cell === null || typeof cell === 'boolean') return cell;
    if (typeof cell === 'object') return pairs(cell);
    if (type === 'string') return String(cell);
    if (type === 'int' || type === 'bigint') return integer(Number(cell));
    if (type === 'date') return { is: 'DATE', ms: Date.parse(`${cell}Z`) };
    if (type?.startsWith('timestamp') || type === 'int96' || (type === undefined && TIMESTAMPS.has(name))) {
      const { utcTimestampsAre } = this.#state;
      const is = type === 'timestamp_local' || type === 'int96' ? 'TIMESTAMP_NTZ' : utcTimestampsAre;
      return { is, ms: Date.parse(`${cell}Z`) };
    }
    return typeof cell === 'number' ? double(cell) : cell;
  }
}

const TIMESTAMPS = new Set(lineItemColumns.flatMap(({ name, type }) => (type === 'TIMESTAMP' ? [name] : [])));

/** A Parquet map, as an array of pairs. */
function pairs(map: Readonly<Record<string, string | number>>): SqlValue {
  const items = Object.entries(map).map(([key, value]): SqlValue => {
    const pair = { key, value: typeof value === 'number' ? double(value) : value };
    return { is: 'OBJECT', fields: new Map<string, SqlValue>(Object.entries(pair)) };
  });
  return { is: 'ARRAY', items };
}

function loadedRows({ loadedRows }: Tables): LazyRow[] {
  return loadedRows.map(({ values }) => new Map([...values].map(([name, value]) => [name, () => value])));
}

function currentFileRows({ currentFiles }: Tables): LazyRow[] {
  return currentFiles.map(
    ({ payer, year, month, stagedKey }) =>
      new Map<string, () => SqlValue>([
        ['payer', () => payer],
        ['year', () => integer(year)],
        ['month', () => integer(month)],
        ['staged_key', () => stagedKey],
      ]),
  );
}

function parsed(sql: string): Query {
  try {
    return parseQuery(sql);
  } catch (error) {
    throw refused('001003', `SQL compilation error: ${error instanceof Error ? error.message : String(error)}`);
  }
}
