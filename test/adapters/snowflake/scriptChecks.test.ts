import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scriptBlock } from '../../../src/adapters/snowflake/scriptBlock.ts';
import { FencedOff } from '../../../src/warehouse/warehouse.ts';
import { OUTCOMES } from '../../warehouse/contract/script.ts';
import { ALPHA, BETA, PERIOD, runOf } from '../../warehouse/harness.ts';
import { firstStep, runStep } from '../../warehouse/runScript.ts';
import { StatementError } from './protocolServer.ts';
import { find, parseSnowflake } from './snowflakeGrammar.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';
import { blockTextOf } from './snowflakeScripting.ts';

let harness: SnowflakeHarness;
beforeEach(async () => {
  harness = await makeSnowflakeHarness();
});
afterEach(() => harness.close());

const checkOf = (sql: string, check: string) => ({ sql, check });

/** Two checks, and what follows them, as one step. */
function checks() {
  harness.script([
    OUTCOMES,
    checkOf(harness.insertFinding(ALPHA.payer), 'first'),
    checkOf(harness.insertFinding(BETA.payer), 'second'),
    `${harness.insertFinding(ALPHA.payer)}`,
  ]);
  return firstStep(harness.warehouse.script.steps(PERIOD, [ALPHA.payer]));
}

/** What the first check does is answered so. */
function failFirst(error: Error): void {
  harness.state.beforeStatement = async (text) => {
    if (text !== harness.insertFinding(ALPHA.payer)) return;
    harness.state.beforeStatement = async () => undefined;
    throw error;
  };
}

describe('a check in Snowflake', () => {
  it('is a block of its own that Snowflake’s grammar knows', async () => {
    const block = scriptBlock(harness.names, runOf(7), checks());
    const inside = await parseSnowflake(blockTextOf(block) ?? '');
    expect(inside.map(({ kind }) => kind)).toEqual(['scripting_declare_statement', 'scripting_block_statement']);
    expect(inside.flatMap((node) => find(node, 'execute_immediate_clause'))).toHaveLength(4);
    expect(inside.flatMap((node) => find(node, 'insert_statement'))).toHaveLength(2);
  });

  it('is noted, with what it failed by where it failed, and those after it are run', async () => {
    const step = checks();
    failFirst(new StatementError('100035', "Numeric value 'it''s' is not recognized"));
    const run = runOf(1);
    expect(await runStep(harness.warehouse.script, run, step)).toMatchObject({ is: 'done' });
    expect(harness.state.outcomes).toEqual([
      { name: 'first', code: '100035', message: "Numeric value 'it''s' is not recognized" },
      { name: 'second', code: null, message: null },
    ]);
    expect(await harness.analysed(PERIOD)).toEqual([ALPHA.payer, BETA.payer]);
  });

  it.each([
    ['000603', true],
    ['000625', true],
    ['000628', true],
    ['000604', undefined],
    ['000606', undefined],
    ['000630', undefined],
  ])('fails its step by %s, which says nothing of the check', async (code, isTransient) => {
    const step = checks();
    failFirst(new StatementError(code, 'not now'));
    const state = await runStep(harness.warehouse.script, runOf(1), step);
    expect(state).toMatchObject({ is: 'failed', failure: { statement: 2, code } });
    expect(state.is === 'failed' && state.failure.isTransient).toBe(isTransient);
    expect(harness.state.outcomes).toEqual([]);
    expect(await harness.analysed(PERIOD)).toEqual([]);
  });

  it('of an older run is not begun once a newer one was let in', async () => {
    const step = checks();
    harness.state.beforeStatement = async (text) => {
      if (text !== harness.insertFinding(BETA.payer)) return;
      harness.state.beforeStatement = async () => undefined;
      const newer = await harness.another();
      await newer.warehouse.script.submit(runOf(2), firstStep(newer.warehouse.script.steps(PERIOD, [])));
    };
    await expect(runStep(harness.warehouse.script, runOf(1), step)).rejects.toThrow(FencedOff);
  });
});
