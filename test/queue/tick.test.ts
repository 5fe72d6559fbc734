import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTick, tickAt } from '../../src/queue/tick.ts';
import { PERIOD, START } from '../ledger/records.ts';

describe('a tick', () => {
  it.each([
    ['for now goes at once', 0, 0],
    ['for a moment that has passed goes at once', -5000, 0],
    ['for a part of a second waits a whole one: it must not come too early', 1, 1],
    ['for a whole second waits as long', 1000, 1],
    ['for a millisecond more waits one second more', 1001, 2],
    ['for 15 minutes waits as long as SQS can', 900_000, 900],
    ['for later goes in hops', 900_001, 900],
    ['for much later goes in hops', 86_400_000, 900],
  ])('%s', (_, aheadMs, delaySeconds) => {
    expect(tickAt(PERIOD, START + aheadMs, START)).toEqual({ body: { period: PERIOD }, delaySeconds, group: PERIOD });
  });

  it('has a delay that SQS takes, and arrives at its moment or at the last hop before it, never over a second late', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e7, max: 1e7 }), (aheadMs) => {
        const { delaySeconds } = tickAt(PERIOD, START + aheadMs, START);
        expect(Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= 900).toBe(true);
        const isHop = delaySeconds === 900 && aheadMs > 900_000;
        if (!isHop) expect(delaySeconds * 1000).toBeGreaterThanOrEqual(aheadMs);
        expect(delaySeconds * 1000).toBeLessThan(Math.max(0, aheadMs) + 1000);
      }),
    );
  });

  it('is read as it was sent', () => {
    const sent: unknown = JSON.parse(JSON.stringify(tickAt(PERIOD, START, START).body));
    expect(parseTick(sent)).toEqual({ period: PERIOD });
    expect(parseTick({ period: '2026-04', more: 1 })).toEqual({ period: PERIOD });
  });

  it('knows for when it was noted, as exactly as the ledger notes it', () => {
    for (const notedFor of [1_791_158_697_201, 1_791_158_697_201.8794]) {
      expect(parseTick(JSON.parse(JSON.stringify({ period: '2026-04', notedFor })))).toEqual({
        period: PERIOD,
        notedFor,
      });
    }
    expect(parseTick({ period: '2026-04', notedFor: 'soon' })).toEqual({ period: PERIOD });
  });

  it.each([undefined, null, 7, '2026-04', [], {}, { period: 202604 }, { period: null }])(
    'that names no period (%j) is refused with what it says',
    (body) => {
      expect(() => parseTick(body)).toThrow(TypeError);
      expect(() => parseTick(body)).toThrow(String(JSON.stringify(body)));
    },
  );

  it.each(['2026-13', '2026-4', '', '2026-04 '])('that names no month (%j) is refused by its value', (period) => {
    expect(() => parseTick({ period })).toThrow(RangeError);
    expect(() => parseTick({ period })).toThrow(JSON.stringify(period));
  });
});
