import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { type Period, parsePeriod } from '../../src/billing/period.ts';
import type { PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { freshness, NEVER_HOURS } from '../../src/sweep/freshness.ts';

const NOON = Date.UTC(2026, 9, 5, 12);
const HOUR = 3_600_000;
const [FIRST, SECOND] = [parsePayer('111122223333'), parsePayer('444455556666')];
const [AUGUST, SEPTEMBER, OCTOBER] = [parsePeriod('2026-08'), parsePeriod('2026-09'), parsePeriod('2026-10')];

function recordOf(period: Period, rest: Partial<PartitionRecord>, payer = FIRST): PartitionRecord {
  return { partition: { payer, period }, changes: 1, settledChanges: 1, awaitsManifest: true, ...rest };
}

/** A delivery whose manifest was written at a moment. */
function deliveryAt(lastModified: number) {
  const manifest = { bucket: 'payer-cur', key: 'cur/m.json', etag: 'e', lastModified, sizeBytes: 1 };
  return { id: `d${lastModified}`, executionId: 'e1', manifest };
}

const complete = (at: number) => ({
  delivery: { ...deliveryAt(at), files: 1, awaited: [] },
  completeDelivery: deliveryAt(at),
});
const waiting = (at: number) => ({ delivery: { ...deliveryAt(at), files: 2, awaited: ['v1'] } });
const hoursOf = (records: readonly PartitionRecord[], now = NOON) => freshness([FIRST], records, now)[0]?.hours;

describe('a payer is as fresh as', () => {
  it('its newest complete delivery, of this month or the last', () => {
    const records = [recordOf(OCTOBER, complete(NOON - 30 * HOUR)), recordOf(SEPTEMBER, complete(NOON - 5.25 * HOUR))];
    expect(freshness([FIRST], records, NOON)).toEqual([{ payer: FIRST, hours: 5.3, lastDelivery: NOON - 5.25 * HOUR }]);
  });

  it('the delivery before, while the newest one waits for files', () => {
    expect(hoursOf([recordOf(OCTOBER, { ...complete(NOON - 30 * HOUR), ...waiting(NOON - HOUR) })])).toBe(30);
    expect(hoursOf([recordOf(OCTOBER, { ...waiting(NOON - HOUR), watermark: NOON - HOUR })])).toBe(NEVER_HOURS);
  });

  it('its newest file, where its source writes no manifests', () => {
    expect(hoursOf([recordOf(OCTOBER, { awaitsManifest: false, watermark: NOON - 2 * HOUR })])).toBe(2);
  });

  it('never, where files have come without the manifest that their source writes', () => {
    expect(hoursOf([recordOf(OCTOBER, { watermark: NOON - 2 * HOUR })])).toBe(NEVER_HOURS);
  });

  it('never, when nothing has come for this month and the last', () => {
    expect(freshness([FIRST], [recordOf(AUGUST, complete(NOON - HOUR))], NOON)).toEqual([
      { payer: FIRST, hours: NEVER_HOURS },
    ]);
    expect(NEVER_HOURS).toBe(366 * 24);
  });

  it('now, where another clock is ahead', () => {
    expect(hoursOf([recordOf(OCTOBER, complete(NOON + HOUR))])).toBe(0);
  });
});

describe('freshness', () => {
  it('is answered for each configured payer once, and for no other', () => {
    const records = [recordOf(OCTOBER, complete(NOON)), recordOf(OCTOBER, complete(NOON - HOUR), SECOND)];
    expect(freshness([SECOND, SECOND], records, NOON)).toMatchObject([{ payer: SECOND, hours: 1 }]);
    expect(freshness([], records, NOON)).toEqual([]);
  });

  it('never gets better by waiting', () => {
    const record = fc.record({
      period: fc.constantFrom(AUGUST, SEPTEMBER, OCTOBER),
      at: fc.integer({ min: NOON - 1000 * HOUR, max: NOON }),
      kind: fc.constantFrom(complete, waiting),
    });
    fc.assert(
      fc.property(fc.array(record), fc.nat(24 * 20), (all, laterHours) => {
        const records = all.map(({ period, at, kind }) => recordOf(period, kind(at)));
        const [before, after] = [hoursOf(records), hoursOf(records, NOON + laterHours * HOUR)];
        expect(after).toBeGreaterThanOrEqual(before ?? Number.NaN);
        expect(after).toBeLessThanOrEqual(NEVER_HOURS);
      }),
    );
  });
});
