import type { SnowflakeNames } from '../../adapters/snowflake/names.ts';
import type { Statements } from '../../adapters/snowflake/statements.ts';
import type { Partition } from '../../billing/partition.ts';
import { monthOf, yearOf } from '../../billing/period.ts';
import { type Answer, asExpected, otherWay, type Question, trouble } from './question.ts';
import { SAMPLE_COST, SAMPLE_TAG, SAMPLE_TIME } from './sampleFiles.ts';
import { INT96, REPORT, TIMESTAMPS } from './scratchWarehouse.ts';

/** Hours from UTC, so that what depends on the session shows another time. */
const FAR_ZONE = "alter session set TIMEZONE = 'America/Los_Angeles'";

interface TimestampColumn {
  readonly id: string;
  readonly asks: string;
  readonly partition: Partition;
  readonly column: string;
  readonly type: string;
  /** Whether readers are shown what a cast to TIMESTAMP_LTZ answers. */
  readonly isCast: boolean;
}

/**
 * SQL reference, "CREATE FILE FORMAT", USE_LOGICAL_TYPE: what is adjusted to UTC becomes
 * TIMESTAMP_LTZ, what is not TIMESTAMP_NTZ; INT96 is TIMESTAMP_NTZ without the vectorized scanner.
 * It says so of loading and of staged files; of external tables it says nothing.
 */
const TIMESTAMP_COLUMNS: readonly TimestampColumn[] = [
  instant('timestamp-millis', 'an instant of milliseconds', 'instant_millis'),
  instant('timestamp-older', 'an instant of milliseconds, by the older annotation alone', 'older_millis'),
  instant('timestamp-micros', 'an instant of microseconds', 'instant_micros'),
  {
    id: 'timestamp-local',
    asks: 'the type of a local time',
    partition: TIMESTAMPS,
    column: 'local_micros',
    type: 'TIMESTAMP_NTZ',
    isCast: false,
  },
  {
    id: 'timestamp-int96',
    asks: 'the type of a timestamp stored as INT96',
    partition: INT96,
    column: 'instant_int96',
    type: 'TIMESTAMP_NTZ',
    isCast: false,
  },
];

function instant(id: string, what: string, column: string): TimestampColumn {
  return { id, asks: `the type of ${what}`, partition: TIMESTAMPS, column, type: 'TIMESTAMP_LTZ', isCast: true };
}

/** Every type that the contract view reads by value, whatever the footer says. */
const READ_BY_VALUE = ['TIMESTAMP_LTZ', 'TIMESTAMP_NTZ', 'TIMESTAMP_TZ', 'INTEGER', 'DECIMAL', 'VARCHAR'];

function timestampQuestion({ id, asks, partition, column, type, isCast }: TimestampColumn): Question {
  return {
    id,
    asks,
    expected: isCast ? `${type}, and ${SAMPLE_TIME} UTC by a cast` : type,
    async ask(asking) {
      const names = await asking.samples();
      const session = await asking.session('administrator');
      await session.run(FAR_ZONE);
      // Two statements: a bare path in the row is read by the older scanner, a cast by the newer
      // one (user guide, "Introduction to external tables").
      const found = await oneText(session, names, partition, `typeof(value:"${column}")`);
      const cast = `convert_timezone('UTC', value:"${column}"::timestamp_ltz)`;
      const utc = await oneText(session, names, partition, `to_varchar(${cast}, 'YYYY-MM-DD HH24:MI:SS')`);
      return judgeTimestamp({ type, isCast }, found, utc);
    },
  };
}

function judgeTimestamp(
  { type, isCast }: Pick<TimestampColumn, 'type' | 'isCast'>,
  foundType: string | undefined,
  utc: string | undefined,
): Answer {
  const found = isCast ? `${foundType}, and ${utc} UTC by a cast` : `${foundType}`;
  if (foundType === undefined || !READ_BY_VALUE.includes(foundType)) {
    return trouble(found, 'the views cannot read this type: do not publish files that have it, and report this');
  }
  const isWrongCast = isCast && foundType === type && utc !== SAMPLE_TIME;
  if (isWrongCast) return trouble(found, 'readers would see another time: do not go into production, and report this');
  if (foundType === type) return asExpected(found);
  return otherWay(found, 'such columns are read by value, with their type looked at row by row: right, but slower');
}

/**
 * Not documented (src/adapters/snowflake/view.ts): an array of objects with `key` and `value`, the
 * same under the name of the map's inner group, or an object.
 */
const mapQuestion: Question = {
  id: 'map',
  asks: 'how a map looks in the row',
  expected: 'an array of pairs',
  async ask(asking) {
    const names = await asking.samples();
    const session = await asking.session('administrator');
    const text = (await oneText(session, names, REPORT, 'to_json(value:"resource_tags")')) ?? 'null';
    return judgeMap(JSON.parse(text), text);
  },
};

function judgeMap(value: unknown, text: string): Answer {
  const { key, value: tag } = SAMPLE_TAG;
  const pairs = [{ key, value: tag }];
  if (isLike(value, pairs)) return asExpected('an array of pairs');
  const handled = 'the views read it as well';
  if (isLike(value, { key_value: pairs })) return otherWay('an array of pairs under key_value', handled);
  if (isLike(value, { [key]: tag })) return otherWay('an object', handled);
  return trouble(text, 'tags would be shown as text, or not at all: report this');
}

function isLike(value: unknown, wanted: unknown): boolean {
  return sorted(value) === sorted(wanted);
}

/** As JSON, in which the order of an object's fields does not matter. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}

/** User guide, "Introduction to external tables": a path that a row does not have is NULL. */
const missingColumnQuestion: Question = {
  id: 'missing-column',
  asks: 'what a column is that a file does not have',
  expected: 'NULL',
  async ask(asking) {
    const names = await asking.samples();
    const session = await asking.session('administrator');
    const value = await oneText(session, names, REPORT, `coalesce(value:"no_such_column"::varchar, 'NULL')`);
    if (value === 'NULL') return asExpected('NULL');
    return trouble(`${value}`, 'reports of different columns cannot be read by one view: report this');
  },
};

/** What readers see, in a session that is not in UTC. */
const contractRowQuestion: Question = {
  id: 'contract-row',
  asks: 'what the contract view shows of a published row, to a reader in Los Angeles',
  expected: `${SAMPLE_TIME}, ${SAMPLE_COST}, ${SAMPLE_TAG.value}`,
  async ask(asking) {
    const names = await asking.samples();
    const session = await asking.session('administrator');
    await session.run(FAR_ZONE);
    const [row] = await session.run(
      `select to_varchar(line_item_usage_start_date, 'YYYY-MM-DD HH24:MI:SS') as usage_start,
         line_item_unblended_cost as cost, resource_tags['${SAMPLE_TAG.key}']::varchar as tag
       from ${names.lineItemsView} where ${isIn(REPORT)}`,
    );
    const found = row ? `${row.USAGE_START}, ${row.COST}, ${row.TAG}` : 'no row';
    if (found === this.expected) return asExpected(found);
    return trouble(found, 'readers would see another bill: do not go into production, and report this');
  },
};

export const typeQuestions: readonly Question[] = [
  ...TIMESTAMP_COLUMNS.map(timestampQuestion),
  mapQuestion,
  missingColumnQuestion,
  contractRowQuestion,
];

/** What an expression is in the sample's row; undefined for NULL. Throws where there is no row. */
async function oneText(
  session: Statements,
  { externalTable }: SnowflakeNames,
  partition: Partition,
  expression: string,
): Promise<string | undefined> {
  const [row] = await session.run(`select ${expression} as found from ${externalTable} where ${isIn(partition)}`);
  if (!row) throw new Error(`the external table answers no row of ${partition.payer}: it has skipped the file`);
  return row.FOUND === null || row.FOUND === undefined ? undefined : String(row.FOUND);
}

function isIn({ payer, period }: Partition): string {
  return `year = ${yearOf(period)} and month = ${monthOf(period)} and payer = '${payer}'`;
}
