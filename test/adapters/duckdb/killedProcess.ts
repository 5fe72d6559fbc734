import { openDuckdbWarehouse } from '../../../src/adapters/duckdb/warehouse.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';

/**
 * A process to be killed. Its argument is JSON: { path, stagingRoot, payer, period, files }. It
 * publishes the files, says so on standard output, and from then on publishes nothing and
 * everything in turn, and registers and forgets.
 */
interface Task {
  readonly path: string;
  readonly stagingRoot: string;
  readonly payer: string;
  readonly period: string;
  readonly files: readonly StagedFile[];
}

const task: Task = JSON.parse(process.argv[2] ?? '');
const warehouse = await openDuckdbWarehouse({ ...task, analyticsStatements: () => [] });
const partition = { payer: parsePayer(task.payer), period: parsePeriod(task.period) };
const publish = (files: readonly StagedFile[]) =>
  warehouse.publish(partition.period, 1, [{ partition, files, asOf: 0 }]);

await warehouse.register(partition, task.files);
await publish(task.files);
process.stdout.write('published\n');
while (true) {
  await publish([]);
  const stagedKeys = task.files.map(({ stagedKey }) => stagedKey);
  await warehouse.unregister(partition.period, 1, [{ payer: partition.payer, stagedKeys }]);
  await warehouse.register(partition, task.files);
  await publish(task.files);
}
