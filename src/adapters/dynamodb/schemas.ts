import type { ColumnType } from '../../billing/columnType.ts';
import type { FileSchema, SchemasOfLedger } from '../../ledger/ledger.ts';
import { getDocument, putDocument } from './documents.ts';
import { schemaKey } from './keys.ts';
import type { DynamodbTable } from './table.ts';
import { WriteOnce } from './writeOnce.ts';

export class DynamodbSchemas implements SchemasOfLedger {
  readonly #table: DynamodbTable;
  /** Most files of a delivery have the same columns: they are written once. */
  readonly #once = new WriteOnce();

  constructor(table: DynamodbTable) {
    this.#table = table;
  }

  async recordSchema(schema: FileSchema): Promise<void> {
    const key = schemaKey(schema.id);
    await this.#once.write(key, async () => {
      if (!(await this.#table.get(key))) await putDocument(this.#table, key, schema.columns);
    });
  }

  async schemas(ids: readonly string[]): Promise<Map<string, readonly ColumnType[]>> {
    const schemas = new Map<string, readonly ColumnType[]>();
    for (const id of new Set(ids)) {
      const columns = await getDocument<readonly ColumnType[]>(this.#table, schemaKey(id));
      if (!columns) throw new Error(`the ledger has no schema ${id}`);
      schemas.set(id, columns);
    }
    return schemas;
  }
}
