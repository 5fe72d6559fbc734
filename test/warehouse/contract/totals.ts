import { expect, it } from 'vitest';
import { costsOf } from '../../../src/warehouse/currencyCosts.ts';
import { ALPHA, BETA, PERIOD, publicationOf, rowsOf, runOf, SMALL_REPORT, type WarehouseHarness } from '../harness.ts';
import { runScript } from '../runScript.ts';

export function describeTotals(harness: () => WarehouseHarness): void {
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
        [BETA.payer, { costs: [], findings: [], failedChecks: [], unknownChecks: [] }],
        [
          ALPHA.payer,
          {
            costs: [
              { currency: 'CNY', cost: 1 },
              { currency: 'USD', cost: 3 },
            ],
            findings: [{ check: 'ran', currency: null, count: 1, estimatedSaving: 0 }],
            failedChecks: [],
            unknownChecks: [],
          },
        ],
      ]),
    );
    expect(await warehouse.totals(PERIOD, [])).toEqual(new Map());
  });

  it('of owners are digests for every payer that was asked for', async () => {
    const { warehouse } = harness();
    await runScript(warehouse.script, runOf(1), [ALPHA.payer]);
    const unknown = { currency: null, estimatedSaving: null, wholeMonthSaving: null };
    const largest = [
      { ...unknown, check: 'ran', account: '', accountName: null, region: null, resource: '', evidence: null },
    ];
    const digest = { owner: '', findings: 1, belowThreshold: 0, savings: [unknown], largest };
    expect(await warehouse.ownerDigests(PERIOD, [BETA.payer, ALPHA.payer])).toEqual(
      new Map([
        [BETA.payer, { owners: [], leftOut: 0 }],
        [ALPHA.payer, { owners: [digest], leftOut: 0 }],
      ]),
    );
    expect(await warehouse.ownerDigests(PERIOD, [])).toEqual(new Map());
  });

  it('say for each payer which checks have failed and which have no answer, and why', async () => {
    const { warehouse } = harness();
    const ran = (payer: string, check: string, [status, reason]: [string, string | null], month = 10) =>
      `insert into cur_check_runs (payer, year, month, check_name, status, reason)
       values ('${payer}', 2026, ${month}, '${check}', '${status}', ${reason === null ? 'null' : `'${reason}'`})`;
    harness().script([
      ran(ALPHA.payer, 'b-failed', ['failed', '100035: it broke\n at last']),
      ran(ALPHA.payer, 'a-failed', ['failed', null]),
      ran(ALPHA.payer, 'a-found', ['found', null]),
      ran(ALPHA.payer, 'a-none', ['no-such-usage', null]),
      ran(ALPHA.payer, 'a-past', ['failed', 'of the month before'], 9),
      ran(BETA.payer, 'c-unknown', ['cannot-be-told', 'no column vcpu']),
    ]);
    await runScript(warehouse.script, runOf(1), [ALPHA.payer, BETA.payer]);
    const totals = await warehouse.totals(PERIOD, [BETA.payer, ALPHA.payer]);
    expect(totals.get(ALPHA.payer)).toMatchObject({
      failedChecks: [
        { check: 'a-failed', reason: '' },
        { check: 'b-failed', reason: '100035: it broke at last' },
      ],
      unknownChecks: [],
    });
    expect(totals.get(BETA.payer)).toMatchObject({
      failedChecks: [],
      unknownChecks: [{ check: 'c-unknown', reason: 'no column vcpu' }],
    });
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

  it('costs are those that the audit found and the publication says, until it is published anew', async () => {
    const { warehouse } = harness();
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1', 'a2']) });
    await warehouse.register(ALPHA, [file]);
    const costsNow = async () => (await warehouse.totals(PERIOD, [ALPHA.payer])).get(ALPHA.payer)?.costs;
    const costs = costsOf(await warehouse.audit(ALPHA, [file]));
    await warehouse.publish(PERIOD, 1, [{ ...publicationOf(ALPHA, [file]), costs }]);
    expect(await costsNow()).toEqual([{ currency: null, cost: 2 }]);
    const said = [
      { currency: 'EUR', cost: 0.1 + 0.2 },
      { currency: null, cost: null },
    ];
    await warehouse.publish(PERIOD, 1, [{ ...publicationOf(ALPHA, [file]), costs: said }]);
    expect(await costsNow()).toEqual(said);
    await warehouse.publish(PERIOD, 1, [{ ...publicationOf(ALPHA, []), costs: [] }]);
    expect(await costsNow()).toEqual([]);
  });
}
