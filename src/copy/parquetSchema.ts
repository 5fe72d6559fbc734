import type { ColumnType } from '../billing/columnType.ts';
import { MAX_COLUMNS, MAX_NAME_CHARACTERS } from '../billing/limits.ts';
import { flatColumns, topLevelColumns } from './columnTypes.ts';
import type { SchemaNode } from './schemaNode.ts';

/** What a file's schema says, whatever rows and statistics are beside it. */
export interface ParquetSchema {
  /** Why it is no schema of a report; undefined where it may be one. */
  readonly problem: string | undefined;
  /** Its top-level columns, in its order; none where there is a problem. */
  readonly columns: readonly ColumnType[];
  /** The names of the columns that are neither nested nor repeated. */
  readonly flat: ReadonlySet<string>;
}

const MAX_SCHEMA_DEPTH = 16;

/** The schema whose tree these elements are, each before its children. */
export function parquetSchema(nodes: readonly SchemaNode[]): ParquetSchema {
  const problem = treeProblem(nodes) ?? nameProblem(nodes);
  return { problem, columns: problem === undefined ? topLevelColumns(nodes) : [], flat: flatColumns(nodes) };
}

/**
 * Whether the flat list of a schema's elements is a tree that can be built: each child is there,
 * and none is too deep.
 */
function treeProblem(nodes: readonly SchemaNode[]): string | undefined {
  const open: number[] = [];
  for (const [index, { children }] of nodes.entries()) {
    if (index > 0 && open.length === 0) return `${nodes.length - index} elements of its schema belong to nothing`;
    const parent = open.length - 1;
    if (index > 0) open[parent] = (open[parent] ?? 0) - 1;
    if (children > nodes.length) return `an element of its schema claims ${children} children`;
    if (children > 0) open.push(children);
    if (open.length > MAX_SCHEMA_DEPTH) return `its schema is nested deeper than ${MAX_SCHEMA_DEPTH} levels`;
    while (open.at(-1) === 0) open.pop();
  }
  if (open.length > 0) return 'its schema ends before its last element';
  const columns = nodes[0]?.children ?? 0;
  if (columns <= 0) return 'no columns';
  return columns > MAX_COLUMNS ? `${columns} columns, and no report has more than ${MAX_COLUMNS}` : undefined;
}

/** The first element is the root, which may go without a name. */
function nameProblem([, ...elements]: readonly SchemaNode[]): string | undefined {
  for (const { name } of elements) {
    if (!name) return 'a column without a name';
    if (name.length > MAX_NAME_CHARACTERS) {
      return `a column name of ${name.length} characters, and no report has more than ${MAX_NAME_CHARACTERS}`;
    }
  }
  return undefined;
}
