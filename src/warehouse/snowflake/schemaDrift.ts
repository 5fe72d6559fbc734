import * as z from 'zod/mini';
import { partitionColumns } from '../lineItems.ts';
import type { ColumnType, StagedFile } from '../warehouse.ts';
import { addColumnSql, columnsSql, snowflakeType } from './externalTableSql.ts';
import type { SnowflakeNames } from './names.ts';
import { quoteIdentifier } from './quote.ts';
import type { Statements } from './session.ts';

/** What this process knows of the external table's columns: read when first needed, and anew after it has changed them. */
export interface KnownColumns {
  read(session: Statements): Promise<ReadonlyMap<string, KnownColumn>>;
  forget(): void;
}

interface KnownColumn {
  /** The name as Snowflake stores it, with its case. */
  readonly name: string;
  /** DATA_TYPE as the information schema spells it, without precision: NUMBER, TEXT, VARIANT. */
  readonly dataType: string;
}

/** Remembers the columns by {@link columnIdentity}. A read that fails is not remembered. */
export function rememberColumns(names: SnowflakeNames): KnownColumns {
  let known: Promise<ReadonlyMap<string, KnownColumn>> | undefined;
  const forget = () => {
    known = undefined;
  };
  const read = async (session: Statements) => {
    const rows = z.array(ColumnRow).parse(await session.run(columnsSql(names)));
    return new Map(
      rows.map(({ COLUMN_NAME, DATA_TYPE }) => [
        columnIdentity(COLUMN_NAME),
        { name: COLUMN_NAME, dataType: DATA_TYPE.toUpperCase() },
      ]),
    );
  };
  return {
    forget,
    read: (session) => {
      if (!known) {
        known = read(session);
        known.catch(forget);
      }
      return known;
    },
  };
}

/** What the table must be altered by. Both lists have a column once. */
export interface SchemaChange {
  readonly added: readonly ColumnType[];
  /** Columns that files have with different types. Their old columns are dropped, by the names that Snowflake stores. */
  readonly widened: readonly { readonly dropped: string; readonly column: ColumnType }[];
}

/**
 * Which columns these files have that the table lacks, and which it has with another type than they do. Such a column
 * becomes a VARIANT, which holds whatever a file has, so any order of files ends in the same table.
 *
 * Of names that differ only in case the first one counts, because whoever writes a name without quotes means both alike.
 * Left out are names that the external table has for itself, and those that an identifier can't be (SQL reference,
 * "Identifier requirements": up to 255 characters). Their values are in `value` like all others.
 */
export function schemaChange(known: ReadonlyMap<string, KnownColumn>, files: readonly StagedFile[]): SchemaChange {
  const wanted = new Map<string, ColumnType>();
  for (const column of distinctLists(files).flat()) {
    const identity = columnIdentity(column.name);
    if (OWN_COLUMNS.has(identity) || identity.startsWith('METADATA$') || !isIdentifier(column.name)) continue;
    const before = wanted.get(identity);
    if (!before) wanted.set(identity, column);
    else if (dataTypeOf(before) !== dataTypeOf(column)) wanted.set(identity, { name: before.name, type: ANY_TYPE });
  }
  const added: ColumnType[] = [];
  const widened: { dropped: string; column: ColumnType }[] = [];
  for (const [identity, column] of wanted) {
    const before = known.get(identity);
    if (!before) {
      added.push(column);
    } else if (before.dataType !== 'VARIANT' && before.dataType !== dataTypeOf(column)) {
      widened.push({ dropped: before.name, column: { name: column.name, type: ANY_TYPE } });
    }
  }
  return { added, widened };
}

/**
 * Alters the external table so that it has the files' columns; sends nothing when it has them. It is never replaced, as
 * that would forget every registered file. A column of an external table is an expression and holds no data: one that is
 * dropped and added anew loses nothing, and a process that dies in between leaves a column to the next file that has it.
 * The contract view reads `value` and notices neither. DDL commits at once, so it must not run inside a transaction.
 * A statement adds one column, as is all that an external table takes (SQL reference, ALTER TABLE, extTableColumnAction).
 */
export async function followSchema(
  session: Statements,
  names: SnowflakeNames,
  columns: KnownColumns,
  files: readonly StagedFile[],
): Promise<void> {
  const { added, widened } = schemaChange(await columns.read(session), files);
  if (added.length + widened.length === 0) return;
  columns.forget();
  for (const column of added) await session.run(addColumnSql(names, column));
  for (const { dropped, column } of widened) {
    await session.run(`alter table ${names.externalTable} drop column if exists ${quoteIdentifier(dropped)}`);
    await session.run(addColumnSql(names, column));
  }
}

const ColumnRow = z.object({ COLUMN_NAME: z.string(), DATA_TYPE: z.string() });

/** The project's short name of what is nested in no known way: `snowflakeType` makes a VARIANT of it. */
const ANY_TYPE = 'other';

const OWN_COLUMNS: ReadonlySet<string> = new Set([
  'VALUE',
  ...partitionColumns.map(({ name }) => columnIdentity(name)),
]);

/** DATA_TYPE, by what a type's declaration begins with (information schema, COLUMNS view). Numbers of any precision are one. */
const DATA_TYPES: ReadonlyMap<string, string> = new Map([
  ['varchar', 'TEXT'],
  ['double', 'FLOAT'],
]);

function dataTypeOf({ type }: ColumnType): string {
  const declared = snowflakeType(type).replace(/\(.*$/, '');
  return DATA_TYPES.get(declared) ?? declared.toUpperCase();
}

/** Snowflake folds unquoted names to upper case. */
function columnIdentity(name: string): string {
  return name.toUpperCase();
}

function isIdentifier(name: string): boolean {
  return name !== '' && name.length <= 255 && !name.includes('\0');
}

/** Files of one report share their list of columns: of 10,000 files, a few lists are left. */
function distinctLists(files: readonly StagedFile[]): (readonly ColumnType[])[] {
  return [...new Set(files.map(({ columns }) => columns))];
}
