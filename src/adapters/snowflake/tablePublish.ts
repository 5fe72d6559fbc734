import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { slices } from '../../base/slices.ts';
import { checkPublications } from '../../warehouse/checkPublications.ts';
import type { Publication, StagedFile } from '../../warehouse/warehouse.ts';
import { stagedKeyIn } from './changeFiles.ts';
import { letIn, lockFence } from './fence.ts';
import { copySql, selectedOf } from './loadedTable.ts';
import type { SnowflakeNames } from './names.ts';
import { ofMonth } from './ofMonth.ts';
import { type Publishing, replaceRows } from './publish.ts';
import type { Session } from './session.ts';
import type { Statements } from './statements.ts';

/** SQL reference, "COPY INTO <table>", FILES. */
const FILES_PER_COPY = 1_000;

/**
 * How much one transaction loads, unless one payer's month alone is larger. What is committed stays
 * when the time for the others runs out.
 */
const BYTES_PER_TRANSACTION = 1024 ** 3;

/**
 * Publishes by loading, in one transaction for as many payers' months as are not too much for one,
 * the smallest first: readers see all of a month's old rows until it commits, and all of the new
 * ones then. When a file cannot be loaded whole, nothing has changed of what is loaded with it.
 *
 * The files are loaded before the fence is locked: a COPY only adds rows, which needs no lock
 * ("Transactions", resource locking), while who waits for the fence does so for the rest alone,
 * however long the loading takes. What the fence guards comes after it: the old rows, all that
 * another publish has loaded, are deleted, and the bookkeeping tables are written. Of two publishes
 * under one epoch, of which the first was taken for lost, the later deletes the earlier's rows.
 *
 * Throws FencedOff; a RangeError as `publishFiles` does; an Error that names a file that was loaded
 * with other rows than its footer promises; and what the session throws. All but FencedOff are
 * tried again by the finalizer: each partition by itself, and later.
 */
export async function publishByLoading(
  session: Pick<Session, 'run' | 'transaction'>,
  names: SnowflakeNames,
  { period, epoch }: Publishing,
  publications: readonly Publication[],
): Promise<void> {
  checkPublications(period, publications);
  await letIn(session, names, period, epoch);
  if (publications.length === 0) return;
  for (const some of batchesOf(publications)) await publishBatch(session, names, { period, epoch }, some);
}

async function publishBatch(
  session: Pick<Session, 'transaction'>,
  names: SnowflakeNames,
  { period, epoch }: Publishing,
  publications: readonly Publication[],
): Promise<void> {
  const publishId = randomUUID();
  const files = publications.flatMap((publication) => publication.files);
  const payers = publications.map(({ partition }) => partition.payer);
  await session.transaction(async (statements) => {
    for (const load of loadsOf(files)) await loadFiles(statements, names, publishId, load);
    await lockFence(statements, names, period, epoch);
    await statements.run(`delete from ${names.loadedTable} where ${ofMonth(period, payers)} and publish_id <> ?`, [
      publishId,
    ]);
    await replaceRows(statements, names, { period, epoch }, publications);
  });
}

function batchesOf(publications: readonly Publication[]): Publication[][] {
  const sized = publications.map((publication) => ({ publication, bytes: bytesOf(publication) }));
  const batches: Publication[][] = [];
  let room = 0;
  for (const { publication, bytes } of sized.sort((one, other) => one.bytes - other.bytes)) {
    if (bytes > room || batches.length === 0) {
      batches.push([]);
      room = BYTES_PER_TRANSACTION;
    }
    batches.at(-1)?.push(publication);
    room -= bytes;
  }
  return batches;
}

function bytesOf({ files }: Publication): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

interface Load {
  readonly selected: string;
  readonly files: readonly StagedFile[];
}

/** Each file once, with those whose columns have the same kinds, as many as one COPY may name. */
function loadsOf(files: readonly StagedFile[]): Load[] {
  const unique = [...new Map(files.map((file) => [file.stagedKey, file])).values()];
  return [...Map.groupBy(unique, selectedOf)].flatMap(([selected, alike]) =>
    slices(alike, FILES_PER_COPY).map((some) => ({ selected, files: some })),
  );
}

async function loadFiles(
  statements: Statements,
  names: SnowflakeNames,
  publishId: string,
  { selected, files }: Load,
): Promise<void> {
  const stagedKeys = files.map(({ stagedKey }) => stagedKey);
  const rows = await statements.run(copySql(names, { publishId, selected, stagedKeys }));
  const loaded = new Map<string, number>();
  for (const { FILE, ROWS_LOADED } of z.array(LoadRow).parse(rows)) {
    if (FILE) loaded.set(stagedKeyIn(FILE), ROWS_LOADED ?? 0);
  }
  for (const { stagedKey, rows: promised } of files) {
    const count = loaded.get(stagedKey) ?? 0;
    if (count !== promised) {
      throw new Error(`${stagedKey} has ${promised} rows by its footer, and ${count} were loaded`);
    }
  }
}

/** What a COPY answers for a file; one row without a file, when it has loaded none. */
const LoadRow = z.object({ FILE: z.nullish(z.string()), ROWS_LOADED: z.nullish(z.coerce.number()) });
