import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { newProgress } from '../../../src/programs/local/progress.ts';
import type { ReactorEvent } from '../../../src/telemetry/events.ts';

const period = parsePeriod('2026-04');
const partition = { payer: parsePayer('111122223333'), period };

/** Progress at moments of our choice, and the lines that it has written. */
function progressAt(...moments: readonly number[]) {
  const left = [...moments];
  const lines: string[] = [];
  const progress = newProgress(
    (text) => lines.push(text),
    () => left.shift() ?? 0,
  );
  return { ...progress, lines };
}

/** One event of each kind, with `text` in every field that comes from outside. */
function everyEvent(text: string): ReactorEvent[] {
  const file = { partition, key: `folder/${text}` };
  const object = { bucket: text, key: text };
  return [
    { what: 'file-staged', ...file, rows: 1, sizeBytes: 2 },
    { what: 'file-known', ...file },
    { what: 'file-empty', ...file },
    { what: 'file-quarantined', ...file, reason: text },
    { what: 'file-set-aside', ...file, reason: text },
    { what: 'file-withdrawn', ...file, reason: text },
    { what: 'file-superseded', ...object },
    { what: 'file-gone', ...object },
    { what: 'object-ignored', ...object, reason: text },
    { what: 'source-unknown', ...object },
    { what: 'delivery-known', partition, executionId: text, files: 3, missing: 1 },
    { what: 'delivery-unsure', partition, executionId: text, keys: [text] },
    { what: 'manifest-quarantined', ...file, reason: text },
    { what: 'run-started', period, epoch: 1, partitions: 1 },
    { what: 'partition-held', partition, reason: text },
    { what: 'partition-published', partition, files: 1, rows: 2, deliveryId: text },
    { what: 'partition-postponed', partition, nextSeconds: 90 },
    { what: 'registration-failed', partition, reason: text, attempts: 1 },
    { what: 'verification-failed', partition, reason: text, attempts: 2 },
    { what: 'analytics-failed', partition, reason: text, attempts: 3 },
    { what: 'analytics-started', period, run: 1, partitions: 1, steps: 3 },
    { what: 'analytics-handed-on', period, run: 1, stepsDone: 1, steps: 3, queryId: text },
    { what: 'analytics-repeated', period, run: 1, attempts: 1, reason: text },
    { what: 'check-failed', period, run: 1, check: text, payers: 2, code: text, reason: text },
    { what: 'analytics-cancelled', period, run: 1, reason: text },
    { what: 'analytics-done', period, run: 1, partitions: 1, seconds: 1 },
    { what: 'payer-fresh', payer: partition.payer, hours: 40, isStale: true, isMeasured: true },
    { what: 'messages-kept', count: 1, isAtLeast: true, reason: text },
    { what: 'message-unroutable', id: text, routingKey: text },
    { what: 'message-dropped', id: text, routingKey: text, reason: text },
    { what: 'files-removed', partition, files: 1 },
    { what: 'removal-failed', partition, files: 1, reason: text },
    { what: 'source-unreadable', payer: partition.payer, bucket: text, prefix: text, reason: text },
    { what: 'copy-restored', ...file },
    { what: 'copies-unowned', partition, files: 1 },
    { what: 'configuration-loaded', from: 'table', payers: 1 },
    { what: 'configuration-fallback', from: 'cache', reason: text },
    { what: 'payer-row-wrong', row: 1, reason: text },
    { what: 'lease-lost', period, epoch: 1 },
    { what: 'warehouse-behind', partition, redo: 'load' },
  ];
}

describe('progress', () => {
  it('is one line each, with the seconds since the start', () => {
    const { say, report, lines } = progressAt(1_000, 1_040, 63_260);
    say('hello');
    report({ what: 'partition-published', partition, files: 2, rows: 30 });
    expect(lines).toEqual(['   0.0s  hello\n', '  62.3s  published   2026-04/111122223333  2 files, 30 rows\n']);
  });

  it('counts every event by its kind, in the order of their names', () => {
    const { report, counts } = progressAt();
    for (const event of [...everyEvent('x'), ...everyEvent('y')]) report(event);
    expect(Object.values(counts())).toEqual(everyEvent('x').map(() => 2));
    expect(Object.keys(counts())).toEqual(
      everyEvent('x')
        .map(({ what }) => what)
        .toSorted(),
    );
  });

  it.each(['file-staged', 'object-ignored'] as const)(
    'prints the first ten of %s, then every five hundredth',
    (what) => {
      const { report, lines, counts } = progressAt();
      const event = everyEvent('x').find((each) => each.what === what);
      for (let n = 0; event && n < 1_000; n += 1) report(event);
      expect(lines).toHaveLength(12);
      expect(lines.slice(10).map((line) => line.slice(9))).toEqual([`${what}: 500 so far\n`, `${what}: 1000 so far\n`]);
      expect(counts()).toEqual({ [what]: 1_000 });
    },
  );

  it('says of a warehouse that is behind what is done again: loading, or only the analytics', () => {
    const { report, lines } = progressAt();
    report({ what: 'warehouse-behind', partition, redo: 'load' });
    report({ what: 'warehouse-behind', partition, redo: 'analytics' });
    expect(lines.map((line) => line.slice(9).trimEnd())).toEqual([
      'behind      2026-04/111122223333  the warehouse does not show what was published: loading it again',
      'behind      2026-04/111122223333  the warehouse shows what another run published: analysing it again',
    ]);
  });

  it('has as many nouns as things: 1 file, 2 files', () => {
    const { report, lines } = progressAt();
    for (const files of [1, 2]) {
      report({ what: 'partition-published', partition, files, rows: files });
      report({ what: 'analytics-done', period, run: 1, partitions: files, seconds: 1 });
    }
    expect(lines.map((line) => line.slice(9).trimEnd())).toEqual([
      'published   2026-04/111122223333  1 file, 1 row',
      'analysed    2026-04  1 payer',
      'published   2026-04/111122223333  2 files, 2 rows',
      'analysed    2026-04  2 payers',
    ]);
  });

  it('goes on saying files one by one after a pause: with --watch, another delivery has begun', () => {
    const moments = [0, ...Array.from({ length: 12 }, () => 1_000), 3_000, 9_000, 9_001];
    const { report, lines } = progressAt(...moments);
    const [event] = everyEvent('x');
    for (let n = 0; event && n < 15; n += 1) report(event);
    expect(lines.map((line) => line.slice(0, 7))).toEqual([
      ...Array.from({ length: 10 }, () => '   1.0s'),
      '   9.0s',
      '   9.0s',
    ]);
  });

  it('prints every failure, however often it comes', () => {
    const { report, lines } = progressAt();
    for (let n = 0; n < 40; n += 1) report({ what: 'verification-failed', partition, reason: 'no', attempts: n });
    expect(lines).toHaveLength(40);
  });

  it.each(everyEvent('\u001b[2J\r\n\u0007\u202e\u009b\u2028').map((event) => [event.what, event] as const))(
    'of %s lets nothing from outside reach the terminal raw',
    (_what, event) => {
      const { report, lines } = progressAt();
      report(event);
      expect(lines.join('').replace(/\n$/, '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    },
  );
});
