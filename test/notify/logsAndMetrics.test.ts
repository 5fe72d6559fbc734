import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { ReactorEvent } from '../../src/notify/events.ts';
import { logValue, reportTo } from '../../src/notify/logsAndMetrics.ts';

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const PARTITION = { payer: parsePayer('111122223333'), period: parsePeriod('2026-10') };

/** What a report of these events writes, in order. */
function told(events: readonly ReactorEvent[]): unknown[] {
  const lines: unknown[] = [];
  const line = (level: string) => (message: unknown, fields: unknown) => void lines.push({ level, message, fields });
  const logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  const metrics = { addMetric: (...metric: unknown[]) => void lines.push(metric) };
  const report = reportTo({ logger, metrics }, { correlation_id: 'e-1' });
  for (const event of events) report(event);
  return lines;
}

describe('a report', () => {
  it('tells an event as one log line with everything it holds, and one count', () => {
    const event = { what: 'partition-published', partition: PARTITION, files: 2, rows: 7 } as const;
    expect(told([event])).toEqual([
      {
        level: 'info',
        message: 'partition-published',
        fields: { correlation_id: 'e-1', partition: PARTITION, files: 2, rows: 7 },
      },
      ['PartitionsPublished', 'Count', 1],
    ]);
  });

  it('counts the rows and bytes of a staged file as well', () => {
    const event = { what: 'file-staged', partition: PARTITION, key: 'k', rows: 3, sizeBytes: 900 } as const;
    expect(told([event]).slice(1)).toEqual([
      ['FilesStaged', 'Count', 1],
      ['RowsStaged', 'Count', 3],
      ['BytesStaged', 'Bytes', 900],
    ]);
  });

  it.each([
    ['table', 'ConfigurationsFromTable'],
    ['cache', 'ConfigurationsFromCache'],
    ['fallback', 'ConfigurationsFromFallback'],
  ] as const)('counts which configuration is in use, and its payers: %s', (from, count) => {
    expect(told([{ what: 'configuration-loaded', from, payers: 12 }]).slice(1)).toEqual([
      ['ConfigurationsLoaded', 'Count', 1],
      [count, 'Count', 1],
      ['PayersConfigured', 'Count', 12],
    ]);
  });

  it('speaks up for what needs a person, and whispers what is noise', () => {
    const reason = 'r';
    const levels = told([
      { what: 'verification-failed', partition: PARTITION, reason, attempts: 1 },
      { what: 'file-quarantined', partition: PARTITION, key: 'k', reason },
      { what: 'source-unknown', bucket: 'b', key: 'k' },
      { what: 'partition-held', partition: PARTITION, reason },
      { what: 'object-ignored', bucket: 'b', key: 'k', reason },
      { what: 'file-known', partition: PARTITION, key: 'k' },
    ]).filter((line) => !Array.isArray(line));
    expect(levels.map((line) => Object(line).level)).toEqual(['error', 'error', 'warn', 'warn', 'debug', 'debug']);
  });
});

describe('a value in a log line', () => {
  it('never holds a character that moves a cursor or turns the reading direction', () => {
    const hostile = fc.string({
      unit: fc.constantFrom('a', '\n', '\u001b', '\u009b', '\u202e', '\u2028', '\ud800', '😀'),
    });
    fc.assert(fc.property(hostile, (text) => !UNSAFE.test(String(logValue('key', text)))));
    fc.assert(fc.property(hostile, (text) => !UNSAFE.test(String(logValue('stack', text)).replaceAll('\n', ''))));
  });

  it('keeps harmless texts, numbers and short lists as they are', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 4096, unit: 'grapheme-ascii' }), (text) => logValue('key', text) === text),
    );
    expect([logValue('rows', 3), logValue('keys', ['a', 'b'])]).toEqual([3, ['a', 'b']]);
  });

  it('keeps the lines of a stack apart', () => {
    expect(logValue('stack', 'Error: x\n    at y')).toBe('Error: x\n    at y');
    expect(logValue('reason', 'x\n    at y')).toBe('x\\u{a}    at y');
  });

  it('is cut when it is long', () => {
    expect(logValue('reason', 'x'.repeat(5000))).toBe(`${'x'.repeat(4096)}…`);
    const keys = Array.from({ length: 10_000 }, (_, index) => `key-${index}`);
    expect(logValue('keys', keys)).toEqual([...keys.slice(0, 20), '… 9980 more']);
  });
});
