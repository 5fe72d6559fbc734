/**
 * A top-level column of a Parquet file. `type` is this project's own short name for it: see
 * `copy/columnTypes.ts`.
 */
export interface ColumnType {
  readonly name: string;
  readonly type: string;
}
