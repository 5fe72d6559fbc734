import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderObjectStore } from '../../../src/adapters/folder/objectStore.ts';
import type { FinalizeTimings } from '../../../src/finalize/services.ts';
import { openStack, type Stack } from '../../../src/programs/local/stack.ts';
import type { ReactorEvent } from '../../../src/telemetry/events.ts';
import { WarehouseBroken } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, PERIOD, versionOf } from '../../ledger/records.ts';

const SETTINGS: FinalizeTimings = {
  quietSeconds: 0,
  maxWaitSeconds: 0,
  leaseSeconds: 60,
  retryBaseSeconds: 1,
  retryMaxSeconds: 1,
  supersededGraceSeconds: 0,
  statementsAtOnce: 1,
};

let keep: string;
let stack: Stack;
let events: ReactorEvent[];
beforeEach(async () => {
  keep = await mkdtemp(join(tmpdir(), 'stack-'));
  events = [];
  stack = await openWith(SETTINGS);
});
afterEach(async () => {
  await stack.close();
  await rm(keep, { recursive: true });
});

function openWith(settings: FinalizeTimings): Promise<Stack> {
  return openStack({
    keep,
    store: (bucket, folder) => new FolderObjectStore(new Map([[bucket, folder]])),
    place: () => ({ is: 'unknown-source' }),
    settings,
    report: (event) => events.push(event),
    onGivenUp: () => {},
  });
}

/** Runs a statement in the warehouse's database, beside it. */
async function inWarehouse(sql: string): Promise<void> {
  const instance = await DuckDBInstance.fromCache(join(keep, 'warehouse.duckdb'));
  const connection = await instance.connect();
  try {
    await connection.run(sql);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A version that makes its partition dirty, and a tick of its period. */
async function makeDirty(): Promise<void> {
  await stack.ledger.recordVersion(versionOf({}), Date.now());
  await stack.staging.finalizeQueue.send([{ body: { period: PERIOD } }]);
}

/** How often the period was run: its file is not there, so it is tried until it has failed. */
function runs(): number {
  return events.filter(({ what }) => what === 'run-started').length;
}

describe('what is waited for', () => {
  it('ends when every run of a period fails, and the reason is among what was given up', async () => {
    await inWarehouse('drop table cur_fence');
    await makeDirty();
    await stack.settled();
    expect(stack.deadLetters()).toMatchObject([{ error: expect.stringContaining('cur_fence') }]);
  });

  it('ends at once with the first reason when the warehouse has to be opened again', async () => {
    await inWarehouse(`create table made_dirty as select 1; set global debug_checkpoint_abort = 'before_header'`);
    await inWarehouse('checkpoint').catch(() => undefined);
    await makeDirty();
    await expect(stack.settled()).rejects.toThrow(WarehouseBroken);
    expect(events.filter(({ what }) => what === 'registration-failed')).toEqual([]);
  });

  it('is that a check which failed is run again', async () => {
    const now = Date.now();
    const { ledger } = stack;
    await ledger.recordVersion(versionOf({}), now);
    const lease = await ledger.acquireLease(PERIOD, 'before', now, now + 60_000);
    if (!lease.taken) throw new Error('the lease is free');
    const { epoch } = lease;
    const failedChecks = { names: ['idle-vpn'], reason: '100035: no', attempts: 1, retryAt: now + 1000 };
    const analysed = { setId: 's', epoch, watermark: now, at: now, failedChecks };
    await ledger.commit(ALPHA, epoch, {
      kind: 'published',
      published: { setId: 's', files: 0, rows: 0, epoch, at: now },
    });
    await ledger.commit(ALPHA, epoch, { kind: 'analysed', analysed });
    await ledger.commit(ALPHA, epoch, { kind: 'settled', changes: 1, readAt: now });
    await ledger.releaseLease(PERIOD, epoch);
    await stack.settled();
    const record = await ledger.partition(ALPHA);
    expect(record?.analysed?.failedChecks).toBeUndefined();
    expect(record?.analysed?.epoch).toBeGreaterThan(epoch);
    expect(events.filter(({ what }) => what === 'partition-finalized')).toEqual([]);
  });

  it('is not a quiet period, once nothing else comes', async () => {
    await stack.close();
    stack = await openWith({ ...SETTINGS, quietSeconds: 3600, maxWaitSeconds: 3600 });
    await makeDirty();
    await stack.settled({ nothingElseComes: true });
    expect(runs()).toBeGreaterThan(0);
  });
});
