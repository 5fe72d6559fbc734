import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'vitest';
import { runForOutcome, tableOf } from './reactor.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const NAMES = [
  'a+b.parquet',
  '%2F%00 100%.parquet',
  'two  spaces and a dot ..parquet',
  'it\'s a “quote".parquet',
  'déjà vu 費用 🙂.parquet',
  '[abc].parquet',
  'a.parquet', // what a pattern `[abc].parquet` would match
  '*.parquet',
  '{x,y}?.parquet',
  'line\nbreak \u001b[31mred.parquet',
  'year=1999/month=1/payer-1/turned \u202e round.parquet',
];

describe('loose Parquet files', { concurrent: true }, () => {
  it('are distinguished by their rows, two payers and two months, whatever they are called', async ({ expect }) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'loose-'));
    const [april, may] = [rowsOf('111122223333', '2026-04', 1), rowsOf('111122223333', '2026-05', 32)];
    const files = NAMES.map(
      (name, index) =>
        [`from/${name}`, reportFile([...april, ...rowsOf('111122223333', '2026-04', 2 ** index)])] as const,
    );
    await putFiles(folder.path, {
      ...Object.fromEntries(files),
      'from/sub/folder/may.parquet': reportFile(may),
      'from/other.parquet': reportFile(rowsOf('222233334444', '2026-04', 64)),
    });
    const { status, outcome, stderr } = await runForOutcome(
      '--from',
      below(folder, 'from'),
      '--keep',
      below(folder, 'keep'),
    );
    expect(tableOf(outcome)).toEqual([
      `2026-04/111122223333 published: ${NAMES.length} files, ${NAMES.length * 2} rows, cost ${NAMES.length + 2 ** NAMES.length - 1}`,
      '2026-05/111122223333 published: 1 files, 1 rows, cost 32',
      '2026-04/222233334444 published: 1 files, 1 rows, cost 64',
    ]);
    expect(status).toBe(0);
    expect(stderr).not.toMatch(UNPRINTABLE);
  });

  it('are quarantined, with the reason, when they are not Parquet, and hold their month: nobody knows whether it is whole', async ({
    expect,
  }) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'loose-'));
    await putFiles(below(folder, 'from'), {
      'good.parquet': reportFile(rowsOf('111122223333', '2026-04', 1)),
      'bad \u001b[31m.parquet': 'an upload that was cut off\n',
      'also good.parquet': reportFile(rowsOf('111122223333', '2026-04', 2)),
    });
    const args = ['--from', below(folder, 'from'), '--keep', below(folder, 'keep')];
    const { status, outcome, stderr } = await runForOutcome(...args);
    expect([status, ...tableOf(outcome)]).toEqual([3, '2026-04/111122223333 held: 0 files, 0 rows, cost 0']);
    expect(outcome.events['file-quarantined']).toBe(1);
    expect(stderr).toMatch(/^2026-04\/111122223333 is held: bad .*\.parquet is quarantined: not Parquet/m);
    expect(stderr).toMatch(/ quarantined 2026-04\/111122223333 {2}"bad .*\.parquet": not Parquet: /);
    expect(stderr).not.toMatch(UNPRINTABLE);
  });

  it('with rows of two months, or nobody can say whose, are left out and named: status 3', async ({ expect }) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'loose-'));
    await putFiles(below(folder, 'from'), {
      'april.parquet': reportFile(rowsOf('111122223333', '2026-04', 1)),
      'may.parquet': reportFile(rowsOf('111122223333', '2026-05', 2)),
      'both \u001b[31m.parquet': reportFile([
        ...rowsOf('111122223333', '2026-04', 4),
        ...rowsOf('111122223333', '2026-05', 8),
      ]),
      'text.parquet': 'no report at all',
    });
    const args = ['--from', below(folder, 'from'), '--keep', below(folder, 'keep')];
    const { status, outcome, stderr } = await runForOutcome(...args);
    expect(tableOf(outcome)).toEqual([
      '2026-04/111122223333 published: 1 files, 1 rows, cost 1',
      '2026-05/111122223333 published: 1 files, 1 rows, cost 2',
    ]);
    expect(status).toBe(3);
    const months = '2026-04 (1 rows), 2026-05 (1 rows)';
    expect(stderr).toContain(
      `.parquet: its rows are of several months: ${months}; write one file a month, with DuckDB:`,
    );
    expect(stderr).toMatch(/^text\.parquet: not Parquet: /m);
    expect(stderr).not.toMatch(UNPRINTABLE);
  });

  it('that can no longer be read are reported, and what was visible of their month stays', async ({ expect }) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'loose-'));
    const name = 'a \u001b[31m.parquet';
    await putFiles(below(folder, 'from'), {
      [name]: reportFile(rowsOf('111122223333', '2026-04', 1)),
      'b.parquet': reportFile(rowsOf('111122223333', '2026-04', 2)),
    });
    const args = ['--from', below(folder, 'from'), '--keep', below(folder, 'keep')];
    await runForOutcome(...args);
    await putFiles(below(folder, 'from'), { [name]: 'an upload that was cut off\n' });
    const { status, outcome, stderr } = await runForOutcome(...args);
    expect(tableOf(outcome)).toEqual(['2026-04/111122223333 held: 2 files, 2 rows, cost 3']);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^2026-04\/111122223333 is held: a .*\.parquet is quarantined: not Parquet/m);
    expect(stderr).not.toMatch(UNPRINTABLE);
  });

  it('are not published under a month that the person names and their rows do not: both numbers are reported', async ({
    expect,
  }) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'loose-'));
    await putFiles(below(folder, 'from'), { 'may.parquet': reportFile(rowsOf('111122223333', '2026-05', 1, 2)) });
    const args = ['--from', below(folder, 'from'), '--keep', below(folder, 'keep'), '--period', '2026-04'];
    const { status, outcome, stderr } = await runForOutcome(...args);
    expect([status, tableOf(outcome)]).toEqual([3, []]);
    expect(stderr).toMatch(/^may\.parquet: --period says 2026-04, and 2 of its 2 rows are of other months: 2026-05/m);
  });
});

/** What moves a cursor or turns the reading direction, but for the end of a line. */
const UNPRINTABLE = /[^\P{C}\n]/u;

function below({ path: folder }: { readonly path: string }, name: string): string {
  return path.join(folder, name);
}
