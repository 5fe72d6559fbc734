import type { ColumnType } from '../../billing/columnType.ts';
import type { FileSchema, SchemasOfLedger } from '../../ledger/ledger.ts';
import type { SqliteDatabase } from './database.ts';

export class SqliteSchemas implements SchemasOfLedger {
  readonly #db: SqliteDatabase;
  /** Most files of a delivery have the same columns: they are written once. */
  readonly #known = new Set<string>();

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  async recordSchema(schema: FileSchema): Promise<void> {
    if (this.#known.has(schema.id)) return;
    this.#db.put('schemas', [schema.id], schema);
    this.#known.add(schema.id);
  }

  async schemas(ids: readonly string[]): Promise<Map<string, readonly ColumnType[]>> {
    const schemas = new Map<string, readonly ColumnType[]>();
    for (const id of new Set(ids)) {
      const schema = this.#db.get<FileSchema>('select body from schemas where id = ?', [id]);
      if (!schema) throw new Error(`the ledger has no schema ${id}`);
      schemas.set(id, schema.columns);
    }
    return schemas;
  }
}
