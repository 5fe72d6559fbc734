import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { type PartitionStatus, partitionStatus } from '../../src/status/partitionStatus.ts';
import { statusReport } from '../../src/status/statusReport.ts';
import { statusTable } from '../../src/status/statusTable.ts';
import { ALPHA, PERIOD, START } from '../ledger/records.ts';
import { COMPLETE, DEBOUNCE } from './statusRecords.ts';

const shared = { period: { period: PERIOD, epoch: 1 }, analytics: undefined, configured: true, debounce: DEBOUNCE };
const ROW = partitionStatus({ ...shared, partition: ALPHA, record: COMPLETE, now: START });
const UNKNOWN = partitionStatus({ ...shared, partition: ALPHA, record: undefined, now: START });

describe('the table', () => {
  it('has its columns under their heads, counts at the right, times to the minute, and a dash for what is not known', () => {
    expect(statusTable([ROW, { ...UNKNOWN, why: ['nothing'] }])).toEqual([
      'payer         period   verdict   state      bill         files   rows  published          analysed           delivered',
      '111111111111  2026-04  complete  published  provisional      5  1,234  2026-05-02 00:01Z  2026-05-02 00:02Z  2026-05-02 00:00Z',
      '111111111111  2026-04  unknown   unknown    -                -      -  -                  -                  -',
      '    nothing',
    ]);
  });

  it('has nothing that JSON escapes: it is printed as an answer', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('"', '\\', 'a', ' ') })), (why) => {
        for (const line of statusTable([{ ...ROW, why }])) expect(JSON.stringify(line)).toBe(`"${line}"`);
      }),
    );
  });
});

describe('a report that is too long for one answer', () => {
  it('leaves out what is complete first, says how much, and keeps its verdict', () => {
    const waiting: PartitionStatus = { ...ROW, verdict: 'incomplete', why: Array(4).fill('ü'.repeat(500)) };
    const rows = Array.from({ length: 6_000 }, (_, index) => ({
      ...(index < 5_500 ? ROW : waiting),
      payer: parsePayer(String(100_000_000_000 + index)),
    }));
    const request = { problemsOnly: false, format: 'both' } as const;
    const outbox = { messages: 0, isAtLeast: false, oldestAt: undefined };
    const facts = {
      at: START,
      request,
      periods: [],
      configuration: undefined,
      outbox,
      overLimits: [],
      operations: undefined,
    };
    const report = statusReport({ ...facts, partitions: rows });
    const shown = report.partitions ?? [];
    expect(report.verdict).toBe('incomplete');
    expect(shown.filter(({ verdict }) => verdict === 'incomplete')).toHaveLength(500);
    expect(report.leftOut).toBe(6_000 - shown.length);
    expect(report.leftOut).toBeGreaterThan(1_000);
    expect(report.summary.at(-1)).toBe(`${report.leftOut} rows are left out: ask for fewer payers or periods`);
    // Lambda quotas: an answer of 6 MB.
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(6_000_000);
  });
});
