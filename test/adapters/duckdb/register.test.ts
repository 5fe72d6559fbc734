import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, rowsOf } from '../../warehouse/harness.ts';
import { type DuckdbHarness, makeDuckdbHarness } from './harness.ts';
import { columns, lineItems, publishReport } from './stagedReports.ts';

let harness: DuckdbHarness;
beforeEach(async () => {
  harness = await makeDuckdbHarness();
});
afterEach(() => harness.close());

describe('staged files', () => {
  it('may have wildcards and quotes in their names: never another file is read', async () => {
    const names = ['a*b', 'axb', 'q?', 'qq', 'c[1]', 'c1', `it's "x"`, 'né 😀'];
    const files = Object.fromEntries(names.map((name) => [name, { columns: columns({}), rows: rowsOf([name]) }]));
    await publishReport(harness, ALPHA, files);
    const rows = await lineItems(harness, 'identity_line_item_id as id, staged_key');
    expect(rows).toHaveLength(names.length);
    for (const { id, staged_key } of rows) expect(String(staged_key).endsWith(`/${id}.parquet`)).toBe(true);
  });

  it('outside the staging folder are refused', async () => {
    const file = await harness.stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    const outside = { ...file, stagedKey: `../staging/${file.stagedKey}` };
    expect(await harness.warehouse.register(ALPHA, [outside, file])).toEqual([
      { stagedKey: outside.stagedKey, status: 'failed', reason: expect.stringContaining('below the staging root') },
      { stagedKey: file.stagedKey, status: 'registered' },
    ]);
  });

  it('load in more than one batch, a broken one among them', async () => {
    const files: StagedFile[] = [];
    for (let n = 0; n < 150; n++)
      files.push(await harness.stage({ partition: ALPHA, name: `f${n}`, rows: rowsOf([`${n}`]) }));
    const broken = files[70];
    if (!broken) throw new Error('staged 150 files');
    await harness.corrupt(broken);
    const statuses = await harness.warehouse.register(ALPHA, files);
    expect(statuses.filter(({ status }) => status === 'failed').map(({ stagedKey }) => stagedKey)).toEqual([
      broken.stagedKey,
    ]);
    const audits = await harness.warehouse.audit(ALPHA, files);
    expect(audits.filter(({ rows }) => rows !== 1)).toEqual([
      {
        stagedKey: broken.stagedKey,
        rows: 0,
        rowsOfOtherPeriods: 0,
        rowsWithCost: 0,
        rowsOfImpossibleCost: 0,
        costs: [],
      },
    ]);
  });
});
