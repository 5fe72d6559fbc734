import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { newPartitionRecord, type PartitionRecord } from '../../../src/ledger/partitionRecord.ts';
import { stateOf } from '../../../src/ledger/partitionState.ts';

const PARTITION = { payer: parsePayer('111122223333'), period: parsePeriod('2026-04') };
const CLEAN: PartitionRecord = { ...newPartitionRecord(PARTITION), changes: 3, settledChanges: 3 };
const DIRTY: PartitionRecord = { ...CLEAN, changes: 4 };
const PUBLISHED = { setId: 's', files: 1, rows: 2, epoch: 1, at: 0 };
const SEEN = { published: PUBLISHED, analysed: { setId: 's', epoch: 1, watermark: 0, at: 0 } };
const MANIFEST = { bucket: 'b', key: 'k', etag: 'e', lastModified: 0, sizeBytes: 1 };
const WAITING = { id: 'd', executionId: 'e1', manifest: MANIFEST, files: 3, awaited: ['x', 'y'] };
const PROBLEM = {
  what: 'verification-failed' as const,
  message: '2 rows, not 3',
  attempts: 3,
  at: 0,
  retryAt: 0,
  changes: 4,
};

describe("a partition's state", () => {
  it.each<[string, PartitionRecord, string, RegExp]>([
    ['is published when nothing is left to do', { ...CLEAN, ...SEEN }, 'published', /^$/],
    ['is pending until analytics have run', { ...CLEAN, published: PUBLISHED }, 'pending', /analytics have not run/],
    ['is pending while changes wait', { ...DIRTY, published: PUBLISHED }, 'pending', /next run/],
    [
      'is waiting while its delivery is not complete, and says how much is missing',
      { ...CLEAN, delivery: WAITING },
      'waiting',
      /^2 of 3 files of delivery e1 are missing$/,
    ],
    [
      'is waiting also when an older delivery is visible',
      { ...DIRTY, delivery: WAITING, published: PUBLISHED },
      'waiting',
      /2 of 3/,
    ],
    [
      'is published once the delivery is complete',
      { ...CLEAN, ...SEEN, delivery: { ...WAITING, awaited: [] } },
      'published',
      /^$/,
    ],
    ['is held, with the reason', { ...CLEAN, held: 'a is quarantined', published: PUBLISHED }, 'held', /^a is quaran/],
    ['is held when nothing was ever published', CLEAN, 'held', /nothing has been published/],
    [
      'is failed, with what failed and why, before anything else',
      { ...DIRTY, problem: PROBLEM, delivery: WAITING, held: 'x' },
      'failed',
      /^verification-failed: 2 rows, not 3$/,
    ],
    ['is not failed any more once it was settled', { ...CLEAN, ...SEEN, problem: PROBLEM }, 'published', /^$/],
  ])('%s', (_rule, record, state, why) => {
    expect(stateOf(record)).toEqual({ state, why: expect.stringMatching(why) });
  });
});
