import { DuckDBInstance } from '@duckdb/node-api';
import { openDuckdbWarehouse } from '../../../src/adapters/duckdb/warehouse.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';
import { rendered } from '../../analytics/rendered.ts';

/**
 * A process in a time zone of its own. Its argument is JSON: { path, stagingRoot, payer, period,
 * file }. It registers the file, publishes it, and prints as JSON what the audit counts and when
 * readers see the usage begin, in its rows and by the script.
 */
interface Task {
  readonly path: string;
  readonly stagingRoot: string;
  readonly payer: string;
  readonly period: string;
  readonly file: StagedFile;
}

const task: Task = JSON.parse(process.argv[2] ?? '');
const partition = { payer: parsePayer(task.payer), period: parsePeriod(task.period) };
const seen = `select cast(line_item_usage_start_date as VARCHAR) as start from cur_line_items`;
const warehouse = await openDuckdbWarehouse({
  ...task,
  analyticsStatements: () => rendered([`create table seen as ${seen}`]),
});
await warehouse.register(partition, [task.file]);
const audits = await warehouse.audit(partition, [task.file]);
await warehouse.publish(partition.period, 1, [{ partition, files: [task.file], asOf: 0 }]);
const run = { period: partition.period, payers: [partition.payer], number: 1, epoch: 1 };
for (const step of warehouse.script.steps(partition.period, [])) await warehouse.script.submit(run, step);
const instance = await DuckDBInstance.fromCache(task.path);
const connection = await instance.connect();
const rows = await connection.runAndReadAll(`select start from seen union all (${seen})`);
const starts = rows.getRowObjectsJson().map(({ start }) => start);
process.stdout.write(JSON.stringify({ audits, starts }));
connection.closeSync();
instance.closeSync();
await warehouse.close();
