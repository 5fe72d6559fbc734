/** Snowflake's SQL, as far as the statements of this project that read rows need it. */
export type Expression =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'number'; readonly text: string }
  | { readonly is: 'word'; readonly value: boolean | null }
  /** A `?`, by its place in the statement. */
  | { readonly is: 'bind'; readonly index: number }
  | { readonly is: 'name'; readonly qualifier: string | undefined; readonly name: string }
  /** `of:"key"`. */
  | { readonly is: 'path'; readonly of: Expression; readonly key: string }
  | { readonly is: 'element'; readonly of: Expression; readonly at: Expression }
  | { readonly is: 'cast'; readonly of: Expression; readonly type: string }
  | { readonly is: 'call'; readonly name: string; readonly given: readonly Expression[] }
  | { readonly is: 'lambda'; readonly parameters: readonly string[]; readonly body: Expression }
  | { readonly is: 'case'; readonly branches: readonly Branch[]; readonly otherwise: Expression | undefined }
  | { readonly is: 'in'; readonly of: Expression; readonly list: readonly Expression[] }
  | { readonly is: 'isNull'; readonly of: Expression; readonly negated: boolean }
  | { readonly is: 'not'; readonly of: Expression }
  | { readonly is: 'operator'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly is: 'exists'; readonly query: Query };

interface Branch {
  readonly when: Expression;
  readonly value: Expression;
}

export interface Query {
  /** The queries that the others name, in their order. */
  readonly named: readonly (readonly [name: string, query: Query])[];
  readonly selected: readonly (Selected | '*')[];
  readonly from: Source | undefined;
  readonly where: Expression | undefined;
  readonly groupBy: readonly Expression[];
  readonly limit: number | undefined;
}

export interface Selected {
  readonly name: string;
  readonly expression: Expression;
}

export interface Source {
  /** A name in lower case; of a stage, its path behind an `@`, as it is written. */
  readonly relation: string | Query;
  /** Of a stage: what the whole of a file's path has to match. */
  readonly pattern?: string | undefined;
  readonly alias: string | undefined;
}

/** A column that is computed of others, in the definition of a table. */
export interface VirtualColumn extends Selected {
  readonly type: string;
}
