import { quoteIdentifier } from '../../adapters/duckdb/quote.ts';
import { parquetList, withDuckdb } from './duckdbReader.ts';

/**
 * A small picture of some rows: the smallest of their hashes. Two pictures show how many rows two
 * files have in common (k minimum values: Beyer et al., "On synopses for distinct-value estimation
 * under multiset operations", SIGMOD 2007).
 */
export interface RowSketch {
  /** Of each row's identity; empty for a report without identity columns. */
  readonly identities: HashSample;
  /** Of each row as a whole, but for its line item's id. */
  readonly rows: HashSample;
  /**
   * When the latest usage began: milliseconds since 1970; null where no row says it. Not when it
   * ended: taxes and fees end with their month from its first day on.
   */
  readonly until: number | null;
}

/**
 * The smallest hashes of something, ascending, each once; all of them when it has fewer than {@link
 * SAMPLE_SIZE}.
 */
export interface HashSample {
  readonly hashes: readonly number[];
  readonly isWhole: boolean;
}

const SAMPLE_SIZE = 1024;
/** Equal rows have equal hashes, so more are asked for than are kept. */
const ASKED = 4 * SAMPLE_SIZE;
/** Too few rows prove nothing. */
const MIN_ROWS = 8;

const ID = 'identity_line_item_id';
const INTERVAL = 'identity_time_interval';
const START = 'line_item_usage_start_date';

/**
 * One sketch of all rows of some files together, which have at least the columns `columns` in
 * common. A line item's id is "unique in a given partition" of a report (Cost and Usage Reports
 * User Guide, Identity details); with its interval it names one row of a delivery. Throws DuckDB's
 * error.
 */
export async function sketchRows(paths: readonly string[], columns: readonly string[]): Promise<RowSketch> {
  const names = new Set(columns.map((name) => name.toLowerCase()));
  const hasIdentity = names.has(ID) && names.has(INTERVAL);
  const others = [...names].filter((name) => name !== ID && name !== '').toSorted();
  const identity = hasIdentity ? `${smallest([ID, INTERVAL])} filter (where ${ID} <> '')` : '[]';
  const sql = `select ${identity}, ${smallest(others)},
      epoch_ms(max(try_cast(${START} as timestamp)))
    from read_parquet(${parquetList(paths)}, union_by_name = true, hive_partitioning = false)`;
  return withDuckdb(async (reader) => {
    const [[identities, rows, until] = []] = await reader.rows(sql);
    return {
      identities: sampleOf(identities),
      rows: sampleOf(rows),
      until: until === null || until === undefined ? null : Number(until),
    };
  });
}

function smallest(columns: readonly string[]): string {
  const texts = columns.map((name) => `cast(${quoteIdentifier(name)} as varchar)`);
  // 53 bits are exact as JavaScript's numbers.
  return `min(hash(${texts.join(', ')}) >> 11, ${ASKED})`;
}

function sampleOf(value: unknown): HashSample {
  const asked = Array.isArray(value) ? value.map(Number) : [];
  const distinct = [...new Set(asked)];
  return { hashes: distinct.slice(0, SAMPLE_SIZE), isWhole: asked.length < ASKED && distinct.length <= SAMPLE_SIZE };
}

/**
 * How much of the smaller of two files stands in the other one, too: 0 to 1, estimated; 0 where it
 * has fewer rows than `minRows`, which say too little.
 */
export function overlapOf(a: HashSample, b: HashSample, minRows = MIN_ROWS): number {
  const limit = Math.min(reachOf(a), reachOf(b));
  const [inA, inB] = [a, b].map(({ hashes }) => hashes.filter((hash) => hash <= limit));
  const smaller = Math.min(inA?.length ?? 0, inB?.length ?? 0);
  if (smaller < minRows) return 0;
  const other = new Set(inB);
  return (inA ?? []).filter((hash) => other.has(hash)).length / smaller;
}

/** Up to which hash the sample knows all that there are. */
function reachOf({ hashes, isWhole }: HashSample): number {
  return isWhole ? Number.POSITIVE_INFINITY : (hashes.at(-1) ?? 0);
}
