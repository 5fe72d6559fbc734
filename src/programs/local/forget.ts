import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import * as z from 'zod';
import { forgetInWarehouse, type InWarehouse, partitionsInWarehouse } from '../../adapters/duckdb/forget.ts';
import { openDuckdbWarehouse } from '../../adapters/duckdb/warehouse.ts';
import { isAbsence } from '../../adapters/folder/failures.ts';
import { openSqliteLedger, type SqliteLedger } from '../../adapters/sqlite/ledger.ts';
import { type Partition, partitionName, partitionPrefix } from '../../billing/partition.ts';
import { parsePayer } from '../../billing/payer.ts';
import { parsePeriod, periodOf } from '../../billing/period.ts';
import type { Forgotten } from './options.ts';
import { allPartitions } from './outcome.ts';
import { ledgerPath, stagingRoot, warehousePath } from './state.ts';
import { readStated } from './statedPlacement.ts';
import { checkFormat, readPart, writeWhole } from './stateFormat.ts';
import { lockState } from './stateLock.ts';

/** What was taken out of a state with one partition. */
export interface ForgottenPartition extends Partition, InWarehouse {
  /** Contents of source files that the ledger knew. */
  readonly versions: number;
  readonly stagedCopies: number;
}

/**
 * What is being forgotten: written before the first step and removed after the last, so that a
 * cut-off run is ended.
 */
const FORGETTING_FILE = 'forgetting.json';

const Partitions = z.array(
  z.object({ payer: z.string().transform(parsePayer), period: z.string().transform(parsePeriod) }),
);

/**
 * Takes a payer's months out of a state: what the ledger, the warehouse and the staged copies have
 * of them; and ends what an earlier run that was cut off has begun. Empty when there was nothing.
 * Throws StateInUse, and what the databases throw.
 */
export async function forgetPartitions(keep: string, { payer, period }: Forgotten): Promise<ForgottenPartition[]> {
  await using state = await openState(keep);
  const all = [
    ...(await allPartitions(state.ledger)).map(({ partition }) => partition),
    ...(await partitionsInWarehouse(state.connection)),
    ...(await stagedPartitions(keep)),
  ];
  const wanted = all.filter((one) => one.payer === payer && (period === undefined || one.period === period));
  const begun = await unfinished(keep);
  const distinct = [...new Map([...begun, ...wanted].map((one) => [partitionName(one), one])).values()];
  // Awaited here: the state is closed when this function is left.
  return await removeAll(keep, state, distinct);
}

/** Ends what a run of --forget that was cut off has begun. */
export async function finishForgetting(keep: string, say: (line: string) => void): Promise<void> {
  if ((await unfinished(keep)).length === 0) return;
  await using state = await openState(keep);
  for (const { payer, period } of await removeAll(keep, state, await unfinished(keep))) {
    say(`forgot      ${partitionName({ payer, period })}, which --forget had begun`);
  }
}

interface OpenState extends AsyncDisposable {
  readonly ledger: SqliteLedger;
  readonly connection: Awaited<ReturnType<DuckDBInstance['connect']>>;
}

async function openState(keep: string): Promise<OpenState> {
  await using opened = new AsyncDisposableStack();
  opened.defer(lockState(keep));
  await checkFormat(keep);
  const ledger = openSqliteLedger(ledgerPath(keep));
  opened.defer(() => ledger.close());
  const path = warehousePath(keep);
  const warehouse = await openDuckdbWarehouse({ path, stagingRoot: stagingRoot(keep), analyticsStatements: () => [] });
  opened.defer(() => warehouse.close());
  const instance = await DuckDBInstance.fromCache(path);
  opened.defer(() => instance.closeSync());
  const connection = await instance.connect();
  opened.defer(() => connection.closeSync());
  const kept = opened.move();
  return { ledger, connection, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function removeAll(
  keep: string,
  { ledger, connection }: OpenState,
  partitions: readonly Partition[],
): Promise<ForgottenPartition[]> {
  const mark = join(keep, FORGETTING_FILE);
  if (partitions.length === 0) return [];
  await writeWhole(mark, JSON.stringify(partitions));
  const forgotten: ForgottenPartition[] = [];
  for (const partition of partitions) {
    const versions = ledger.forget(partition);
    const inWarehouse = await forgetInWarehouse(connection, partition);
    forgotten.push({ ...partition, versions, ...inWarehouse, stagedCopies: await removeStaged(keep, partition) });
  }
  await (await readStated(keep, {})).forget(partitions);
  await rm(mark, { force: true });
  return forgotten;
}

async function removeStaged(keep: string, partition: Partition): Promise<number> {
  const folder = join(stagingRoot(keep), partitionPrefix(partition));
  const copies = (await names(folder)).filter((name) => name.endsWith('.parquet'));
  await rm(folder, { recursive: true, force: true });
  return copies.length;
}

/** The partitions whose folders are there: `year=2026/month=10/payer-111122223333`. */
async function stagedPartitions(keep: string): Promise<Partition[]> {
  const root = stagingRoot(keep);
  const found: Partition[] = [];
  for (const year of await names(root)) {
    for (const month of await names(join(root, year))) {
      for (const payer of await names(join(root, year, month))) {
        const [, digits] = /^payer-(\d{12})$/.exec(payer) ?? [];
        const period = periodOf(Number(/^year=(\d{4})$/.exec(year)?.[1]), Number(/^month=(\d\d)$/.exec(month)?.[1]));
        if (digits !== undefined && period !== undefined) found.push({ payer: parsePayer(digits), period });
      }
    }
  }
  return found;
}

async function unfinished(keep: string): Promise<Partition[]> {
  return (await readPart(join(keep, FORGETTING_FILE), Partitions, '--forget has to be said once more')) ?? [];
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
