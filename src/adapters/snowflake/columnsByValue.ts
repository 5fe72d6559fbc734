import * as z from 'zod/mini';
import { createTurns } from '../../base/turns.ts';
import type { Partition } from '../../billing/partition.ts';
import { columnsWithoutCast, INSTANTS, valueColumns } from '../../warehouse/standardTypes.ts';
import type { StagedFile } from '../../warehouse/warehouse.ts';
import type { SnowflakeNames } from './names.ts';
import { ofMonth } from './ofMonth.ts';
import { quoteText } from './quote.ts';
import { type ByValue, isByValue, valueSql } from './readColumn.ts';
import type { Statements } from './statements.ts';
import { replaceViewSql, viewComment } from './view.ts';

/**
 * Which columns are read by value, and a contract view that does so. They are kept in a table that
 * only grows: what a registered file has forced stays so.
 *
 * Several processes may find out at the same time. Each first adds to the table what it has found,
 * then creates the view from all that the table says, and again when the table has grown meanwhile:
 * whichever of them is the last leaves a view that knows all. Where that fails in between, the view
 * may lack what another has found; this process's next registration, or the first of the next
 * process, notices it by the view's comment.
 */
interface ColumnsByValue {
  /**
   * What these files force is in the table and in the view when this returns: only then may they be
   * published. The files have been registered. When it throws what the session throws, the
   * partition fails and is tried again.
   */
  include(session: Statements, partition: Partition, files: readonly StagedFile[]): Promise<void>;
  /** All that are known now: at least what the files that were included here have forced. */
  known(session: Statements): Promise<ByValue>;
}

/** What one process knows of them, for as long as it runs. */
export function createColumnsByValue(names: SnowflakeNames): ColumnsByValue {
  const inTurn = createTurns();
  const observed = new Set<string>();
  let inView: ByValue | undefined;

  async function current(session: Statements): Promise<ByValue> {
    inView ??= await viewedNow(session, names);
    return inView;
  }

  async function add(session: Statements, columns: readonly string[], file: StagedFile): Promise<void> {
    const known = await current(session);
    const fresh = columns.filter((column) => !isByValue(known, column));
    if (fresh.length === 0) return;
    // Unknown until the view was replaced.
    inView = undefined;
    await insertColumns(session, names, fresh, file.stagedKey);
    inView = await replaceView(session, names);
  }

  async function observe(session: Statements, partition: Partition, file: StagedFile): Promise<void> {
    for (const { name, type } of instantsOf(file)) {
      if (observed.has(type) || isByValue(await current(session), name)) continue;
      const kind = await kindOf(session, names, { partition, stagedKey: file.stagedKey, column: name });
      if (kind === undefined) continue;
      if (kind !== INSTANT) await add(session, TIMESTAMPS, file);
      observed.add(type);
    }
  }

  return {
    known: (session) => inTurn(() => current(session)),
    include: (session, partition, files) =>
      inTurn(async () => {
        await current(session);
        for (const file of files) {
          await add(session, columnsWithoutCast(file), file);
          await observe(session, partition, file);
        }
      }),
  };
}

/**
 * What a Parquet timestamp that is an instant should be in an external table. The documentation
 * says so of files in a stage (SQL reference, "CREATE FILE FORMAT", USE_LOGICAL_TYPE), so it is
 * looked at, once a process for each kind of footer. Where it is anything else, every timestamp is
 * read by value: a cast of an NTZ would take it for a time of the session's zone.
 */
const INSTANT = 'TIMESTAMP_LTZ';
const TIMESTAMPS = [...valueColumns].flatMap(([name, type]) => (type === 'TIMESTAMP' ? [name] : []));

function instantsOf({ columns }: StagedFile): StagedFile['columns'] {
  return columns.filter(({ name, type }) => valueColumns.get(name) === 'TIMESTAMP' && INSTANTS.includes(type));
}

interface Place {
  readonly partition: Partition;
  readonly stagedKey: string;
  readonly column: string;
}

/** What TYPEOF says of the first value in a file's column; undefined where there is none. */
async function kindOf(
  session: Statements,
  names: SnowflakeNames,
  { partition: { payer, period }, stagedKey, column }: Place,
): Promise<string | undefined> {
  const value = valueSql(column);
  const rows = await session.run(
    `select typeof(${value}) as kind from ${names.externalTable}
     where ${ofMonth(period, [payer])} and staged_key = ? and ${value} is not null
     limit 1`,
    [stagedKey],
  );
  return z.array(KindRow).parse(rows)[0]?.KIND;
}

/** What the view reads by value; it is created anew when it is not what the table says. */
async function viewedNow(session: Statements, names: SnowflakeNames): Promise<ByValue> {
  const byValue = await columnsIn(session, names);
  const [schema, view] = [names.schema, names.lineItemsView].map((name) => name.split('.').at(-1) ?? '');
  const rows = await session.run(
    `select comment from ${names.database}.information_schema.views where table_schema = ? and table_name = ?`,
    [schema ?? '', view ?? ''],
  );
  const isThere = z.array(CommentRow).parse(rows)[0]?.COMMENT === viewComment(names, byValue);
  return isThere ? byValue : replaceView(session, names);
}

/** Ends, because the table only grows, and by no more than the contract's columns. */
async function replaceView(session: Statements, names: SnowflakeNames): Promise<ByValue> {
  for (let wanted = await columnsIn(session, names); ; ) {
    await session.run(replaceViewSql(names, wanted));
    const now = await columnsIn(session, names);
    if ([...now].every((column) => wanted.has(column))) return wanted;
    wanted = now;
  }
}

async function columnsIn(session: Statements, names: SnowflakeNames): Promise<ByValue> {
  const rows = await session.run(`select distinct column_name from ${names.columnsByValue} order by column_name`);
  return new Set(
    z
      .array(ColumnRow)
      .parse(rows)
      .map((row) => row.COLUMN_NAME),
  );
}

/** Two processes may insert the same column: a row more says nothing else. */
async function insertColumns(
  session: Statements,
  names: SnowflakeNames,
  columns: readonly string[],
  stagedKey: string,
): Promise<void> {
  const values = columns.map((column) => `(${quoteText(column)}, ${quoteText(stagedKey)}, sysdate())`);
  await session.run(`insert into ${names.columnsByValue} (column_name, first_file, since) values ${values.join(', ')}`);
}

const ColumnRow = z.object({ COLUMN_NAME: z.string() });
const CommentRow = z.object({ COMMENT: z.nullish(z.string()) });
const KindRow = z.object({ KIND: z.string() });
