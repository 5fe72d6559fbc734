import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import * as z from 'zod';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import { monthOf, type Period, yearOf } from '../../billing/period.ts';
import { checkPublications } from '../../warehouse/checkPublications.ts';
import { costsText } from '../../warehouse/currencyCosts.ts';
import type { Publication, PublishedSet } from '../../warehouse/warehouse.ts';
import { checkFence } from './fence.ts';
import { partitionValues } from './partitionValues.ts';
import { inTransaction } from './transaction.ts';

/** What readers see, per payer whose month was ever published. */
export async function publishedFiles(
  connection: DuckDBConnection,
  period: Period,
  payers: readonly Payer[],
): Promise<Map<Payer, PublishedSet>> {
  const reader = await connection.runAndReadAll(
    `select publication.payer, publication.epoch, current_file.staged_key
     from cur_publications as publication
     left join cur_current_files as current_file using (payer, year, month)
     where year = $year and month = $month and payer in (select unnest($payers))
     order by publication.payer, current_file.staged_key`,
    { year: yearOf(period), month: monthOf(period), payers: listValue(payers) },
    { payers: LIST(VARCHAR) },
  );
  const sets = new Map<Payer, { stagedKeys: string[]; epoch: number }>();
  for (const { payer, epoch, staged_key } of z.array(PublishedRow).parse(reader.getRowObjectsJS())) {
    const set = sets.get(payer) ?? { stagedKeys: [], epoch };
    sets.set(payer, set);
    if (staged_key !== null) set.stagedKeys.push(staged_key);
  }
  return sets;
}

/**
 * Makes exactly these files visible, in one transaction that checks the fence first. Throws
 * FencedOff, and a RangeError when a publication is of another period or a partition occurs twice.
 */
export async function publishFiles(
  connection: DuckDBConnection,
  period: Period,
  epoch: number,
  publications: readonly Publication[],
): Promise<void> {
  checkPublications(period, publications);
  await inTransaction(connection, async () => {
    await checkFence(connection, period, epoch);
    for (const publication of publications) await replace(connection, epoch, publication);
  });
}

const PublishedRow = z.object({
  payer: z.string().transform(parsePayer),
  epoch: z.bigint().transform(Number),
  staged_key: z.string().nullable(),
});

async function replace(connection: DuckDBConnection, epoch: number, publication: Publication): Promise<void> {
  const { partition, files, deliveryId, asOf, costs } = publication;
  const where = 'where payer = $payer and year = $year and month = $month';
  await connection.run(`delete from cur_current_files ${where}`, partitionValues(partition));
  await connection.run(`delete from cur_publications ${where}`, partitionValues(partition));
  await connection.run(
    `insert into cur_publications by name
     select $payer as payer, $year as year, $month as month, $delivery_id as delivery_id,
       epoch_ms($as_of_epoch_ms::BIGINT) as as_of, $epoch as epoch, current_timestamp::TIMESTAMP as published_at,
       $costs as costs`,
    {
      ...partitionValues(partition),
      delivery_id: deliveryId ?? null,
      as_of_epoch_ms: asOf,
      epoch,
      costs: costs ? costsText(costs) : null,
    },
  );
  const rowsByKey = new Map(files.map(({ stagedKey, rows }) => [stagedKey, rows]));
  const currentFiles = [...rowsByKey].map(([stagedKey, rows]) => ({ staged_key: stagedKey, rows }));
  await connection.run(
    `insert into cur_current_files by name
     select payer, year, month, staged_key, rows, delivery_id, as_of, epoch, published_at
     from cur_publications,
       (select unnest(from_json($files, '[{"staged_key": "VARCHAR", "rows": "BIGINT"}]'), recursive := true))
     ${where}`,
    { ...partitionValues(partition), files: JSON.stringify(currentFiles) },
  );
}
