import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { expect } from 'vitest';
import type { ColumnType } from '../../../src/billing/columnType.ts';
import { type Partition, partitionPrefix } from '../../../src/billing/partition.ts';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';
import { publicationOf, type Row } from '../../warehouse/harness.ts';
import type { DuckdbHarness } from './harness.ts';

/** Stages, registers and publishes files of one partition. Columns and rows by file name. */
export async function publishReport(
  harness: DuckdbHarness,
  partition: Partition,
  files: Readonly<Record<string, { columns: readonly ColumnType[]; rows: readonly Row[] }>>,
): Promise<StagedFile[]> {
  const staged: StagedFile[] = [];
  for (const [name, file] of Object.entries(files)) staged.push(await harness.stage({ partition, name, ...file }));
  const statuses = await harness.warehouse.register(partition, staged);
  expect(statuses.filter(({ status }) => status === 'failed')).toEqual([]);
  await harness.warehouse.publish(partition.period, 1, [publicationOf(partition, staged)]);
  return staged;
}

export function columns(types: Readonly<Record<string, string>>): ColumnType[] {
  return Object.entries({ identity_line_item_id: 'string', ...types }).map(([name, type]) => ({ name, type }));
}

/** Writes a staged file of one row, whose columns hold their own index; names may repeat. */
export function writeTexts(
  harness: DuckdbHarness,
  partition: Partition,
  name: string,
  names: readonly string[],
): StagedFile {
  const stagedKey = `${partitionPrefix(partition)}${name}.parquet`;
  const filename = path.join(harness.stagingRoot, stagedKey);
  mkdirSync(path.dirname(filename), { recursive: true });
  parquetWriteFile({
    filename,
    columnData: names.map((column, index) => ({ name: column, data: [String(index)], type: 'STRING' })),
  });
  const types = names.map((column) => ({ name: column, type: 'string' }));
  return { stagedKey, rows: 1, sizeBytes: 1, columns: types };
}

/** What readers see, by line item. */
export function lineItems(harness: DuckdbHarness, selected: string) {
  return harness.query(`select ${selected} from cur_line_items order by identity_line_item_id`);
}
