import { printable } from '../../base/printable.ts';
import { whyNotBill } from '../../billing/costReport.ts';
import { inspectObject } from '../../copy/parquetFooter.ts';
import type { Location, ObjectStore } from '../../store/objectStore.ts';
import { type DuckdbReader, parquetList, withDuckdb } from './duckdbReader.ts';

/**
 * What a person's Parquet file is.
 *
 *   unreadable   not a Parquet file, a damaged one, or one that cannot be opened
 *   not-bill     a whole Parquet file that is no part of a bill
 *   empty        without rows: a placeholder, or a surplus chunk
 *   report       part of a bill; `groups` say whose and of which month its rows are
 */
export type FileFacts =
  | { readonly is: 'unreadable' | 'not-bill'; readonly reason: string }
  | { readonly is: 'empty' }
  | {
      readonly is: 'report';
      readonly groups: readonly RowGroup[];
      readonly columns: readonly string[];
      readonly sizeBytes: number;
    };

/** How many rows say this payer and this month. */
export interface RowGroup {
  /**
   * bill_payer_account_id as text; null where the report has no such column, or the row no value.
   */
  readonly payer: string | null;
  /** `YYYY-MM` of bill_billing_period_start_date, in UTC; null as above. */
  readonly period: string | null;
  readonly rows: number;
}

const PAYER = 'bill_payer_account_id';
const PERIOD = 'bill_billing_period_start_date';
/** Footers that are opened at once; more only takes memory. */
const BATCH = 200;

/**
 * What files are, by key: their footers are read as staging reads them, and two columns of those
 * that are reports. Which of the two a report has does not matter. `pathOf` gives the path of a
 * key. A batch with a file that DuckDB cannot read is read again file by file.
 */
export async function readFileFacts(
  store: ObjectStore,
  bucket: string,
  keys: readonly string[],
  pathOf: (key: string) => string,
): Promise<Map<string, FileFacts>> {
  const facts = new Map<string, FileFacts>();
  const reports: (LookedAt & { readonly key: string })[] = [];
  for (const key of keys) {
    const looked = await lookAt(store, { bucket, key });
    if ('is' in looked) facts.set(key, looked);
    else reports.push({ key, ...looked });
  }
  if (reports.length === 0) return facts;
  const byShape = Map.groupBy(reports, ({ columns }) => shapeOf(columns));
  await withDuckdb(async (reader) => {
    for (const [shape, files] of byShape) {
      for (let start = 0; start < files.length; start += BATCH) {
        const batch = files.slice(start, start + BATCH).map((file) => ({ ...file, path: pathOf(file.key) }));
        for (const [key, answer] of await groupsOf(reader, shape, batch)) facts.set(key, answer);
      }
    }
  });
  return facts;
}

/** What the footer of a report with rows says. */
interface LookedAt {
  readonly columns: readonly string[];
  readonly sizeBytes: number;
}

interface ReportFile extends LookedAt {
  readonly key: string;
  readonly path: string;
}

async function lookAt(store: ObjectStore, file: Location): Promise<FileFacts | LookedAt> {
  try {
    const { content, sizeBytes } = await inspectObject(store, file);
    if (content.is === 'empty') return { is: 'empty' };
    if (content.is === 'corrupt') return { is: 'unreadable', reason: content.reason };
    if (content.footer.rows === 0) return { is: 'empty' };
    const columns = content.footer.columns.map(({ name }) => name);
    const reason = whyNotBill(columns);
    return reason === undefined ? { columns, sizeBytes } : { is: 'not-bill', reason };
  } catch (error) {
    return { is: 'unreadable', reason: firstLine(error) };
  }
}

/** The expressions for payer and month that a file with these columns has. */
function shapeOf(columns: readonly string[]): string {
  const names = new Set(columns.map((name) => name.toLowerCase()));
  const payer = names.has(PAYER) ? `nullif(cast(${PAYER} as varchar), '')` : 'null::varchar';
  const period = names.has(PERIOD) ? `nullif(substr(cast(${PERIOD} as varchar), 1, 7), '')` : 'null::varchar';
  return `${payer} as payer, ${period} as period`;
}

async function groupsOf(
  reader: DuckdbReader,
  shape: string,
  files: readonly ReportFile[],
): Promise<Map<string, FileFacts>> {
  const sql = `select filename, ${shape}, count(*)::double as row_count
    from read_parquet(${parquetList(files.map(({ path }) => path))},
      filename = true, union_by_name = true, hive_partitioning = false)
    group by all order by all`;
  try {
    const rows = Map.groupBy(await reader.rows(sql), ([path]) => String(path));
    return new Map(
      files.map(({ key, path, columns, sizeBytes }) => [
        key,
        { is: 'report', columns, sizeBytes, groups: (rows.get(path) ?? []).map(groupOf) } as const,
      ]),
    );
  } catch (error) {
    const [only, ...others] = files;
    if (only && others.length === 0) return new Map([[only.key, { is: 'unreadable', reason: firstLine(error) }]]);
    const answers = new Map<string, FileFacts>();
    for (const file of files)
      for (const [key, answer] of await groupsOf(reader, shape, [file])) answers.set(key, answer);
    return answers;
  }
}

function groupOf([, payer, period, rows]: readonly unknown[]): RowGroup {
  return {
    payer: typeof payer === 'string' ? payer : null,
    period: typeof period === 'string' ? period : null,
    rows: Number(rows),
  };
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return printable(line);
}
