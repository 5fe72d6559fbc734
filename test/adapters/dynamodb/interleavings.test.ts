import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDynamodbLedger } from '../../../src/adapters/dynamodb/ledger.ts';
import { openSqliteLedger } from '../../../src/adapters/sqlite/ledger.ts';
import type { Ledger, Recorded } from '../../../src/ledger/ledger.ts';
import { hasChanges } from '../../../src/ledger/partitionRecord.ts';
import type { VersionRecord } from '../../../src/ledger/versionRecord.ts';
import { describeLedgerContract } from '../../ledger/ledgerContract.ts';
import { ALPHA, byId, deliveryOf, PERIOD, START, versionOf } from '../../ledger/records.ts';
import { TableInProcess } from './tableInProcess.ts';

/**
 * One process of several: what it does one after the other, and after how many of its requests it
 * dies at first.
 */
interface Process {
  readonly files: readonly number[];
  readonly diesAfter: number | undefined;
}

const FILES = 8;
const files = Array.from({ length: FILES }, (_, n) => versionOf({ key: `f${n}`, lastModified: START + n * 1000 }));
const fileAt = (index: number): VersionRecord => files[index % FILES] ?? versionOf();

const aProcess: fc.Arbitrary<Process> = fc.record({
  files: fc.array(fc.nat(FILES - 1), { minLength: 1, maxLength: 6 }),
  diesAfter: fc.option(fc.nat(8), { nil: undefined }),
});

/**
 * Another process on the same table; it dies with the nth request, before or after that took
 * effect.
 */
function processOn(table: TableInProcess, turn: () => Promise<void>, diesAfter?: number): Ledger {
  const own = new TableInProcess();
  own.items = table.items;
  let requests = 0;
  const step = async () => {
    await turn();
    if (diesAfter !== undefined && requests >= 2 * diesAfter + (diesAfter % 2)) throw new Error('the process died');
    requests += 1;
  };
  own.before = step;
  own.after = step;
  return openDynamodbLedger(own.client(), 'ledger', { foldEvery: 3 });
}

describeLedgerContract('DynamoDB in this process', async () => {
  const ledger = openDynamodbLedger(new TableInProcess().client(), 'ledger');
  return { ledger, close: async () => undefined };
});

describe('recorders, folders, runs and crashes in any order', () => {
  it('end as the same calls do one after the other', async () => {
    let crashes = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(aProcess, { minLength: 2, maxLength: 4 }),
        fc.subarray(files),
        fc.boolean(),
        fc.scheduler(),
        async (processes, named, settles, scheduler) => {
          const table = new TableInProcess();
          const turn = async () => void (await scheduler.schedule(Promise.resolve()));
          const calm = processOn(table, async () => {});
          const lease = await calm.acquireLease(PERIOD, 'run', START, START + 1000);
          const epoch = lease.taken ? lease.epoch : 0;
          const ticks: Recorded['tick'][] = [];

          const work = async ({ files: indexes, diesAfter }: Process) => {
            const attempt = async (ledger: Ledger) =>
              Promise.all(
                indexes.map(async (index) => {
                  const recorded = await ledger.recordVersion(fileAt(index), START + index);
                  ticks.push(recorded.tick);
                }),
              );
            try {
              await attempt(processOn(table, turn, diesAfter));
            } catch {
              crashes += 1;
              await attempt(processOn(table, turn));
            }
          };
          const deliver = async () => {
            const ledger = processOn(table, turn);
            const staged = new Set((await ledger.versions(ALPHA)).map(({ id }) => id));
            const awaited = named.map(({ id }) => id).filter((id) => !staged.has(id));
            const { tick } = await ledger.recordDelivery(deliveryOf({ files: named }), awaited, START);
            ticks.push(tick);
          };
          /** A run settles what it has seen, and looks again afterwards. */
          const run = async () => {
            const ledger = processOn(table, turn);
            const seen = await ledger.partition(ALPHA);
            if (!seen) return;
            const versions = await ledger.versions(ALPHA);
            expect(versions.length).toBeGreaterThanOrEqual(
              seen.changes - Number(seen.delivery !== undefined) - completions,
            );
            await ledger.commit(ALPHA, epoch, { kind: 'settled', changes: seen.changes, readAt: START + 100 });
            const after = await ledger.partition(ALPHA);
            if (after && hasChanges(after)) ticks.push('quiet');
          };
          // Recording a version again that is awaited by its id counts a change without a new
          // version.
          const completions = processes.reduce((sum, { files: { length } }) => sum + 2 * length, 0);
          const all = [...processes.map(work), deliver(), ...(settles ? [run(), run()] : [])];
          await scheduler.waitFor(Promise.all(all));

          const left = await calm.partition(ALPHA);
          if (left && hasChanges(left)) expect(ticks).toContainEqual(expect.stringMatching(/quiet|now/));
          const died = processes.some(({ diesAfter }) => diesAfter !== undefined);
          if (!died && !settles && left?.completeDelivery) expect(ticks).toContain('now');

          const recordedFiles = new Set(processes.flatMap(({ files: indexes }) => indexes));
          // Whatever came between, each file recorded once more resolves what a delivery waits for
          // by its id.
          for (const index of recordedFiles) await calm.recordVersion(fileAt(index), START);

          const model = openSqliteLedger(':memory:');
          await model.recordDelivery(
            deliveryOf({ files: named }),
            named.map(({ id }) => id),
            START,
          );
          for (const index of recordedFiles) await model.recordVersion(fileAt(index), START + index);
          const [record, expected] = [await calm.partition(ALPHA), await model.partition(ALPHA)];
          expect(byId(await calm.versions(ALPHA))).toEqual(byId(await model.versions(ALPHA)));
          expect(new Set(record?.delivery?.awaited)).toEqual(new Set(expected?.delivery?.awaited));
          expect(record?.completeDelivery?.id).toBe(expected?.completeDelivery?.id);
          expect(record?.watermark).toBe(expected?.watermark);
          expect(record?.report).toBe(expected?.report);
          expect(record?.changes).toBeGreaterThanOrEqual(1 + recordedFiles.size);
          model.close();
        },
      ),
      { numRuns: 500 },
    );
    expect(crashes).toBeGreaterThan(50);
  });
});
