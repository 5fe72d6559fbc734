import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger, type SqliteLedger } from '../../../src/adapters/sqlite/ledger.ts';
import { addMonths } from '../../../src/billing/period.ts';
import { LeaseLost } from '../../../src/ledger/ledger.ts';
import { problemsOf } from '../../../src/ledger/problems.ts';
import { payerSource } from '../../config/payerSources.ts';
import { describeLedgerContract } from '../../ledger/ledgerContract.ts';
import { ALPHA, deliveryOf, PERIOD, START, versionOf } from '../../ledger/records.ts';

const KILLED_PROCESS = fileURLToPath(new URL('killedProcess.ts', import.meta.url));

describeLedgerContract('SQLite in memory', async () => {
  const ledger = openSqliteLedger(':memory:');
  return { ledger, close: async () => ledger.close() };
});

describe('a ledger in a file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'ledger-'));
    file = path.join(folder, 'ledger.sqlite');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const using = async <Result>(work: (ledger: SqliteLedger) => Promise<Result>): Promise<Result> => {
    const ledger = openSqliteLedger(file);
    try {
      return await work(ledger);
    } finally {
      ledger.close();
    }
  };

  it('knows after reopening what it knew before', async () => {
    const version = versionOf();
    const delivery = deliveryOf({ files: [version] });
    const readAll = async (ledger: SqliteLedger) => ({
      version: await ledger.version(ALPHA, version.id),
      delivery: await ledger.delivery(ALPHA, delivery.id),
      partitions: await ledger.partitions(PERIOD),
      period: await ledger.period(PERIOD),
      schemas: await ledger.schemas(['s1']),
      configuration: await ledger.configuration(),
    });
    const before = await using(async (ledger) => {
      await ledger.recordSchema({ id: 's1', columns: [{ name: 'cost', type: 'double' }] });
      await ledger.recordDelivery(delivery, [version.id], START);
      await ledger.recordVersion(version, START);
      await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
      await ledger.noteTick(PERIOD, START + 500);
      await ledger.saveConfiguration({ from: 'table', readAt: START, sources: [payerSource()] });
      return readAll(ledger);
    });
    expect(before.version).toEqual(version);
    expect(before.configuration?.sources).toEqual([payerSource()]);
    expect(await using(readAll)).toEqual(before);
  });

  it('keeps every step that was acknowledged, and no half of one, when its process is killed', async () => {
    let acknowledged: string[] = [];
    for (const killAfterSteps of [1, 2, 17, 150]) {
      acknowledged = [...acknowledged, ...(await killAfter(file, acknowledged.length, killAfterSteps))];
      const { versions, record } = await using(async (ledger) => ({
        versions: await ledger.versions(ALPHA),
        record: await ledger.partition(ALPHA),
      }));
      const known = new Set(versions.map(({ id }) => id));
      expect(acknowledged.filter((id) => !known.has(id))).toEqual([]);
      expect(record?.changes).toBe(versions.length);
      expect(record?.watermark).toBe(Math.max(...versions.map(({ source }) => source.lastModified)));
      expect(versions.length - acknowledged.length).toBeLessThanOrEqual(1);
      acknowledged = [...known];
    }
  });

  it('lets what has failed be tried at once when its composition root takes it over', async () => {
    await using(async (ledger) => {
      const { changes } = (await ledger.recordVersion(versionOf(), START)).partition;
      const lease = await ledger.acquireLease(PERIOD, 'dead', START, START + 60_000);
      if (!lease.taken) throw new Error('the lease is free');
      const problem = { what: 'verification-failed', message: 'disk full', attempts: 7, at: START } as const;
      const update = { kind: 'failed', problem: { ...problem, retryAt: START + 3_600_000, changes } } as const;
      const analytics = { ...update.problem, what: 'analytics-failed', message: 'a statement is wrong' } as const;
      await ledger.commit(ALPHA, lease.epoch, update);
      const failedChecks = { names: ['idle-vpn'], reason: 'r', attempts: 7, retryAt: START + 3_600_000 };
      const analysed = { setId: 's', epoch: 1, watermark: START, at: START, failedChecks };
      await ledger.commit(ALPHA, lease.epoch, { kind: 'analysed', analysed });
      await ledger.commit(ALPHA, lease.epoch, { kind: 'failed', problem: analytics });
      ledger.takeOver();
      expect(problemsOf((await ledger.partition(ALPHA)) ?? {})).toMatchObject([
        { message: 'a statement is wrong', attempts: 0, retryAt: 0 },
        { message: 'disk full', attempts: 0, retryAt: 0 },
      ]);
      expect((await ledger.partition(ALPHA))?.analysed).toEqual({
        ...analysed,
        failedChecks: { ...failedChecks, attempts: 0, retryAt: 0 },
      });
    });
  });

  it('frees every lease when its composition root says that nobody else is at work, and no epoch comes again', async () => {
    const next = addMonths(PERIOD, 1);
    await using(async (ledger) => {
      const lease = await ledger.acquireLease(PERIOD, 'dead', START, START + 60_000);
      await ledger.acquireLease(next, 'dead', START, START + 60_000);
      await ledger.noteTick(next, START + 500);
      ledger.takeOver();
      // The tick was in the dead process's queue.
      expect((await ledger.period(next)).nextTickAt).toBeUndefined();
      for (const period of [PERIOD, next]) {
        const { epoch } = await ledger.period(period);
        const answer = await ledger.acquireLease(period, 'alive', START, START + 1000);
        expect(answer).toEqual({ taken: true, epoch: epoch + 1 });
      }
      await expect(ledger.renewLease(PERIOD, lease.taken ? lease.epoch : 0, START)).rejects.toThrow(LeaseLost);
    });
  });
});

/**
 * Lets a process of its own record versions, kills it after some, and answers which it had
 * acknowledged by its death.
 */
async function killAfter(file: string, firstIndex: number, steps: number): Promise<string[]> {
  const child = spawn(process.execPath, [KILLED_PROCESS, file, String(firstIndex)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > steps) child.kill('SIGKILL');
  });
  const [, signal] = await closed;
  expect(signal).toBe('SIGKILL');
  return output.split('\n').slice(0, -1);
}
