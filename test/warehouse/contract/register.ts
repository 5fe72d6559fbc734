import { expect, it } from 'vitest';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, PERIOD, rowsOf, SMALL_REPORT, type WarehouseHarness } from '../harness.ts';

export function describeRegister(harness: () => WarehouseHarness): void {
  it('shows readers nothing', async () => {
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    expect(await harness().warehouse.register(ALPHA, [file])).toEqual([
      { stagedKey: file.stagedKey, status: 'registered' },
    ]);
    expect(await harness().visibleRows(ALPHA)).toEqual([]);
    expect(await harness().warehouse.published(PERIOD, [ALPHA.payer])).toEqual(new Map());
  });

  it('may be repeated: a file is loaded once', async () => {
    const { warehouse } = harness();
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1', 'a2']) });
    await warehouse.register(ALPHA, [file, file]);
    await warehouse.register(ALPHA, [file]);
    expect(await warehouse.audit(ALPHA, [file])).toMatchObject([{ rows: 2 }]);
  });

  it('may run twice at the same time: a file is loaded once', async () => {
    const { warehouse } = harness();
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1', 'a2']) });
    const registered = [{ stagedKey: file.stagedKey, status: 'registered' }];
    const both = await Promise.all([warehouse.register(ALPHA, [file]), warehouse.register(ALPHA, [file])]);
    expect(both).toEqual([registered, registered]);
    expect(await warehouse.audit(ALPHA, [file])).toMatchObject([{ rows: 2 }]);
  });

  it('gives one status per file, in the order asked, and only the broken file fails', async () => {
    const { warehouse } = harness();
    const files: StagedFile[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      files.push(await harness().stage({ partition: ALPHA, name, rows: rowsOf([name]) }));
    }
    const [, , broken] = files;
    if (!broken) throw new Error('staged five files');
    await harness().corrupt(broken);
    const statuses = await warehouse.register(ALPHA, files);
    expect(statuses.map(({ stagedKey }) => stagedKey)).toEqual(files.map(({ stagedKey }) => stagedKey));
    expect(statuses.filter(({ status }) => status === 'failed')).toEqual([
      { stagedKey: broken.stagedKey, status: 'failed', reason: expect.stringMatching(/\S/) },
    ]);
    const audits = await warehouse.audit(ALPHA, files);
    expect(audits.map(({ rows }) => rows)).toEqual([1, 1, 0, 1, 1]);
  });

  it('takes a file that failed before once it can be read', async () => {
    const { warehouse } = harness();
    const staged = { partition: ALPHA, name: 'a', rows: rowsOf(['a1']) };
    const file = await harness().stage(staged);
    await harness().remove(file);
    expect(await warehouse.register(ALPHA, [file])).toMatchObject([{ status: 'failed' }]);
    await harness().stage(staged);
    expect(await warehouse.register(ALPHA, [file])).toMatchObject([{ status: 'registered' }]);
    expect(await warehouse.audit(ALPHA, [file])).toMatchObject([{ rows: 1 }]);
  });

  it('refuses a file by name when a number that is read has more digits than a decimal can hold', async () => {
    const { warehouse } = harness();
    const withType = (column: string, type: string) => [
      { name: 'identity_line_item_id', type: 'string' },
      { name: column, type },
    ];
    const [long, whole, beside] = [
      ['line_item_unblended_cost', 'decimal(60,20)'],
      ['line_item_unblended_cost', 'decimal(38,20)'],
      ['some_other_column', 'decimal(60,20)'],
    ].map(async ([column = '', type = '']) => {
      const file = await harness().stage({
        partition: ALPHA,
        name: `${column}${type}`,
        rows: rowsOf(['a']),
        columns: SMALL_REPORT,
      });
      return { ...file, columns: withType(column, type) };
    });
    const files = await Promise.all([long, whole, beside].flatMap((file) => file ?? []));
    expect(
      (await warehouse.register(ALPHA, files)).map((status) => (status.status === 'failed' ? status.reason : '')),
    ).toEqual([
      'column line_item_unblended_cost is a decimal(60,20): 60 digits, and no more than 38 can be read',
      '',
      '',
    ]);
  });

  it('takes no files at all', async () => {
    expect(await harness().warehouse.register(ALPHA, [])).toEqual([]);
  });
}
