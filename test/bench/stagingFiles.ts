import { parquetWriteBuffer } from 'hyparquet-writer';
import { MAX_COLUMNS, MAX_FOOTER_BYTES } from '../../src/billing/limits.ts';
import { legacyColumns } from '../../src/programs/sample/reportColumns.ts';
import { legacyFile } from '../../src/programs/sample/reportFile.ts';
import { sampleRows } from './smallFiles.ts';

/** The columns of a large customer's report, and as many rows as make 50 kB with them. */
const COLUMNS = 180;
const ROWS = 170;

export interface StagingFile {
  readonly columns: number;
  readonly bytes: Uint8Array;
}

/** Files of one report: the same columns, other rows, statistics and offsets. */
export function reportFile(seed: number): StagingFile {
  const usual = legacyColumns();
  const tags = Array.from({ length: COLUMNS - usual.length }, (_, nth) => `resource_tags_user_tag_${100 + nth}`);
  return { columns: COLUMNS, bytes: legacyFile(sampleRows(seed).slice(0, ROWS), legacyColumns(tags)) };
}

/** As many columns as are taken, and row groups until the footer is as long as is taken. */
export function widestFile(): StagingFile & { readonly footerBytes: number } {
  const needed = legacyColumns().filter((name) => /^(identity|line_item)_/.test(name));
  const tags = Array.from({ length: MAX_COLUMNS - needed.length }, (_, nth) => `resource_tags_user_cost_tag_${nth}`);
  let widest: Uint8Array | undefined;
  for (let groups = 1; ; groups += 1) {
    const cells = Array.from({ length: groups }, () => 'a value of a tag, as statistics hold it');
    const columnData = [...needed, ...tags].map((name) => ({ name, data: cells, type: 'STRING' as const }));
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1 }));
    if (footerBytesOf(bytes) > MAX_FOOTER_BYTES) break;
    widest = bytes;
  }
  if (!widest) throw new Error('one row group is larger than all that is taken');
  return { columns: MAX_COLUMNS, bytes: widest, footerBytes: footerBytesOf(widest) };
}

/** "4-byte length of the footer, then the magic number PAR1" (Parquet file format). */
function footerBytesOf(file: Uint8Array): number {
  return new DataView(file.buffer, file.byteOffset + file.length - 8).getUint32(0, true);
}
