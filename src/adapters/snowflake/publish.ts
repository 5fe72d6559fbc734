import * as z from 'zod/mini';
import { slices } from '../../base/slices.ts';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import { monthOf, type Period, yearOf } from '../../billing/period.ts';
import { checkPublications } from '../../warehouse/checkPublications.ts';
import { costsText } from '../../warehouse/currencyCosts.ts';
import type { Publication, PublishedSet } from '../../warehouse/warehouse.ts';
import { letIn, lockFence } from './fence.ts';
import type { SnowflakeNames } from './names.ts';
import { ofMonth } from './ofMonth.ts';
import type { Session } from './session.ts';
import type { Statements } from './statements.ts';

/**
 * How many files one statement publishes. Their keys travel as one JSON value of some 100 bytes a
 * file, which keeps the request well below the 16 MB that a value may have, also when keys are as
 * long as S3 allows (1,024 bytes).
 */
const FILES_PER_STATEMENT = 5_000;

/**
 * What readers see, per payer whose month was ever published: one statement, however many payers.
 */
export async function publishedFiles(
  session: Statements,
  names: SnowflakeNames,
  period: Period,
  payers: readonly Payer[],
): Promise<Map<Payer, PublishedSet>> {
  if (payers.length === 0) return new Map();
  const rows = await session.run(
    `select publication.payer, publication.epoch, current_file.staged_key
     from ${names.publications} as publication
     left join ${names.currentFiles} as current_file
       on current_file.payer = publication.payer
       and current_file.year = publication.year
       and current_file.month = publication.month
     where ${ofMonth(period, payers, 'publication')}`,
  );
  const sets = new Map<Payer, { stagedKeys: string[]; epoch: number }>();
  for (const { PAYER, EPOCH, STAGED_KEY } of z.array(PublishedRow).parse(rows)) {
    const set = sets.get(PAYER) ?? { stagedKeys: [], epoch: EPOCH };
    sets.set(PAYER, set);
    if (STAGED_KEY !== null) set.stagedKeys.push(STAGED_KEY);
  }
  for (const { stagedKeys } of sets.values()) stagedKeys.sort();
  return sets;
}

/** The run that publishes. */
export interface Publishing {
  readonly period: Period;
  readonly epoch: number;
}

/**
 * Makes exactly these files visible, in one transaction under the fence: readers see all of the old
 * sets until it commits, and all of the new ones then. The number of statements does not grow with
 * the number of partitions. Throws FencedOff; a RangeError when a publication is of another period
 * or a partition occurs twice; and what the session throws. Then nothing has changed, unless the
 * answer to the commit was lost: publishing again is harmless.
 */
export async function publishFiles(
  session: Pick<Session, 'run' | 'transaction'>,
  names: SnowflakeNames,
  { period, epoch }: Publishing,
  publications: readonly Publication[],
): Promise<void> {
  checkPublications(period, publications);
  // The transaction can only lock a row of the fence that is there.
  await letIn(session, names, period, epoch);
  if (publications.length === 0) return;
  await session.transaction(async (statements) => {
    await lockFence(statements, names, period, epoch);
    await replaceRows(statements, names, { period, epoch }, publications);
  });
}

const PublishedRow = z.object({
  PAYER: z.pipe(z.string(), z.transform(parsePayer)),
  EPOCH: z.coerce.number(),
  STAGED_KEY: z.nullable(z.string()),
});

/**
 * Replaces what the bookkeeping tables say of these partitions, in a transaction under the fence.
 */
export async function replaceRows(
  statements: Statements,
  names: SnowflakeNames,
  { period, epoch }: Publishing,
  publications: readonly Publication[],
): Promise<void> {
  const payers = publications.map(({ partition }) => partition.payer);
  for (const table of [names.currentFiles, names.publications]) {
    await statements.run(`delete from ${table} where ${ofMonth(period, payers)}`);
  }
  const published = publications.map(({ partition: { payer }, deliveryId, asOf, costs }) => ({
    payer,
    delivery_id: deliveryId,
    as_of_epoch_ms: asOf,
    costs: costs && costsText(costs),
  }));
  await statements.run(
    `insert into ${names.publications} (payer, year, month, delivery_id, as_of, epoch, published_at, costs)
     select value:payer::varchar, ?, ?, value:delivery_id::varchar,
       to_timestamp_ntz(value:as_of_epoch_ms::number(38, 0), 3), ?, sysdate(), value:costs::varchar
     from table(flatten(input => parse_json(?)))`,
    [yearOf(period), monthOf(period), epoch, JSON.stringify(published)],
  );
  for (const some of slices(publications.flatMap(currentFilesOf), FILES_PER_STATEMENT)) {
    await statements.run(
      `insert into ${names.currentFiles}
         (payer, year, month, staged_key, row_count, delivery_id, as_of, epoch, published_at)
       select publication.payer, publication.year, publication.month,
         file.value:staged_key::varchar, file.value:rows::number(38, 0),
         publication.delivery_id, publication.as_of, publication.epoch, publication.published_at
       from table(flatten(input => parse_json(?))) as file
       join ${names.publications} as publication on publication.payer = file.value:payer::varchar
       where ${ofMonth(period, payers, 'publication')}`,
      [JSON.stringify(some)],
    );
  }
}

/** Each file once, however often it was given. */
function currentFilesOf({ partition: { payer }, files }: Publication) {
  const rowsByKey = new Map(files.map(({ stagedKey, rows }) => [stagedKey, rows]));
  return [...rowsByKey].map(([stagedKey, rows]) => ({ payer, staged_key: stagedKey, rows }));
}
