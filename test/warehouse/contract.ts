import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptError } from '../../src/analytics/scriptError.ts';
import type { ColumnType } from '../../src/billing/columnType.ts';
import type { Partition } from '../../src/billing/partition.ts';
import { type Payer, parsePayer } from '../../src/billing/payer.ts';
import { type Period, parsePeriod } from '../../src/billing/period.ts';
import type { ScriptRun } from '../../src/warehouse/script.ts';
import { FencedOff, type Publication, type StagedFile, type Warehouse } from '../../src/warehouse/warehouse.ts';
import { awaitStep, firstStep, runScript, runStep } from './runScript.ts';

export type Cell = string | number | boolean | null | Readonly<Record<string, string | number>>;
export type Row = Readonly<Record<string, Cell>>;

/** A fresh warehouse, and the hands that write what it reads. */
export interface WarehouseHarness {
  readonly warehouse: Warehouse;
  /**
   * Writes a staged Parquet file with these columns, in this order; a row without a column's name
   * has no value there.
   */
  stage(file: {
    partition: Partition;
    name: string;
    rows: readonly Row[];
    columns?: readonly ColumnType[];
  }): Promise<StagedFile>;
  /** Makes a staged file unreadable. */
  corrupt(file: StagedFile): Promise<void>;
  /** Removes a staged file. */
  remove(file: StagedFile): Promise<void>;
  /**
   * The `identity_line_item_id` of every row that the contract view shows of a partition, sorted.
   */
  visibleRows(partition: Partition): Promise<string[]>;
  /**
   * From now on this is the analytics script. Before that it replaces the month's findings, in one
   * transaction, by one for each payer.
   */
  script(statements: readonly string[]): void;
  /** A statement that adds a finding of this payer in PERIOD. */
  insertFinding(payer: Payer): string;
  /** The payers of the findings that are committed, sorted; as often as there are findings. */
  analysed(period: Period): Promise<Payer[]>;
  close(): Promise<void>;
}

export const PERIOD = parsePeriod('2026-10');
export const ALPHA: Partition = { payer: parsePayer('111111111111'), period: PERIOD };
export const BETA: Partition = { payer: parsePayer('222222222222'), period: PERIOD };

/** The columns of a small report, as the footer reader names their types. */
export const SMALL_REPORT: readonly ColumnType[] = [
  { name: 'identity_line_item_id', type: 'string' },
  { name: 'bill_billing_period_start_date', type: 'timestamp' },
  { name: 'line_item_unblended_cost', type: 'double' },
];

/** Rows of {@link SMALL_REPORT}, one per id. */
export function rowsOf(ids: readonly string[], start = '2026-10-01 00:00:00'): Row[] {
  return ids.map((id) => ({
    identity_line_item_id: id,
    bill_billing_period_start_date: start,
    line_item_unblended_cost: 1,
  }));
}

export function publicationOf(partition: Partition, files: readonly StagedFile[]): Publication {
  return { partition, files, asOf: Date.UTC(2026, 9, 5) };
}

/**
 * What every implementation of Warehouse must do. `makeHarness` gives a warehouse that nothing was
 * written to.
 */
export function describeWarehouseContract(name: string, makeHarness: () => Promise<WarehouseHarness>): void {
  let harness: WarehouseHarness;
  beforeEach(async () => {
    harness = await makeHarness();
  });
  afterEach(() => harness.close());

  describe(`${name} keeps the warehouse contract`, () => {
    describe('register', () => registering(() => harness));
    describe('audit', () => auditing(() => harness));
    describe('publish', () => publishing(() => harness));
    describe('the fence', () => fencing(() => harness));
    describe('totals', () => totalling(() => harness));
    describe('the script', () => {
      runningScripts(() => harness);
      fencingScripts(() => harness);
    });
    describe('unregister', () => unregistering(() => harness));
  });
}

function registering(harness: () => WarehouseHarness): void {
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

function auditing(harness: () => WarehouseHarness): void {
  it('counts zero rows in a file that is not known', async () => {
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    expect(await harness().warehouse.audit(ALPHA, [file])).toEqual([
      { stagedKey: file.stagedKey, rows: 0, rowsOfOtherPeriods: 0, rowsWithCost: 0, rowsOfImpossibleCost: 0 },
    ]);
  });

  it('counts the rows of each file, and those whose billing period is known and another month', async () => {
    const { warehouse } = harness();
    const rows = [
      ...rowsOf(['in time']),
      ...rowsOf(['a month early'], '2026-09-01 00:00:00'),
      ...rowsOf(['a year early'], '2025-10-01 00:00:00'),
      { identity_line_item_id: 'unknown' },
    ];
    const mixed = await harness().stage({ partition: ALPHA, name: 'mixed', rows });
    const empty = await harness().stage({ partition: ALPHA, name: 'empty', rows: [] });
    await warehouse.register(ALPHA, [mixed, empty]);
    expect(await warehouse.audit(ALPHA, [empty, mixed])).toEqual([
      { stagedKey: empty.stagedKey, rows: 0, rowsOfOtherPeriods: 0, rowsWithCost: 0, rowsOfImpossibleCost: 0 },
      { stagedKey: mixed.stagedKey, rows: 4, rowsOfOtherPeriods: 2, rowsWithCost: 3, rowsOfImpossibleCost: 0 },
    ]);
  });

  it('counts the rows of each file whose cost no sum can hold: NaN, infinite, or beyond the bound', async () => {
    const { warehouse } = harness();
    const ofCosts = (...costs: (number | null)[]) =>
      costs.map((line_item_unblended_cost, id) => ({ identity_line_item_id: String(id), line_item_unblended_cost }));
    const impossible = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e12, -1e23, 1.7e308];
    const bad = await harness().stage({ partition: ALPHA, name: 'bad', rows: ofCosts(...impossible, 1, null) });
    const rows = ofCosts(0, -0.5, 999_999_999_999, null);
    const good = await harness().stage({ partition: ALPHA, name: 'good', rows });
    await warehouse.register(ALPHA, [bad, good]);
    expect(await warehouse.audit(ALPHA, [bad, good])).toMatchObject([
      { rows: 8, rowsWithCost: 7, rowsOfImpossibleCost: 6 },
      { rows: 4, rowsWithCost: 3, rowsOfImpossibleCost: 0 },
    ]);
  });

  it('counts no row with a cost where the column is empty, or where there is none', async () => {
    const { warehouse } = harness();
    const empty = await harness().stage({ partition: ALPHA, name: 'a', rows: [{ identity_line_item_id: 'a1' }] });
    const columns = [{ name: 'identity_line_item_id', type: 'string' }];
    const none = await harness().stage({
      partition: ALPHA,
      name: 'b',
      rows: [{ identity_line_item_id: 'b1' }],
      columns,
    });
    await warehouse.register(ALPHA, [empty, none]);
    expect(await warehouse.audit(ALPHA, [empty, none])).toMatchObject([
      { rows: 1, rowsWithCost: 0 },
      { rows: 1, rowsWithCost: 0 },
    ]);
  });

  it('counts no row of another period when no report says its billing period', async () => {
    const columns = [{ name: 'identity_line_item_id', type: 'string' }];
    const rows = [{ identity_line_item_id: 'a1' }];
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows, columns });
    await harness().warehouse.register(ALPHA, [file]);
    expect(await harness().warehouse.audit(ALPHA, [file])).toMatchObject([{ rows: 1, rowsOfOtherPeriods: 0 }]);
  });
}

function publishing(harness: () => WarehouseHarness): void {
  it('makes exactly the given files visible, and another publication replaces them', async () => {
    const { warehouse } = harness();
    const old = await harness().stage({ partition: ALPHA, name: 'old', rows: rowsOf(['o1', 'o2']) });
    const kept = await harness().stage({ partition: ALPHA, name: 'kept', rows: rowsOf(['k1']) });
    const fresh = await harness().stage({ partition: ALPHA, name: 'fresh', rows: rowsOf(['f1']) });
    await warehouse.register(ALPHA, [old, kept, fresh]);

    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [old, kept])]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['k1', 'o1', 'o2']);

    await warehouse.publish(PERIOD, 2, [publicationOf(ALPHA, [kept, fresh])]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['f1', 'k1']);
    expect(await warehouse.published(PERIOD, [ALPHA.payer])).toEqual(
      new Map([[ALPHA.payer, { stagedKeys: [fresh.stagedKey, kept.stagedKey].sort(), epoch: 2 }]]),
    );
  });

  it('may be repeated with the same outcome', async () => {
    const { warehouse } = harness();
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    await warehouse.register(ALPHA, [file]);
    for (const _ of [1, 2]) await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['a1']);
  });

  it('leaves other partitions as they are, also the same payer in another month', async () => {
    const { warehouse } = harness();
    const september: Partition = { payer: ALPHA.payer, period: parsePeriod('2026-09') };
    const partitions = [ALPHA, BETA, september];
    for (const partition of partitions) {
      const id = `${partition.payer} ${partition.period}`;
      const file = await harness().stage({ partition, name: 'a', rows: rowsOf([id]) });
      await warehouse.register(partition, [file]);
      await warehouse.publish(partition.period, 1, [publicationOf(partition, [file])]);
    }
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [])]);
    expect(await harness().visibleRows(ALPHA)).toEqual([]);
    expect(await harness().visibleRows(BETA)).toEqual([`${BETA.payer} 2026-10`]);
    expect(await harness().visibleRows(september)).toEqual([`${ALPHA.payer} 2026-09`]);
  });

  it('remembers a publication without files: the partition is published, and empty', async () => {
    const { warehouse } = harness();
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [])]);
    expect(await warehouse.published(PERIOD, [ALPHA.payer, BETA.payer])).toEqual(
      new Map([[ALPHA.payer, { stagedKeys: [], epoch: 1 }]]),
    );
  });

  it('answers for the payers asked about only', async () => {
    const { warehouse } = harness();
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, []), publicationOf(BETA, [])]);
    expect([...(await warehouse.published(PERIOD, [BETA.payer])).keys()]).toEqual([BETA.payer]);
    expect(await warehouse.published(PERIOD, [])).toEqual(new Map());
  });

  it('refuses a publication of another period, and changes nothing then', async () => {
    const { warehouse } = harness();
    const september: Partition = { payer: BETA.payer, period: parsePeriod('2026-09') };
    const both = [publicationOf(ALPHA, []), publicationOf(september, [])];
    await expect(warehouse.publish(PERIOD, 1, both)).rejects.toThrow(RangeError);
    expect(await warehouse.published(PERIOD, [ALPHA.payer])).toEqual(new Map());
  });
}

function fencing(harness: () => WarehouseHarness): void {
  it('keeps an older run from publishing and from running the script, and lets the newer one through', async () => {
    const { warehouse } = harness();
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    await warehouse.register(ALPHA, [file]);
    await warehouse.raiseFence(PERIOD, 5);
    await expect(warehouse.publish(PERIOD, 4, [publicationOf(ALPHA, [file])])).rejects.toThrow(FencedOff);
    expect(await harness().visibleRows(ALPHA)).toEqual([]);
    await expect(runScript(warehouse.script, runOf(4), [ALPHA.payer])).rejects.toThrow(FencedOff);
    expect(await harness().analysed(PERIOD)).toEqual([]);
    await warehouse.publish(PERIOD, 5, [publicationOf(ALPHA, [file])]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['a1']);
  });

  it('may be raised again by the same run, and never lowered', async () => {
    const { warehouse } = harness();
    await warehouse.raiseFence(PERIOD, 5);
    await warehouse.raiseFence(PERIOD, 5);
    await expect(warehouse.raiseFence(PERIOD, 4)).rejects.toThrow(FencedOff);
    await expect(warehouse.publish(PERIOD, 4, [])).rejects.toThrow(FencedOff);
  });

  it('is not raised by a run whose epoch the script has run under: the ledger that hands it out is behind', async () => {
    const { warehouse } = harness();
    await warehouse.raiseFence(PERIOD, 5);
    await runScript(warehouse.script, runOf(5), [ALPHA.payer]);
    await expect(warehouse.raiseFence(PERIOD, 5)).rejects.toThrow(FencedOff);
    await warehouse.raiseFence(PERIOD, 6);
  });

  it('stands for its own period only', async () => {
    const { warehouse } = harness();
    await warehouse.raiseFence(parsePeriod('2026-09'), 9);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [])]);
    expect((await warehouse.published(PERIOD, [ALPHA.payer])).size).toBe(1);
  });
}

function totalling(harness: () => WarehouseHarness): void {
  it('are those of what readers see, per currency and check, for every payer that was asked for', async () => {
    const { warehouse } = harness();
    const columns = [...SMALL_REPORT, { name: 'line_item_currency_code', type: 'string' }];
    const inYuan = rowsOf(['y1']).map((row) => ({ ...row, line_item_currency_code: 'CNY' }));
    const inDollars = rowsOf(['d1', 'd2', 'd3']).map((row) => ({ ...row, line_item_currency_code: 'USD' }));
    const shown = await harness().stage({ partition: ALPHA, name: 'shown', rows: [...inDollars, ...inYuan], columns });
    const hidden = await harness().stage({ partition: ALPHA, name: 'hidden', rows: inDollars, columns });
    await warehouse.register(ALPHA, [shown, hidden]);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [shown])]);
    await runScript(warehouse.script, runOf(1), [ALPHA.payer]);
    expect(await warehouse.totals(PERIOD, [BETA.payer, ALPHA.payer])).toEqual(
      new Map([
        [BETA.payer, { costs: [], findings: [] }],
        [
          ALPHA.payer,
          {
            costs: [
              { currency: 'CNY', cost: 1 },
              { currency: 'USD', cost: 3 },
            ],
            findings: [{ check: 'ran', currency: null, count: 1, estimatedSaving: 0 }],
          },
        ],
      ]),
    );
    expect(await warehouse.totals(PERIOD, [])).toEqual(new Map());
  });

  it('are unknown, not zero, where no row of a currency has a cost', async () => {
    const { warehouse } = harness();
    const columns = [...SMALL_REPORT, { name: 'line_item_currency_code', type: 'string' }];
    const rows = [
      ...rowsOf(['d1']).map((row) => ({ ...row, line_item_currency_code: 'USD' })),
      { identity_line_item_id: 'd2', line_item_currency_code: 'USD' },
      { identity_line_item_id: 'y1', line_item_currency_code: 'CNY' },
    ];
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows, columns });
    await warehouse.register(ALPHA, [file]);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
    expect((await warehouse.totals(PERIOD, [ALPHA.payer])).get(ALPHA.payer)?.costs).toEqual([
      { currency: 'CNY', cost: null },
      { currency: 'USD', cost: 1 },
    ]);
  });
}

/**
 * A run of the script that the finalizer's run of this epoch has begun; as another one that carries
 * it on, see `epoch`.
 */
export function runOf(number: number, epoch = number): ScriptRun {
  return { period: PERIOD, number, epoch };
}

function runningScripts(harness: () => WarehouseHarness): void {
  const [alpha, beta] = [ALPHA.payer, BETA.payer];

  it('runs for the payers given', async () => {
    expect(await runScript(harness().warehouse.script, runOf(1), [beta, alpha])).toMatchObject({ is: 'done' });
    expect(await harness().analysed(PERIOD)).toEqual([alpha, beta]);
  });

  it('that fails leaves the published data and no half of its transaction, and can be tried again', async () => {
    const { warehouse } = harness();
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1']) });
    await warehouse.register(ALPHA, [file]);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
    harness().script(['begin', harness().insertFinding(alpha), 'insert into no_such_table\nselect 1', 'commit']);
    expect(await runScript(warehouse.script, runOf(1), [alpha])).toMatchObject({ is: 'failed' });
    expect(await harness().analysed(PERIOD)).toEqual([]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['a1']);
    harness().script(['begin', harness().insertFinding(alpha), 'commit']);
    for (const number of [1, 2]) {
      expect(await runScript(warehouse.script, runOf(number), [alpha])).toMatchObject({ is: 'done' });
    }
    expect(await harness().analysed(PERIOD)).toEqual([alpha, alpha]);
  });

  it('that fails says which statement, and why; what took effect before it stays, and nothing after it is run', async () => {
    const [insertAlpha, insertBeta] = [harness().insertFinding(alpha), harness().insertFinding(beta)];
    harness().script([insertAlpha, 'begin', insertBeta, 'insert into no_such_table\nselect 1', 'commit', insertBeta]);
    expect(await runScript(harness().warehouse.script, runOf(1), [alpha])).toEqual({
      is: 'failed',
      failure: expect.objectContaining({
        statement: 4,
        code: expect.stringMatching(/\S/),
        message: expect.stringMatching(/^statement 4 \(insert into no_such_table\): .*no_such_table.*does not exist/i),
      }),
    });
    expect(await harness().analysed(PERIOD)).toEqual([alpha]);
  });

  it('that ends inside a transaction is refused, and nothing of it is run', async () => {
    harness().script([harness().insertFinding(alpha), 'begin']);
    expect(() => harness().warehouse.script.steps(PERIOD, [alpha])).toThrow(ScriptError);
    expect(await harness().analysed(PERIOD)).toEqual([]);
  });

  it('commits a transaction once, however often its step is submitted', async () => {
    const { script } = harness().warehouse;
    harness().script(['begin', harness().insertFinding(alpha), 'commit']);
    const step = firstStep(script.steps(PERIOD, [alpha]));
    const [one, other] = [await script.submit(runOf(1), step), await script.submit(runOf(1), step)];
    expect(await awaitStep(script, runOf(1), step, one)).toMatchObject({ is: 'done' });
    expect(await awaitStep(script, runOf(1), step, other)).toMatchObject({ is: 'done' });
    expect(await runStep(script, runOf(1), step)).toMatchObject({ is: 'done' });
    expect(await harness().analysed(PERIOD)).toEqual([alpha]);
  });

  it('is known of a step without its query id, once it was submitted', async () => {
    const { script } = harness().warehouse;
    harness().script(['begin', harness().insertFinding(alpha), 'commit']);
    const step = firstStep(script.steps(PERIOD, [alpha]));
    expect(await script.look(runOf(1), step, undefined)).toBeUndefined();
    await runStep(script, runOf(1), step);
    expect(await script.look(runOf(1), step, undefined)).toMatchObject({ is: 'done' });
    expect(await script.look(runOf(2), step, undefined)).toBeUndefined();
  });

  it('may be cancelled when it has ended, and when it never began', async () => {
    const { script } = harness().warehouse;
    const step = firstStep(script.steps(PERIOD, [alpha]));
    await script.cancel(runOf(1), step.number, undefined);
    await runStep(script, runOf(1), step);
    await script.cancel(runOf(1), step.number, undefined);
    expect(await harness().analysed(PERIOD)).toEqual([alpha]);
  });
}

function fencingScripts(harness: () => WarehouseHarness): void {
  const payers = [ALPHA.payer];

  it('of an older run takes no effect once a newer one was let in', async () => {
    const { script } = harness().warehouse;
    harness().script(['begin', harness().insertFinding(ALPHA.payer), 'commit', harness().insertFinding(BETA.payer)]);
    const [transaction, statement] = script.steps(PERIOD, payers);
    if (!transaction || !statement) throw new Error('the script has two steps');
    await runStep(script, runOf(2), statement);
    for (const step of [transaction, statement]) {
      await expect(runStep(script, runOf(1, 2), step)).rejects.toThrow(FencedOff);
    }
    expect(await harness().analysed(PERIOD)).toEqual([BETA.payer]);
  });

  it('goes on while newer runs of the finalizer publish, which carry it on', async () => {
    const { warehouse } = harness();
    harness().script([harness().insertFinding(ALPHA.payer), 'begin', harness().insertFinding(BETA.payer), 'commit']);
    const [statement, transaction] = warehouse.script.steps(PERIOD, payers);
    if (!transaction || !statement) throw new Error('the script has two steps');
    await runStep(warehouse.script, runOf(1), statement);
    await warehouse.raiseFence(PERIOD, 2);
    await warehouse.publish(PERIOD, 2, [publicationOf(ALPHA, [])]);
    expect(await runStep(warehouse.script, runOf(1, 2), transaction)).toMatchObject({ is: 'done' });
    await warehouse.raiseFence(PERIOD, 3);
    await warehouse.publish(PERIOD, 3, [publicationOf(BETA, [])]);
    expect(await runStep(warehouse.script, runOf(1, 3), transaction)).toMatchObject({ is: 'done' });
    expect(await harness().analysed(PERIOD)).toEqual([ALPHA.payer, BETA.payer]);
  });

  it('is not submitted by a run of the finalizer that is fenced off, and fences no other off then', async () => {
    const { warehouse } = harness();
    const step = firstStep(warehouse.script.steps(PERIOD, payers));
    await warehouse.raiseFence(PERIOD, 5);
    await expect(warehouse.script.submit(runOf(4), step)).rejects.toThrow(FencedOff);
    expect(await runStep(warehouse.script, runOf(3, 5), step)).toMatchObject({ is: 'done' });
  });

  it('lets no newer run of the script keep the finalizer from publishing', async () => {
    const { warehouse } = harness();
    await runScript(warehouse.script, runOf(3), payers);
    await warehouse.publish(PERIOD, 2, [publicationOf(ALPHA, [])]);
    expect((await warehouse.published(PERIOD, payers)).size).toBe(1);
  });
}

function unregistering(harness: () => WarehouseHarness): void {
  it('forgets a superseded file: its rows are gone, and it can be registered anew', async () => {
    const { warehouse } = harness();
    const old = await harness().stage({ partition: ALPHA, name: 'old', rows: rowsOf(['o1']) });
    const fresh = await harness().stage({ partition: ALPHA, name: 'fresh', rows: rowsOf(['f1']) });
    await warehouse.register(ALPHA, [old, fresh]);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [fresh])]);
    for (const _ of [1, 2]) await warehouse.unregister(ALPHA, [old.stagedKey]);
    expect(await warehouse.audit(ALPHA, [old, fresh])).toMatchObject([{ rows: 0 }, { rows: 1 }]);
    expect(await harness().visibleRows(ALPHA)).toEqual(['f1']);
    await warehouse.register(ALPHA, [old]);
    expect(await warehouse.audit(ALPHA, [old])).toMatchObject([{ rows: 1 }]);
  });

  it('refuses a published file, names it, and then forgets none of the others either', async () => {
    const { warehouse } = harness();
    const old = await harness().stage({ partition: ALPHA, name: 'old', rows: rowsOf(['o1']) });
    const current = await harness().stage({ partition: ALPHA, name: 'current', rows: rowsOf(['c1']) });
    await warehouse.register(ALPHA, [old, current]);
    await warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [current])]);
    await expect(warehouse.unregister(ALPHA, [old.stagedKey, current.stagedKey])).rejects.toThrow(current.stagedKey);
    expect(await warehouse.audit(ALPHA, [old, current])).toMatchObject([{ rows: 1 }, { rows: 1 }]);
  });
}
