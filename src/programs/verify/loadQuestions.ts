import { copySql, createLoadedTableSql, selectedOf } from '../../adapters/snowflake/loadedTable.ts';
import type { SnowflakeNames } from '../../adapters/snowflake/names.ts';
import { auditStaged } from '../../adapters/snowflake/stageScan.ts';
import type { Statements } from '../../adapters/snowflake/statements.ts';
import type { Partition } from '../../billing/partition.ts';
import type { StagedFile } from '../../warehouse/warehouse.ts';
import { type Asking, asExpected, otherWay, type Question, trouble } from './question.ts';
import { reportSample, SAMPLE_COST, SAMPLE_TIME } from './sampleFiles.ts';
import { samplePartition, stagedKeyOf } from './scratchWarehouse.ts';

/** What follows for a stage where rows cannot be loaded as they should be. */
const STAY = 'leave warehouseTarget at external, and report this';

/** The sample's columns, as its footer names their types. */
const COLUMNS: StagedFile['columns'] = [
  { name: 'identity_line_item_id', type: 'string' },
  { name: 'line_item_line_item_type', type: 'string' },
  { name: 'line_item_currency_code', type: 'string' },
  { name: 'line_item_unblended_cost', type: 'double' },
  { name: 'bill_billing_period_start_date', type: 'timestamp_utc' },
  { name: 'line_item_usage_start_date', type: 'timestamp_utc' },
  { name: 'resource_tags', type: 'map<string,string>' },
];

/**
 * User guide, "Querying data in staged files". Whether PATTERN matches a file's whole path or what
 * stands below the stage's own is not said, and how a staged value shows its type neither.
 */
const scanQuestion: Question = {
  id: 'stage-scan',
  asks: 'whether a scan of the stage reads exactly the files that it names',
  expected: '1 row, whose month and cost are read',
  async ask(asking) {
    const { session, own, partition, file } = await stagedFor(asking, 19);
    const [audit] = await auditStaged(session, own, partition, [file]);
    if (!audit || audit.reason !== undefined) return trouble(audit?.reason ?? 'no answer', STAY);
    const { rows, rowsWithCost, rowsOfOtherPeriods } = audit;
    const found = `${rows} row, ${rowsWithCost} with a cost, ${rowsOfOtherPeriods} of another month`;
    const isRight = rows === 1 && rowsWithCost === 1 && rowsOfOtherPeriods === 0;
    return isRight ? asExpected(found) : trouble(found, STAY);
  },
};

/** SQL reference, "COPY INTO <table>", output: a row for each file. */
const copyQuestion: Question = {
  id: 'load-files',
  asks: 'what COPY answers for a file, and what it has loaded of it',
  expected: `LOADED with 1 row, ${SAMPLE_TIME} UTC and a cost of ${SAMPLE_COST}`,
  async ask(asking) {
    const { session, own, partition, file } = await stagedFor(asking, 20);
    await session.run(createLoadedTableSql(own));
    const stagedKeys = [stagedKeyOf(partition)];
    const [copied] = await session.run(copySql(own, { publishId: 'verify', selected: selectedOf(file), stagedKeys }));
    const [row] = await session.run(
      `select to_varchar(convert_timezone('UTC', line_item_usage_start_date)::timestamp_ntz, 'YYYY-MM-DD HH24:MI:SS') as usage_start,
         line_item_unblended_cost as cost
       from ${own.loadedTable}`,
    );
    const loaded = `${row?.USAGE_START ?? 'no row'} and ${row?.COST ?? 'no cost'}`;
    const found = `${copied?.STATUS ?? 'no status'}, ${copied?.ROWS_LOADED ?? 'no'} row, ${loaded}`;
    if (row?.USAGE_START !== SAMPLE_TIME || Number(row?.COST) !== SAMPLE_COST) return trouble(found, STAY);
    if (Number(copied?.ROWS_LOADED) !== 1) return trouble(found, STAY);
    return copied?.STATUS === 'LOADED' ? asExpected(found) : otherWay(found, 'the number of rows is what counts');
  },
};

/** What only `warehouseTarget: table` relies on. */
export const loadQuestions: readonly Question[] = [scanQuestion, copyQuestion];

async function stagedFor(
  asking: Asking,
  number: number,
): Promise<{
  readonly session: Statements;
  readonly own: SnowflakeNames;
  readonly partition: Partition;
  readonly file: StagedFile;
}> {
  const partition = samplePartition(number);
  const bytes = reportSample();
  await asking.files.put(stagedKeyOf(partition), bytes);
  const own = await asking.scratch();
  const session = await asking.session('administrator');
  const file = { stagedKey: stagedKeyOf(partition), rows: 1, sizeBytes: bytes.length, columns: COLUMNS };
  return { session, own, partition, file };
}
