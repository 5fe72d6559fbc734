import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'vitest';
import { runForOutcome, startReactor, tableOf } from './reactor.ts';
import { exportManifest, putFiles, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';

describe('npm start -- --watch', { concurrent: true }, () => {
  it('publishes what appears, replaces it when it is delivered again, and ends by Ctrl-C with status 130', async ({
    expect,
  }) => {
    await using folder = await watchable();
    await using reactor = startReactor('--watch', '--from', folder.from, '--keep', folder.keep);
    await reactor.line(/watching for new files; Ctrl-C ends it$/);
    await putFiles(folder.from, { 'sub/a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1, 2)) });
    await reactor.line(/ published {3}2026-04\/111122223333 {2}1 file, 2 rows$/);
    await putFiles(folder.from, {
      'sub/a.parquet': reportFile(rowsOf(PAYER, '2026-04', 4)),
      'b.parquet': reportFile(rowsOf(PAYER, '2026-05', 8)),
    });
    await reactor.line(/ published {3}2026-04\/111122223333 {2}1 file, 1 row$/);
    await reactor.line(/ analysed {4}2026-05 {2}1 payer$/);
    reactor.signal('SIGINT');
    const { status, stderr } = await reactor.ended;
    expect(status).toBe(130);
    expect(stderr).toMatch(/\nstopped by Ctrl-C; nothing is lost: the same command goes on from here\n$/);
    const { outcome } = await runForOutcome('--from', folder.from, '--keep', folder.keep);
    expect(tableOf(outcome)).toEqual([
      '2026-04/111122223333 published: 1 files, 1 rows, cost 4',
      '2026-05/111122223333 published: 1 files, 1 rows, cost 8',
    ]);
  });

  it('is ended by SIGTERM too, and what still waited for its quiet period is published by the next run', async ({
    expect,
  }) => {
    await using folder = await watchable();
    await using reactor = startReactor('--watch', '--json', '--from', folder.from, '--keep', folder.keep);
    await reactor.line(/watching for new files/);
    await putFiles(folder.from, { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1)) });
    await reactor.line(/ staged /);
    reactor.signal('SIGTERM');
    const { status, stderr } = await reactor.ended;
    expect([status, stderr.split('\n').slice(-2)]).toEqual([
      143,
      ['stopped by SIGTERM; nothing is lost: the same command goes on from here', ''],
    ]);
    const { status: after, outcome } = await runForOutcome('--from', folder.from, '--keep', folder.keep);
    expect([after, ...tableOf(outcome)]).toEqual([0, '2026-04/111122223333 published: 1 files, 1 rows, cost 1']);
  });

  it('takes a file that could not be placed when a good one takes its place', async ({ expect }) => {
    await using folder = await watchable();
    await putFiles(folder.from, { 'a.parquet': 'an upload that was cut off\n' });
    await using reactor = startReactor('--watch', '--json', '--from', folder.from, '--keep', folder.keep);
    await reactor.line(/watching for new files/);
    await putFiles(folder.from, { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1)) });
    await reactor.line(/ published .*2026-04/);
    reactor.signal('SIGINT');
    await reactor.ended;
    const { status, outcome } = await runForOutcome('--from', folder.from, '--keep', folder.keep);
    expect([status, ...tableOf(outcome)]).toEqual([0, '2026-04/111122223333 published: 1 files, 1 rows, cost 1']);
  });

  it('takes a new export as its manifest names it, also when the manifest comes before every file', async ({
    expect,
  }) => {
    await using folder = await watchable();
    await using reactor = startReactor('--watch', '--json', '--from', folder.from, '--keep', folder.keep);
    await reactor.line(/watching for new files/);
    const data = 'data/BILLING_PERIOD=2026-04/daily-';
    const manifest = exportManifest('first', [`there/${data}00001.snappy.parquet`]);
    await putFiles(folder.from, { 'daily/metadata/BILLING_PERIOD=2026-04/daily-Manifest.json': manifest });
    // Changes are reported in their order: when the next one has been seen, the manifest has been,
    // too.
    await putFiles(folder.from, { 'marker.parquet': reportFile(rowsOf('222233334444', '2026-04', 1)) });
    await reactor.line(/ staged .*"marker\.parquet"/);
    await putFiles(folder.from, {
      [`daily/${data}00001.snappy.parquet`]: reportFile(rowsOf(PAYER, '2026-04', 1)),
      [`daily/${data}00002.snappy.parquet`]: reportFile(rowsOf(PAYER, '2026-04', 64)),
    });
    await reactor.line(/ published {3}2026-04\/111122223333 /);
    reactor.signal('SIGINT');
    await reactor.ended;
    const { outcome } = await runForOutcome('--from', folder.from, '--keep', folder.keep);
    expect(tableOf(outcome)).toContain('2026-04/111122223333 published: 1 files, 1 rows, cost 1');
  });
});

/** A folder to read and one for the state, beside each other. */
async function watchable(): Promise<AsyncDisposable & { readonly from: string; readonly keep: string }> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), 'watching-'));
  const from = path.join(folder.path, 'from');
  await mkdir(from);
  return { from, keep: path.join(folder.path, 'keep'), [Symbol.asyncDispose]: () => folder.remove() };
}
