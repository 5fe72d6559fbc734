import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { changesDueAt, type Debounce, type Decision, decide, dueAt } from '../../src/ledger/decide.ts';
import { newPartitionRecord, type PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { ALPHA, BETA, deliveryOf, progressOf, START } from './records.ts';

const DEBOUNCE: Debounce = { quietSeconds: 30, maxWaitSeconds: 300 };
const QUIET = 30_000;
const MAX_WAIT = 300_000;

const CLEAN = newPartitionRecord(ALPHA);
/** Changed at START and once more 10 seconds later. */
const DIRTY: PartitionRecord = { ...CLEAN, changes: 2, firstChangeAt: START, lastChangeAt: START + 10_000 };
const WAITING = progressOf(deliveryOf(), ['a']);
const COMPLETE = { delivery: progressOf(deliveryOf(), []), completeDelivery: progressOf(deliveryOf(), []) };
const problem = {
  what: 'verification-failed',
  message: 'm',
  attempts: 1,
  at: START,
  retryAt: START + 77_000,
  changes: 2,
} as const;
const published = { setId: 's', files: 1, rows: 1, epoch: 1, at: START };
/** Analytics have run over it. */
const analysed = { setId: 's', epoch: 1, watermark: START, at: START };
const analyticsProblem = { ...problem, what: 'analytics-failed' } as const;

/** The partitions that are worked on, each once, be it to publish or to analyse. */
function dueIn(decision: Decision): ReadonlySet<PartitionRecord> {
  expect(decision.act).toBe('run');
  return decision.act === 'run' ? new Set([...decision.publish, ...decision.analyse]) : new Set();
}

describe('a partition is due', () => {
  it.each<[string, PartitionRecord, number | undefined]>([
    ['never while it is clean', { ...DIRTY, settledChanges: 2 }, undefined],
    ['never while it is clean, even with a complete delivery', { ...CLEAN, ...COMPLETE }, undefined],
    ['after the quiet period', DIRTY, START + 10_000 + QUIET],
    [
      'after the maximum wait when it keeps changing',
      { ...DIRTY, lastChangeAt: START + MAX_WAIT - QUIET + 1 },
      START + MAX_WAIT,
    ],
    [
      'after the quiet period when that ends with the maximum wait',
      { ...DIRTY, lastChangeAt: START + MAX_WAIT - QUIET },
      START + MAX_WAIT,
    ],
    [
      'after the maximum wait while it waits for its first manifest',
      { ...DIRTY, awaitsManifest: true },
      START + MAX_WAIT,
    ],
    [
      'after the quiet period when a manifest has come and files are missing',
      { ...DIRTY, awaitsManifest: true, delivery: WAITING },
      START + 10_000 + QUIET,
    ],
    ['at once when a complete delivery was never published', { ...DIRTY, ...COMPLETE, awaitsManifest: true }, START],
    [
      'at once when another delivery was published',
      { ...DIRTY, ...COMPLETE, published: { ...published, deliveryId: 'delivery-0' } },
      START,
    ],
    ['at once when files without a manifest were published', { ...DIRTY, ...COMPLETE, published }, START],
    [
      'at once with an older complete delivery while the newest waits',
      { ...DIRTY, ...COMPLETE, delivery: { ...WAITING, id: 'delivery-2' } },
      START,
    ],
    [
      'after the quiet period when its complete delivery is published',
      { ...DIRTY, ...COMPLETE, analysed, published: { ...published, deliveryId: 'delivery-1' } },
      START + 10_000 + QUIET,
    ],
    ['at the time of the retry when it failed', { ...DIRTY, problem }, problem.retryAt],
    [
      'at the time of the retry when it failed, its new delivery too',
      { ...DIRTY, ...COMPLETE, problem },
      problem.retryAt,
    ],
    ['never while it is clean and analytics have run', { ...CLEAN, published, analysed }, undefined],
    ['at once when analytics have not run over what is published', { ...CLEAN, published }, START],
    [
      'at once when analytics ran before what is published',
      { ...CLEAN, published: { ...published, epoch: 2 }, analysed },
      START,
    ],
    [
      'for its analytics at the time of the retry when they failed',
      { ...CLEAN, published, problem: analyticsProblem },
      START + 77_000,
    ],
    [
      'for its changes at their own time, although its analytics have failed',
      { ...DIRTY, published, problem: analyticsProblem },
      START + 10_000 + QUIET,
    ],
    ['as if it had not failed when it changed since', { ...DIRTY, changes: 3, problem }, START + 10_000 + QUIET],
  ])('%s', (_, record, at) => {
    expect(dueAt(record, DEBOUNCE)).toBe(at);
    if (at === undefined) {
      expect(decide([record], START + 10 * MAX_WAIT, DEBOUNCE)).toEqual({ act: 'rest' });
      return;
    }
    expect(decide([record], at - 1, DEBOUNCE)).toEqual({ act: 'wait', until: at });
    expect(dueIn(decide([record], at, DEBOUNCE))).toEqual(new Set([record]));
  });
});

const anyRecord: fc.Arbitrary<PartitionRecord> = fc
  .record({
    first: fc.nat(1000),
    busyFor: fc.nat(1000),
    unsettled: fc.nat(3),
    awaitsManifest: fc.boolean(),
    progress: fc.constantFrom({}, { delivery: WAITING }, COMPLETE),
    published: fc.constantFrom({}, { published }, { published: { ...published, deliveryId: 'delivery-1' } }),
    analysed: fc.constantFrom({}, { analysed }),
    problem: fc.constantFrom({}, { problem }, { problem: { ...problem, changes: 1 } }, { problem: analyticsProblem }),
  })
  .map(({ first, busyFor, unsettled, awaitsManifest, ...parts }) => ({
    ...CLEAN,
    changes: 2,
    settledChanges: Math.max(0, 2 - unsettled),
    firstChangeAt: START + first * 1000,
    lastChangeAt: START + (first + busyFor) * 1000,
    awaitsManifest,
    ...parts.progress,
    ...parts.published,
    ...parts.analysed,
    ...parts.problem,
  }));

describe('of whatever partitions', () => {
  it('none waits with a change beyond the first one and the maximum wait, unless it failed', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const at = changesDueAt(record, DEBOUNCE);
        const hasFailed = record.problem?.what !== 'analytics-failed' && record.problem?.changes === record.changes;
        expect(at !== undefined).toBe(record.changes > record.settledChanges);
        if (at === undefined || hasFailed) return;
        expect(at).toBeLessThanOrEqual((record.firstChangeAt ?? 0) + MAX_WAIT);
        expect(at).toBeGreaterThanOrEqual(record.firstChangeAt ?? 0);
      }),
    );
  });

  it('the period is looked at when the first of them is due, and then every one that is due is run', () => {
    const now = fc.nat(2000).map((seconds) => START + seconds * 1000);
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 4 }), now, (records, at) => {
        const noted = records.flatMap((record) => [record.lastChangeAt, record.problem?.at, record.published?.at]);
        // Else the clock was set back since.
        fc.pre(noted.every((moment) => (moment ?? 0) <= at));
        const moments = records.flatMap((record) => dueAt(record, DEBOUNCE) ?? []);
        const decision = decide(records, at, DEBOUNCE);
        if (moments.length === 0) expect(decision).toEqual({ act: 'rest' });
        else if (Math.min(...moments) > at) expect(decision).toEqual({ act: 'wait', until: Math.min(...moments) });
        else {
          const due = records.filter((record) => (dueAt(record, DEBOUNCE) ?? at + 1) <= at);
          expect(dueIn(decision)).toEqual(new Set(due));
        }
      }),
    );
  });

  it('one that is not due does not keep another from being run', () => {
    const later = { ...DIRTY, partition: BETA, lastChangeAt: START + 20_000 };
    expect(dueIn(decide([later, DIRTY], START + 10_000 + QUIET, DEBOUNCE))).toEqual(new Set([DIRTY]));
  });
});

describe('a period with several partitions that are due', () => {
  const SETTLED = { ...CLEAN, published };
  const failing = (payer: number, attempts: number): PartitionRecord => ({
    ...SETTLED,
    partition: { ...ALPHA, payer: parsePayer(String(300_000_000_000 + payer)) },
    problem: { ...analyticsProblem, attempts },
  });
  const analysedOf = (records: readonly PartitionRecord[]) => {
    const decision = decide(records, START + 10 * MAX_WAIT, DEBOUNCE);
    return decision.act === 'run' ? decision.analyse : [];
  };

  it('says apart which of them to publish and which to analyse; one may be both', () => {
    const changed = { ...DIRTY, partition: BETA };
    const both = { ...DIRTY, published };
    expect(decide([SETTLED, changed, both], START + MAX_WAIT, DEBOUNCE)).toEqual({
      act: 'run',
      publish: [changed, both],
      analyse: [SETTLED, both],
    });
  });

  it('analyses those whose analytics have failed again apart from the others, and then an eighth of them at a time', () => {
    const stumbling = Array.from({ length: 9 }, (_, payer) => failing(payer, 2));
    const failedOnce = failing(100, 1);
    expect(analysedOf([...stumbling, SETTLED, failedOnce])).toEqual([SETTLED, failedOnce]);
    expect(analysedOf(stumbling)).toEqual(stumbling.slice(0, 2));
    expect(analysedOf(stumbling.slice(0, 1))).toEqual(stumbling.slice(0, 1));
  });
});

describe('a clock that was set back', () => {
  const DAY = 86_400_000;

  it.each<[string, PartitionRecord]>([
    ['changes', DIRTY],
    ['a retry', { ...DIRTY, problem }],
    ['analytics', { ...CLEAN, published }],
    ['a retry of analytics', { ...CLEAN, published, problem: analyticsProblem }],
  ])('makes nothing wait for the old date: %s', (_what, record) => {
    expect(dueIn(decide([record], START - DAY, DEBOUNCE))).toEqual(new Set([record]));
  });

  it('that is only a little behind that of another machine keeps the quiet period', () => {
    expect(decide([DIRTY], START + 9_000, DEBOUNCE)).toMatchObject({ act: 'wait' });
  });
});
