import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import type { Partition } from '../../billing/partition.ts';
import { parsePayer } from '../../billing/payer.ts';
import { periodOf } from '../../billing/period.ts';
import { summaryTables } from '../../warehouse/summaries.ts';
import { partitionValues } from './partitionValues.ts';
import { inTransaction } from './transaction.ts';

/** What of a partition was in the warehouse. */
export interface InWarehouse {
  readonly files: number;
  readonly rows: number;
  readonly findings: number;
}

/** The partitions of which anything is in the warehouse, published or not. */
export async function partitionsInWarehouse(connection: DuckDBConnection): Promise<Partition[]> {
  const reader = await connection.runAndReadAll(
    `select payer, year, month from cur_publications
     union select payer, year, month from cur_registered_files
     union select payer, year, month from cur_current_files
     union select payer, year, month from cur_findings
     union select payer, year, month from cur_check_runs
     ${summaryTables.map((table) => `union select payer, year, month from ${table}`).join(' ')}
     order by all`,
  );
  return z
    .array(PartitionRow)
    .parse(reader.getRowObjectsJS())
    .flatMap(({ payer, year, month }) => {
      const period = periodOf(year, month);
      return period === undefined ? [] : [{ payer, period }];
    });
}

/**
 * Takes a partition out of the warehouse, in one transaction: rows, files, findings, summaries, and
 * that it was ever published. The fence of its period stays. Doing it again finds nothing.
 */
export async function forgetInWarehouse(connection: DuckDBConnection, partition: Partition): Promise<InWarehouse> {
  const removed = async (table: string) => {
    const sql = `delete from ${table} where payer = $payer and year = $year and month = $month`;
    return (await connection.run(sql, partitionValues(partition))).rowsChanged;
  };
  return inTransaction(connection, async () => {
    await removed('cur_current_files');
    await removed('cur_publications');
    await removed('cur_check_runs');
    const rows = await removed('cur_external');
    const files = await removed('cur_registered_files');
    for (const table of summaryTables) await removed(table);
    return { files, rows, findings: await removed('cur_findings') };
  });
}

const PartitionRow = z.object({ payer: z.string().transform(parsePayer), year: z.number(), month: z.number() });
