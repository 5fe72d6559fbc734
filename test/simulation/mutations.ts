import { reportOf } from '../../src/billing/report.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { problemsOf, withProblem } from '../../src/ledger/problems.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import { FencedOff, type Warehouse } from '../../src/warehouse/warehouse.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';
import type { Mishap } from './mishaps.ts';
import type { Mutation } from './mutation.ts';
import { override } from './observed.ts';
import { everyTwentySeconds } from './progressMutations.ts';
import { isStray } from './scenario.ts';
import type { Process } from './scheduler.ts';

/** A ledger of which everybody reads other records than it has. */
function readAs(ledger: Ledger, change: (record: PartitionRecord) => PartitionRecord): Ledger {
  return override<Ledger>(ledger, {
    partition: async (partition) => {
      const record = await ledger.partition(partition);
      return record && change(record);
    },
    partitions: async (period) => (await ledger.partitions(period)).map(change),
  });
}

/**
 * Ways to break an invariant, by the number that src/README.md gives it. Each must be noticed, and
 * as that invariant.
 */
export const mutations: readonly (Mutation & {
  readonly breaks: number;
  readonly how: string;
  /** What befalls the worlds in which it is looked for, in place of what befalls any. */
  readonly befalls?: readonly Mishap[];
})[] = [
  {
    breaks: 1,
    how: 'a message is acknowledged although its work has failed',
    copy: (copy) => async (process: Process, body: unknown) => {
      await copy(process, body).catch(() => {});
    },
  },
  {
    breaks: 2,
    how: 'a manifest says which files count, and nobody asks it',
    ledger: (ledger) =>
      readAs(ledger, ({ delivery: _, completeDelivery: __, ...record }) => ({ ...record, awaitsManifest: false })),
  },
  {
    breaks: 2,
    how: 'a publish adds to what is visible',
    warehouse: (warehouse) =>
      override<Warehouse>(warehouse, {
        publish: async (period, epoch, publications) => {
          const payers = publications.map(({ partition }) => partition.payer);
          const before = await warehouse.published(period, payers);
          const added = publications.map((publication) => {
            const old = before.get(publication.partition.payer)?.stagedKeys ?? [];
            const files = [...publication.files];
            for (const stagedKey of old) {
              if (files.some((file) => file.stagedKey === stagedKey)) continue;
              files.push({ stagedKey, rows: 0, sizeBytes: 0, columns: [] });
            }
            return { ...publication, files };
          });
          await warehouse.publish(period, epoch, added);
        },
      }),
  },
  {
    breaks: 3,
    how: 'the delivery that is heard of last counts as the newest',
    ledger: (ledger) =>
      override<Ledger>(ledger, {
        recordDelivery: async (delivery, awaited, now) => {
          const { bucket, etag, sizeBytes } = delivery.manifest;
          const month = delivery.manifest.key.replace(/(BILLING_PERIOD=[^/]*).*/s, '$1');
          const manifest = {
            bucket,
            etag,
            sizeBytes,
            key: `${month}/heard-of-${now}-Manifest.json`,
            lastModified: now,
          };
          return ledger.recordDelivery({ ...delivery, manifest }, awaited, now);
        },
      }),
  },
  {
    breaks: 4,
    how: 'analytics run over nothing',
    warehouse: (warehouse) =>
      override<Warehouse>(warehouse, {
        script: override(warehouse.script, { submit: async () => ({ is: 'done' }) }),
      }),
  },
  {
    breaks: 5,
    how: 'the warehouse lets every epoch in',
    // The ledger would stop the old run first.
    ledger: (ledger) => override<Ledger>(ledger, { renewLease: async () => {} }),
    warehouse: (warehouse) => {
      const highest = new Map<string, number>();
      const at = (period: string, epoch: number) => {
        const best = Math.max(epoch, highest.get(period) ?? 0);
        highest.set(period, best);
        return best;
      };
      return override<Warehouse>(warehouse, {
        raiseFence: async (period, epoch) => warehouse.raiseFence(period, at(period, epoch)),
        publish: async (period, epoch, publications) => warehouse.publish(period, at(period, epoch), publications),
      });
    },
  },
  {
    breaks: 5,
    how: 'the ledger lets every epoch commit',
    ledger: (ledger) =>
      override<Ledger>(ledger, {
        commit: async (partition, _epoch, update) =>
          ledger.commit(partition, (await ledger.period(partition.period)).epoch, update),
      }),
    // The warehouse would stop the old run first.
    warehouse: (warehouse) =>
      override<Warehouse>(warehouse, {
        raiseFence: async () => {},
        publish: async (period, epoch, publications) => {
          await warehouse.publish(period, epoch, publications).catch((error: unknown) => {
            if (!(error instanceof FencedOff)) throw error;
          });
        },
      }),
  },
  {
    breaks: 8,
    how: 'the audit believes the footers',
    warehouse: (warehouse) =>
      override<Warehouse>(warehouse, {
        audit: async (_partition, files) =>
          files.map(({ stagedKey, rows }) => ({
            stagedKey,
            rows,
            rowsOfOtherPeriods: 0,
            rowsWithCost: rows,
            rowsOfImpossibleCost: 0,
            costs: [],
          })),
      }),
  },
  {
    breaks: 9,
    how: 'nobody remembers which step of the analytics was submitted',
    ledger: (ledger) =>
      override<Ledger>(ledger, {
        saveAnalytics: async (period, epoch, { inFlight: _, ...record }) => ledger.saveAnalytics(period, epoch, record),
      }),
  },
  {
    breaks: 9,
    how: 'messages are not put into the outbox',
    ledger: (ledger) => override<Ledger>(ledger, { putIntoOutbox: async () => {} }),
  },
  {
    breaks: 9,
    how: 'a step that the history does not show yet is submitted again at once',
    warehouse: (warehouse) =>
      override<Warehouse>(warehouse, { script: override(warehouse.script, { visibleWithinSeconds: 0 }) }),
  },
  {
    breaks: 1,
    how: 'a copy that the full disk refused counts as made',
    befalls: [{ is: 'outage', of: 'store', atSeconds: 1, seconds: 300 }],
    copy: (copy) => async (process, body) => {
      await copy(process, body).catch((error: Error) => {
        if (!error.message.includes('ENOSPC')) throw error;
      });
    },
  },
  {
    breaks: 4,
    how: 'nobody compares the ledger with a warehouse that was lost',
    befalls: [{ is: 'lost', atSeconds: 600 }],
    compare: async () => {},
  },
  {
    breaks: 6,
    how: 'a retry does not say when it was noted, and waits for its old date when the clock is set back',
    befalls: everyTwentySeconds,
    ledger: (ledger) =>
      override<Ledger>(ledger, {
        partitions: async (period) =>
          (await ledger.partitions(period)).map((record) =>
            problemsOf(record)
              .map((problem) => ({ ...problem, at: 0 }))
              .reduceRight(withProblem, record),
          ),
      }),
  },
  {
    breaks: 6,
    how: 'a warehouse that answers nothing any more is treated like any other failure',
    befalls: [{ is: 'broken', atSeconds: 1 }],
    finalize: (finalize) => async (process, body) => {
      await finalize(process, body).catch((error: Error) => {
        throw new Error(error.message);
      });
    },
  },
  {
    breaks: 6,
    how: 'a month whose totals cannot be read ends the run that the others are in',
    warehouse: (warehouse) => {
      let hasFailed = false;
      return override<Warehouse>(warehouse, {
        totals: async (period, payers) => {
          try {
            return await warehouse.totals(period, payers);
          } catch (error) {
            hasFailed = true;
            throw error;
          }
        },
        // Asked whether it answers at all (finalizing/finalized.ts).
        published: async (period, payers) => {
          const isAsked = hasFailed;
          hasFailed = false;
          if (isAsked) throw new Error('it does not');
          return warehouse.published(period, payers);
        },
      });
    },
  },
  {
    breaks: 6,
    how: 'a statement that never ends is waited for',
    timer: () => () => () => {},
  },
  {
    breaks: 8,
    how: 'costs that no number type holds pass the audit',
    warehouse: (warehouse) =>
      override<Warehouse>(warehouse, {
        audit: async (partition, files) =>
          (await warehouse.audit(partition, files)).map((audit) => ({ ...audit, rowsOfImpossibleCost: 0 })),
      }),
  },
  {
    breaks: 10,
    how: 'superseded copies are deleted, and the ledger does not record it',
    ledger: (ledger) => override<Ledger>(ledger, { markRemoved: async () => {} }),
  },
  {
    breaks: 12,
    how: 'the files of all reports are taken for one bill',
    ledger: (ledger) => readAs(ledger, ({ report: _, ...record }) => record),
  },
  {
    breaks: 12,
    how: 'a file makes its report the bill, whichever came first',
    ledger: (ledger) =>
      override<Ledger>(ledger, {
        recordVersion: async (version, now) => {
          await ledger.chooseReport(version.partition, reportOf(version.source), now);
          return ledger.recordVersion(version, now);
        },
      }),
  },
  {
    breaks: 12,
    how: 'the report that is left out is forgotten',
    ledger: (ledger) =>
      override<Ledger>(ledger, {
        recordVersion: async (version, now) => {
          const recorded = await ledger.recordVersion(version, now);
          const { report, otherReports } = recorded.partition;
          if (report !== undefined && otherReports) await ledger.chooseReport(version.partition, report, now);
          return recorded;
        },
      }),
  },
  {
    breaks: 12,
    how: 'a file that is no part of a bill passes for one',
    store: (store) =>
      override<ObjectStore>(store, {
        read: async (object, range) => {
          const read = await store.read(object, range);
          if (!object.key.endsWith('.parquet') || !isStray(object.key)) return read;
          const bytes = parquetBytes(3);
          return { ...read, bytes: bytes.slice(range.start, range.end), sizeBytes: bytes.length };
        },
      }),
  },
];
