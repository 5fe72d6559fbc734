import { Logger } from '@aws-lambda-powertools/logger';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { ReactorEvent } from '../../src/telemetry/events.ts';
import { logValue, reportTo } from '../../src/telemetry/logsAndMetrics.ts';

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const PARTITION = { payer: parsePayer('111122223333'), period: parsePeriod('2026-10') };

/** What a report of these events writes, in order. */
function logged(events: readonly ReactorEvent[]): unknown[] {
  const lines: unknown[] = [];
  const line = (level: string) => (message: unknown, fields: unknown) => void lines.push({ level, message, fields });
  const logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  const report = reportTo(
    { logger, metrics: { add: (measure) => void lines.push(measure) } },
    { correlation_id: 'e-1' },
  );
  for (const event of events) report(event);
  return lines;
}

describe('a report', () => {
  it('logs an event as one log line with everything it holds, and one count', () => {
    const event = { what: 'partition-held', partition: PARTITION, reason: 'a file is quarantined' } as const;
    expect(logged([event])).toEqual([
      {
        level: 'warn',
        message: 'partition-held',
        fields: { correlation_id: 'e-1', partition: PARTITION, reason: 'a file is quarantined' },
      },
      { metric: 'PartitionsHeld', value: 1, payer: PARTITION.payer },
    ]);
  });

  it('measures a staged file by its payer: size, and how long it took', () => {
    const event = { what: 'file-staged', partition: PARTITION, key: 'k', rows: 3, sizeBytes: 900 } as const;
    const { payer } = PARTITION;
    const measures = [
      { metric: 'FilesStaged', value: 1, payer },
      { metric: 'RowsStaged', value: 3 },
      { metric: 'BytesStaged', value: 900, payer },
    ];
    expect(logged([event]).slice(1)).toEqual(measures);
    expect(logged([{ ...event, lagSeconds: 12 }]).slice(1)).toEqual([
      ...measures,
      { metric: 'StagingLag', value: 12, payer },
    ]);
  });

  it('measures what was finalized: how long it took, what was found, and what that would save', () => {
    const { payer } = PARTITION;
    const event = { what: 'partition-finalized', partition: PARTITION, files: 2, rows: 7 } as const;
    const found = { findings: 4, savings: [{ currency: 'USD', estimatedSaving: 56.78 }] };
    expect(logged([{ ...event, ...found, deliveryLagSeconds: 600 }]).slice(1)).toEqual([
      { metric: 'PartitionsFinalized', value: 1, payer },
      { metric: 'Findings', value: 4, payer },
      { metric: 'EstimatedSaving', value: 56.78, payer },
      { metric: 'DeliveryLag', value: 600, payer },
    ]);
    expect(logged([{ ...event, findings: 0, savings: [] }]).slice(3)).toEqual([
      { metric: 'EstimatedSaving', value: 0, payer },
    ]);
    const several = [...found.savings, { currency: 'CNY', estimatedSaving: 7 }];
    expect(logged([{ ...event, findings: 5, savings: several }]).slice(3)).toEqual([]);
  });

  it('counts analytics that failed twice apart: once may be an accident', () => {
    const failed = { what: 'analytics-failed', partition: PARTITION, reason: 'r' } as const;
    const first = { metric: 'AnalyticsFailed', value: 1 };
    expect(logged([{ ...failed, attempts: 1 }]).slice(1)).toEqual([first]);
    expect(logged([{ ...failed, attempts: 2 }]).slice(1)).toEqual([
      first,
      { metric: 'AnalyticsFailedAgain', value: 1 },
    ]);
  });

  it('says how everything stands as values, not as counts', () => {
    const { payer } = PARTITION;
    const surveyed = {
      dirtyPartitions: 2,
      oldestDirtyHours: 1.5,
      notVisibleHours: 1,
      outboxDepth: 3,
      quarantinedFiles: 0,
    };
    expect(logged([{ what: 'surveyed', ...surveyed }]).slice(1)).toEqual([
      { metric: 'DirtyPartitions', value: 2 },
      { metric: 'OldestDirtyHours', value: 1.5 },
      { metric: 'NotVisibleHours', value: 1 },
      { metric: 'OutboxDepth', value: 3 },
      { metric: 'QuarantinedFiles', value: 0 },
    ]);
    const stale = { what: 'payer-fresh', payer, hours: 40, isStale: true } as const;
    expect(logged([{ ...stale, isMeasured: true }]).slice(1)).toEqual([{ metric: 'FreshnessHours', value: 40, payer }]);
    expect(logged([{ ...stale, isMeasured: false }]).slice(1)).toEqual([]);
    const freshness = { what: 'freshness-surveyed', payers: 12, stalestHours: 40, stalePayers: 1 } as const;
    expect(logged([freshness]).slice(1)).toEqual([
      { metric: 'PayersWatched', value: 12 },
      { metric: 'StalestPayerHours', value: 40 },
      { metric: 'StalePayers', value: 1 },
    ]);
  });

  it.each([
    ['table', 'ConfigurationsFromTable'],
    ['cache', 'ConfigurationsFromCache'],
    ['fallback', 'ConfigurationsFromFallback'],
  ] as const)('counts which configuration is in use, and its payers: %s', (from, metric) => {
    expect(logged([{ what: 'configuration-loaded', from, payers: 12 }]).slice(1)).toEqual([
      { metric: 'ConfigurationsLoaded', value: 1 },
      { metric, value: 1 },
      { metric: 'PayersConfigured', value: 12 },
    ]);
  });

  it('speaks up for what needs a person, and whispers what is noise', () => {
    const reason = 'r';
    const levels = logged([
      { what: 'verification-failed', partition: PARTITION, reason, attempts: 1 },
      { what: 'file-quarantined', partition: PARTITION, key: 'k', reason },
      { what: 'source-unknown', bucket: 'b', key: 'k' },
      { what: 'partition-held', partition: PARTITION, reason },
      { what: 'object-ignored', bucket: 'b', key: 'k', reason },
      { what: 'file-known', partition: PARTITION, key: 'k' },
    ]).filter((line) => 'level' in Object(line));
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

  it('has names of fields without such characters, however deep they lie', () => {
    const text = JSON.stringify({ found: [{ 'a\u202eb': { 'c\u001bd': 1 } }] }, logValue);
    expect(JSON.parse(text)).toEqual({ found: [{ 'a\\u{202e}b': { 'c\\u{1b}d': 1 } }] });
  });

  it('is left out where its name says that it is a secret', () => {
    const settings = { url: 'amqps://broker', password: 'p', privateKey: 'k', nested: { sessionToken: 't' } };
    expect(JSON.parse(JSON.stringify(settings, logValue))).toEqual({
      url: 'amqps://broker',
      password: '(left out)',
      privateKey: '(left out)',
      nested: { sessionToken: '(left out)' },
    });
  });

  it('that is an error is logged with its causes, none of them with such a character', () => {
    const lines: string[] = [];
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    const cause = Object.assign(new TypeError('in\u001bner'), { code: 'E\u202e', password: 'p' });
    new Logger({ serviceName: 's', jsonReplacerFn: logValue }).error('failed', {
      error: new Error('out\u009ber', { cause }),
    });
    write.mockRestore();
    expect(JSON.parse(lines.join('')).error).toMatchObject({
      name: 'Error',
      message: 'out\\u{9b}er',
      cause: { name: 'TypeError', message: 'in\\u{1b}ner', code: 'E\\u{202e}', password: '(left out)' },
    });
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
