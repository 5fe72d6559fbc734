import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnalyticsRecord } from '../../src/ledger/analyticsRecord.ts';
import { awaitedKey, newPartitionRecord, type PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import type { Problem } from '../../src/ledger/problems.ts';
import { type PartitionFacts, type PartitionStatus, partitionStatus } from '../../src/status/partitionStatus.ts';
import { ALPHA, deliveryOf, PERIOD, START, versionOf } from '../ledger/records.ts';
import { anyRecord, COMPLETE, DEBOUNCE, DIRTY, FAILED_CHECKS, HOUR, MINUTE, WHOLE } from './statusRecords.ts';

const NOW = START + HOUR + 2 * MINUTE;

function statusOf(record: PartitionRecord | undefined, facts: Partial<PartitionFacts> = {}): PartitionStatus {
  return partitionStatus({
    partition: ALPHA,
    record,
    period: { period: PERIOD, epoch: 7 },
    analytics: undefined,
    configured: true,
    debounce: DEBOUNCE,
    now: NOW,
    ...facts,
  });
}

const whyOf = (record: PartitionRecord, facts: Partial<PartitionFacts> = {}) => statusOf(record, facts).why;
const withNewest = (delivery: typeof WHOLE): PartitionRecord => ({ ...COMPLETE, delivery, completeDelivery: delivery });
const NEWEST = deliveryOf({ id: 'delivery-2', lastModified: START + HOUR });
const waitingFor = (awaited: readonly string[], files = 5): PartitionRecord => ({
  ...DIRTY,
  delivery: { ...WHOLE, id: NEWEST.id, executionId: NEWEST.executionId, manifest: NEWEST.manifest, files, awaited },
});
const problem = (change: Partial<Problem> = {}): Problem => ({
  what: 'verification-failed',
  message: 'a.parquet has 9 rows, its footer says 10',
  attempts: 2,
  at: NOW - MINUTE,
  retryAt: NOW + MINUTE,
  changes: DIRTY.changes,
  ...change,
});
const RUNNING: AnalyticsRecord = {
  run: 8,
  status: 'running',
  members: [{ payer: ALPHA.payer, publishedEpoch: 8, setId: 'set-2', watermark: START }],
  scriptId: 'script',
  steps: 10,
  stepsDone: 2,
  inFlight: { number: 4, submittedAt: NOW - MINUTE, queryId: '01b2-query' },
  startedAt: NOW - 2 * MINUTE,
};

describe('a complete partition', () => {
  it('whose checks have failed is published and incomplete, and says which, why and when they run again', () => {
    const analysed = { setId: 'set-1', epoch: 7, watermark: START, at: START, failedChecks: FAILED_CHECKS };
    const record = { ...COMPLETE, analysed };
    expect(statusOf(record)).toMatchObject({
      state: 'published',
      verdict: 'incomplete',
      why: [
        '2 checks failed: idle-vpn (100035: not recognized); never-off; the findings of before stay',
        expect.stringMatching(/^tried 2 times, next at .* \(due\)$/),
      ],
    });
  });

  it('reports what readers see, since when, and what of, and asks for no attention', () => {
    expect(statusOf(COMPLETE)).toEqual({
      ...ALPHA,
      verdict: 'complete',
      state: 'published',
      why: [],
      bill: 'provisional',
      configured: true,
      delivery: { executionId: 'execution-of-delivery-1', files: 5, missing: 0 },
      deliveredAt: '2026-05-02T00:00:00.000Z',
      deliveryAgeHours: 1,
      missing: null,
      published: {
        delivery: 'execution-of-delivery-1',
        files: 5,
        rows: 1234,
        epoch: 7,
        at: '2026-05-02T00:01:00.000Z',
      },
      analysedAt: '2026-05-02T00:02:00.000Z',
      lastRun: { epoch: 7, at: '2026-05-02T00:02:00.000Z' },
      dueAt: null,
      nextTickAt: null,
      watermark: '2026-05-02T00:00:00.000Z',
    });
  });

  it('says so when files have come since that no manifest names, and which of them cannot be read', () => {
    const bad = versionOf({ key: 'b', lastModified: NOW, outcome: { status: 'quarantined', reason: 'no footer' } });
    const why = whyOf({ ...COMPLETE, watermark: START + HOUR }, { versions: [versionOf(), bad] });
    expect(why).toEqual([
      'newer files have come (until 2026-05-02T01:00:00Z) that its newest manifest does not name',
      'unusable: b.parquet (quarantined: no footer)',
    ]);
  });

  it('is the final bill two weeks after the month, unless its delivery is older than the invoices', () => {
    const later = { now: Date.UTC(2026, 4, 20) };
    expect(statusOf(COMPLETE, later).bill).toBe('provisional');
    const { delivery: _, completeDelivery: __, ...rest } = COMPLETE;
    const loose = { ...rest, awaitsManifest: false, watermark: Date.UTC(2026, 4, 5) };
    expect(statusOf(loose, later).bill).toBe('final');
  });

  it('says so when its delivery is older than the month’s end, or than a day and a half while AWS delivers', () => {
    const early = { ...WHOLE, manifest: { ...WHOLE.manifest, lastModified: Date.UTC(2026, 3, 20) } };
    expect(whyOf(withNewest(early))).toEqual([
      'its newest delivery is of 2026-04-20T00:00:00Z, before the month ended: what came after is not in it',
    ]);
    expect(whyOf(withNewest(early), { now: Date.UTC(2026, 3, 21) })).toEqual([]);
    expect(whyOf(COMPLETE, { now: START + 36 * HOUR })).toEqual([]);
    expect(whyOf(COMPLETE, { now: START + 37 * HOUR })).toEqual([
      'its newest delivery is 37 hours old: AWS delivers at least daily until a bill is final',
    ]);
    expect(whyOf(COMPLETE, { now: START + 100 * HOUR }).join()).toContain('is 4 days old');
    const invoiced = { ...WHOLE, manifest: { ...WHOLE.manifest, lastModified: Date.UTC(2026, 4, 4) } };
    expect(whyOf(withNewest(invoiced), { now: Date.UTC(2026, 4, 20) })).toEqual([]);
  });

  it('is dated by the name of its delivery, which survives a copy of the bucket', () => {
    const key = 'cur/metadata/BILLING_PERIOD=2026-04/2026-05-01T23:00:00.000Z-e1/cur-Manifest.json';
    const delivery = { ...WHOLE, manifest: { ...WHOLE.manifest, key } };
    expect(statusOf(withNewest(delivery))).toMatchObject({
      deliveredAt: '2026-05-01T23:00:00.000Z',
      deliveryAgeHours: 2,
    });
  });
});

describe('a partition of which nothing has arrived', () => {
  it('is unknown, and says what to do', () => {
    expect(statusOf(undefined)).toMatchObject({ verdict: 'unknown', state: 'unknown', bill: null, published: null });
    expect(statusOf(undefined).why).toEqual([expect.stringContaining('nothing of it has ever arrived')]);
  });

  it('says when nobody has configured its payer', () => {
    expect(statusOf(undefined, { configured: false }).why).toEqual([expect.stringContaining('not configured')]);
    expect(whyOf(COMPLETE, { configured: false })).toEqual([expect.stringContaining('not configured any more')]);
  });
});

describe('a waiting partition', () => {
  it('names the files that are missing, why each is, and what readers see meanwhile', () => {
    const there = versionOf({ key: 'a' });
    const late = versionOf({ key: 'b' });
    const bad = versionOf({ key: 'c', outcome: { status: 'quarantined', reason: 'no Parquet file' } });
    const other = versionOf({ key: 'd', etag: 'old' });
    const delivery = {
      ...deliveryOf({
        id: 'delivery-2',
        files: [there, late, bad, versionOf({ key: 'd' })],
        absent: [versionOf({ key: 'e' })],
      }),
    };
    const awaited = [late.id, bad.id, versionOf({ key: 'd' }).id, awaitedKey(versionOf({ key: 'e' }).source)];

    const row = statusOf(waitingFor(awaited), { delivery, versions: [there, bad, other] });

    expect(row).toMatchObject({ verdict: 'incomplete', state: 'waiting', delivery: { files: 5, missing: 4 } });
    expect(row.missing).toEqual({
      count: 4,
      more: 0,
      files: [
        { key: late.source.key, why: 'not staged yet' },
        { key: bad.source.key, why: 'quarantined: no Parquet file' },
        { key: other.source.key, why: 'only another content of it is known' },
        { key: expect.stringContaining('e.parquet'), why: 'was not at the source when the manifest was read' },
      ],
    });
    expect(row.why).toEqual([
      'waiting for 4 of 5 files of delivery execution-of-delivery-2 (manifest of 2026-05-02T01:00:00Z)',
      expect.stringMatching(
        /^missing: b\.parquet \(not staged yet\); c\.parquet \(quarantined: no Parquet file\); d\./,
      ),
      'readers see delivery execution-of-delivery-1, published at 2026-05-02T00:01:00Z: 5 files, 1234 rows',
    ]);
  });

  it('names the first ten files, and how many more there are', () => {
    const files = Array.from({ length: 13 }, (_, index) => versionOf({ key: `part-${10 + index}` }));
    const delivery = deliveryOf({ id: 'delivery-2', files });
    const record = waitingFor(
      files.map(({ id }) => id),
      13,
    );
    const { missing, why } = statusOf(record, { delivery, versions: [] });
    expect(missing).toMatchObject({ count: 13, more: 3 });
    expect(missing?.files).toHaveLength(10);
    expect(why[1]).toMatch(
      /^missing: part-10\.parquet, part-11\.parquet, .* part-19\.parquet \(not staged yet\) and 3 more$/,
    );
  });

  it('says when all files are here and only a second look is to be taken', () => {
    const delivery = deliveryOf({ id: 'delivery-2', files: [versionOf()] });
    const row = statusOf(waitingFor(['second-look'], 1), { delivery, versions: [versionOf()] });
    expect(row).toMatchObject({ verdict: 'incomplete', missing: null, delivery: { files: 1, missing: 0 } });
    expect(row.why[0]).toMatch(/files newer than its manifest: it is looked at again/);
  });

  it('says when an older delivery is whole meanwhile, and that readers see nothing yet', () => {
    const { published: _, analysed: __, ...record } = waitingFor(['x']);
    expect(whyOf(record)).toEqual([
      expect.stringContaining('waiting for 1 of 5'),
      'readers see nothing of it yet',
      expect.stringMatching(/^delivery execution-of-delivery-1 before it is whole, and due since 2026-05-02T01:00:00Z/),
    ]);
  });
});

describe('a pending partition', () => {
  const { delivery: _, completeDelivery: __, ...LOOSE } = { ...DIRTY, awaitsManifest: false };

  it('says how long it has to be quiet, and when it is due at the latest', () => {
    const row = statusOf(LOOSE);
    expect(row.dueAt).toBe('2026-05-02T01:06:00.000Z');
    expect(row.why[0]).toBe(
      'quiet until 2026-05-02T01:06:00Z: changes came until 2026-05-02T01:01:00Z, due at the latest at 2026-05-02T02:00:00Z',
    );
  });

  it('says that it waits for its first manifest, and until when', () => {
    expect(whyOf({ ...LOOSE, awaitsManifest: true })[0]).toBe(
      'its manifest has not come: due when it does, at the latest at 2026-05-02T02:00:00Z',
    );
  });

  it('that is due says since when, and when a tick comes', () => {
    const facts = { now: NOW + HOUR, period: { period: PERIOD, epoch: 7, nextTickAt: NOW + HOUR + MINUTE } };
    const row = statusOf(LOOSE, facts);
    expect(row.why[0]).toBe('due since 2026-05-02T01:06:00Z: a tick is on its way for 2026-05-02T02:03:00Z');
    expect(row.nextTickAt).toBe('2026-05-02T02:03:00.000Z');
    expect(whyOf(LOOSE, { now: NOW + HOUR })[0]).toMatch(/: its tick is on its way, or the sweep sends one/);
  });

  it('says which run is at work on it, and until when it may be', () => {
    const lease = { holder: 'finalize-1', until: NOW + MINUTE };
    const sentence = 'run 8 is at work on the month: its lease is held by finalize-1 until 2026-05-02T01:03:00Z';
    expect(whyOf(LOOSE, { period: { period: PERIOD, epoch: 8, lease } })).toContain(sentence);
    const over = { holder: 'finalize-1', until: NOW };
    expect(whyOf(LOOSE, { period: { period: PERIOD, epoch: 8, lease: over } }).join()).not.toContain('at work');
  });

  it('says that it is visible and not analysed, and how far the analytics are', () => {
    const published = {
      setId: 'set-2',
      deliveryId: 'delivery-1',
      files: 5,
      rows: 1234,
      epoch: 8,
      at: NOW - 2 * MINUTE,
    };
    const record = { ...DIRTY, published };
    expect(whyOf(record, { analytics: RUNNING }).slice(0, 2)).toEqual([
      'published by run 8 at 2026-05-02T01:00:00Z, and not analysed since',
      'analytics (run 8) running: step 3 of 10 (statement 4) since 2026-05-02T01:01:00Z, query id 01b2-query',
    ]);
    const others = { ...RUNNING, members: [] };
    expect(whyOf(record, { analytics: others }).join()).not.toContain('step 3');
  });
});

describe('a failed partition', () => {
  it('says what failed, how often it was tried, and when it is tried next', () => {
    const row = statusOf({ ...DIRTY, problem: problem() });
    expect(row).toMatchObject({ verdict: 'incomplete', state: 'failed', dueAt: '2026-05-02T01:03:00.000Z' });
    expect(row.why).toEqual([
      'the count of rows in the warehouse failed: a.parquet has 9 rows, its footer says 10',
      'tried 2 times, last at 2026-05-02T01:01:00Z, next at 2026-05-02T01:03:00Z',
      expect.stringContaining('readers see delivery execution-of-delivery-1'),
    ]);
  });

  it('reports the statement, code and query of analytics that failed', () => {
    const failure = { statement: 4, code: '100038', message: "Numeric value 'x' is not recognized", queryId: '01b2' };
    const { inFlight: _, ...rest } = RUNNING;
    const analytics = { ...rest, status: 'failed' as const, failure };
    const record = { ...DIRTY, problem: problem({ what: 'analytics-failed', attempts: 1, message: 'statement 4: …' }) };
    expect(whyOf(record, { analytics })).toEqual([
      "analytics failed: statement 4: 100038: Numeric value 'x' is not recognized, query id 01b2",
      expect.stringMatching(/^tried 1 time, /),
      expect.any(String),
    ]);
  });

  it('that waits for files too names them', () => {
    const file = versionOf();
    const record = { ...waitingFor([file.id], 1), problem: problem() };
    const row = statusOf(record, { delivery: deliveryOf({ id: 'delivery-2', files: [file] }), versions: [] });
    expect(row.state).toBe('failed');
    expect(row.why).toContain('missing: a.parquet (not staged yet)');
  });

  it('that has changed since is tried when that is due', () => {
    const [, tried] = whyOf({ ...DIRTY, problem: problem({ changes: 1 }) });
    expect(tried).toMatch(/changed since, quiet until 2026-05-02T01:06:00Z/);
  });
});

describe('a held partition', () => {
  it('names the files in the way, what is known of them, and what ends it', () => {
    const bad = versionOf({ key: 'b', outcome: { status: 'quarantined', reason: 'no Parquet file' } });
    const delivery = deliveryOf({ files: [versionOf(), bad] });
    const row = statusOf({ ...COMPLETE, held: 'b is quarantined' }, { delivery, versions: [versionOf(), bad] });
    expect(row).toMatchObject({ verdict: 'incomplete', state: 'held', missing: { count: 1 } });
    expect(row.why).toEqual([
      'cannot be put together: b is quarantined',
      'in the way: b.parquet (quarantined: no Parquet file)',
      'tried again as soon as a file or a delivery comes',
      expect.stringContaining('readers see'),
    ]);
  });

  it('names what was set aside, as what it is', () => {
    const foreign = versionOf({ key: 'focus', outcome: { status: 'set-aside', reason: 'a FOCUS export' } });
    const { delivery: _, completeDelivery: __, analysed: ___, published: ____, ...record } = COMPLETE;
    expect(statusOf({ ...record, held: 'no file' }, { versions: [foreign] }).missing).toEqual({
      count: 1,
      files: [{ key: foreign.source.key, why: 'set aside: a FOCUS export' }],
      more: 0,
    });
    const named = deliveryOf({ id: 'delivery-2', files: [foreign] });
    const waiting = statusOf(waitingFor([foreign.id], 1), { delivery: named, versions: [foreign] });
    expect(waiting.missing?.files).toEqual([{ key: foreign.source.key, why: 'set aside: a FOCUS export' }]);
  });

  it('without a delivery names what is quarantined', () => {
    const { delivery: _, completeDelivery: __, ...record } = { ...COMPLETE, awaitsManifest: false, held: 'x' };
    const bad = versionOf({
      key: 'b',
      lastModified: NOW,
      outcome: { status: 'quarantined', reason: 'no Parquet file' },
    });
    expect(statusOf(record, { versions: [versionOf(), bad] }).missing).toMatchObject({
      files: [{ key: bad.source.key, why: 'quarantined: no Parquet file' }],
    });
  });

  it('is also one in which nothing was ever staged', () => {
    expect(statusOf(newPartitionRecord(ALPHA))).toMatchObject({
      state: 'held',
      why: ['nothing has been published, and nothing waits for a run', 'readers see nothing of it yet'],
    });
  });
});

describe('a partition with several reports', () => {
  const undecided: PartitionRecord = {
    ...COMPLETE,
    report: 'acme/exports/daily',
    otherReports: [{ report: 'acme/exports/hourly', since: START }],
  };

  it('is incomplete, and says which is the bill, which are left out since when, and how to choose', () => {
    expect(statusOf(undecided)).toMatchObject({
      verdict: 'incomplete',
      state: 'published',
      why: [
        'the bill is the report acme/exports/daily; left out until somebody chooses (`report`): ' +
          'acme/exports/hourly (since 2026-05-02T00:00:00Z)',
      ],
    });
  });

  it('says so after what its state says, and nothing of it once there is nothing to choose', () => {
    expect(whyOf({ ...undecided, held: 'b is quarantined' }).at(-1)).toMatch(/^the bill is the report acme/);
    expect(whyOf({ ...COMPLETE, report: 'acme/exports/daily' })).toEqual([]);
  });
});

describe('any partition', () => {
  it('that is not complete says why, and one that is names no file', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const { verdict, why } = statusOf(record);
        if (verdict === 'complete') expect(why.join()).not.toMatch(/waiting|failed|missing/);
        else expect(why.length).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('texts from outside', () => {
  const HOSTILE = 'x\u001b[2J\n\u202e';

  it('come without a character that moves a cursor, and not endless', () => {
    const bad = versionOf({ key: HOSTILE, outcome: { status: 'quarantined', reason: HOSTILE } });
    const delivery = { ...deliveryOf({ id: 'delivery-2', files: [bad] }), executionId: HOSTILE };
    const progress = { ...WHOLE, id: delivery.id, executionId: HOSTILE, files: 1, awaited: [bad.id] };
    const row = statusOf({ ...DIRTY, delivery: progress }, { delivery, versions: [bad] });
    const failed = statusOf({ ...DIRTY, problem: problem({ message: HOSTILE.repeat(5_000) }) });
    for (const text of [row, failed].flatMap(textsOf)) expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(Math.max(...failed.why.map(({ length }) => length))).toBeLessThan(1_100);
  });
});

/** Every text in a value. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
