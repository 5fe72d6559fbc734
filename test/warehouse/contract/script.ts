import { expect, it } from 'vitest';
import { ScriptError } from '../../../src/analytics/scriptError.ts';
import { FencedOff } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, BETA, PERIOD, publicationOf, rowsOf, runOf, type WarehouseHarness } from '../harness.ts';
import { awaitStep, firstStep, runScript, runStep } from '../runScript.ts';

/** What a script with checks creates before them. */
export const OUTCOMES =
  'create temporary table cur_statement_outcomes (name varchar, seconds double, code varchar, message varchar)';

export function describeScript(harness: () => WarehouseHarness): void {
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

  it('that fails reports which statement, and why; what took effect before it stays, and nothing after it is run', async () => {
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

  it('goes on behind a check that fails, but not where it cannot be noted', async () => {
    const broken = { sql: 'insert into no_such_table\nselect 1', check: 'broken' };
    harness().script([
      OUTCOMES,
      { sql: harness().insertFinding(alpha), check: 'right' },
      broken,
      harness().insertFinding(beta),
    ]);
    expect(await runScript(harness().warehouse.script, runOf(1), [alpha])).toMatchObject({ is: 'done' });
    expect(await harness().analysed(PERIOD)).toEqual([alpha, beta]);
    harness().script([broken, harness().insertFinding(beta)]);
    expect(await runScript(harness().warehouse.script, runOf(2), [alpha])).toMatchObject({
      is: 'failed',
      failure: { statement: 1, message: expect.stringMatching(/cur_statement_outcomes.* does not exist/i) },
    });
    expect(await harness().analysed(PERIOD)).toEqual([alpha, beta]);
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

  it('finds a step without its query id, once it was submitted', async () => {
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

export function describeScriptFence(harness: () => WarehouseHarness): void {
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
