import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnowflakeFailure } from '../../../src/adapters/snowflake/failures.ts';
import type { Step, StepState } from '../../../src/warehouse/script.ts';
import { FencedOff } from '../../../src/warehouse/warehouse.ts';
import { eventually } from '../../eventually.ts';
import { ALPHA, BETA, PERIOD, publicationOf, rowsOf, runOf } from '../../warehouse/harness.ts';
import { awaitStep, firstStep, runScript, runStep } from '../../warehouse/runScript.ts';
import { StatementError } from './protocolServer.ts';
import { createGate } from './sessionHarness.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';

let harness: SnowflakeHarness;
beforeEach(async () => {
  harness = await makeSnowflakeHarness();
});
afterEach(() => harness.close());

const TAG = `reactor:test:${PERIOD}:1:1`;
const RUN = runOf(1);
const script = () => harness.warehouse.script;
const insertAlpha = () => harness.insertFinding(ALPHA.payer);
const insertBeta = () => harness.insertFinding(BETA.payer);
const submitted = () => harness.server.queries.filter(({ isAsync }) => isAsync);
const analysed = () => harness.analysed(PERIOD);

function steps(...statements: readonly string[]): readonly Step[] {
  harness.script(statements);
  return script().steps(PERIOD, [ALPHA.payer]);
}

/**
 * A transaction that inserts a finding, as a step. Its number is 2: BEGIN is the first statement.
 */
function transaction(): Step {
  return firstStep(steps('begin', insertAlpha(), 'commit'));
}

/** Holds what blocks run at this statement until the gate is opened. */
function holdAt(statement: string) {
  const gate = createGate();
  harness.state.beforeStatement = async (text) => {
    if (text === statement) await gate.opened;
  };
  return gate;
}

describe('a step', () => {
  it('is one query, under a tag that names it, and two statements before it', async () => {
    const step = transaction();
    const sent = await harness.sent(() => script().submit(RUN, step));
    expect(sent.slice(0, 2)).toEqual([
      expect.stringMatching(/^merge into <fence> .* script_run/),
      expect.stringMatching(/^select max\(epoch\) as epoch, max\(script_run\)/),
    ]);
    expect(submitted()).toMatchObject([{ queryTag: `reactor:test:${PERIOD}:1:2` }]);
    expect(harness.state.blocks).toEqual(submitted().map(({ sql }) => sql));
  });

  it('of one transaction runs six statements beside those in it, however many these are', async () => {
    for (const count of [1, 20]) {
      const step = firstStep(steps('begin', ...Array.from({ length: count }, insertAlpha), 'commit'));
      const sent = await harness.sent(() => runStep(script(), runOf(count), step));
      expect(sent).toHaveLength(2 + count + 6);
    }
  });

  it('goes on over whatever words Snowflake has for that', async () => {
    const step = firstStep(steps(insertAlpha()));
    const words = ['QUEUED', 'RESUMING_WAREHOUSE', 'BLOCKED', 'RESTARTED', 'A_WORD_OF_TOMORROW', 'NO_DATA'];
    const { server } = harness;
    const begun = await script().submit(RUN, step);
    const queryId = submitted()[0]?.queryId;
    server.answerStatuses(...words);
    for (const _ of words) expect(await script().look(RUN, step, queryId)).toEqual({ is: 'running', queryId });
    expect(await awaitStep(script(), RUN, step, begun)).toEqual({ is: 'done', queryId });
  });

  it('is looked for in a renewed session, and in a new one', async () => {
    const step = transaction();
    const state = await runStep(script(), RUN, step);
    for (const which of ['sessions', 'masters'] as const) {
      harness.server.expire(which);
      expect(await script().look(RUN, step, undefined)).toEqual(state);
    }
  });

  it('is found although its own statements have its tag', async () => {
    const step = transaction();
    const state = await runStep(script(), RUN, step);
    const tagged = harness.server.queries.filter(({ queryTag }) => queryTag?.endsWith(':1:2'));
    expect(tagged.length).toBeGreaterThan(5);
    expect(await script().look(RUN, step, undefined)).toEqual(state);
    expect(state).toEqual({ is: 'done', queryId: submitted()[0]?.queryId });
  });

  it('outlives the session that submitted it, and is found by its tag in another', async () => {
    const gate = holdAt(insertAlpha());
    const step = transaction();
    const begun = await script().submit(RUN, step);
    await harness.session.close();
    const other = (await harness.another()).warehouse.script;
    expect(await other.look(RUN, step, undefined)).toEqual(begun);
    gate.open();
    expect(await awaitStep(other, RUN, step, begun)).toMatchObject({ is: 'done' });
    expect(await analysed()).toEqual([ALPHA.payer]);
  });

  it('whose answer was lost is submitted once', async () => {
    harness.server.order('submit', 'lostAnswer');
    expect(await runStep(script(), RUN, transaction())).toMatchObject({ is: 'done' });
    expect(submitted()).toHaveLength(1);
    expect(await analysed()).toEqual([ALPHA.payer]);
  });

  it('whose answer never came is found by another process, which need not submit it again', async () => {
    const step = transaction();
    harness.server.order('submit', 'lostAnswer');
    harness.server.order('submit', { code: '390201' });
    await expect(script().submit(RUN, step)).rejects.toThrow(SnowflakeFailure);
    const other = (await harness.another()).warehouse.script;
    const found = await other.look(RUN, step, undefined);
    if (!found) throw new Error('the step was submitted');
    expect(await awaitStep(other, RUN, step, found)).toMatchObject({ is: 'done' });
    expect(submitted()).toHaveLength(1);
    expect(await analysed()).toEqual([ALPHA.payer]);
  });

  it('whose session was lost with the answer is not submitted again: it is found by its tag', async () => {
    harness.server.order('submit', 'lostAnswer');
    harness.server.order('submit', { code: '390111' });
    const step = transaction();
    await expect(script().submit(RUN, step)).rejects.toThrow('SESSION_LOST');
    const found = await script().look(RUN, step, undefined);
    if (!found) throw new Error('the step was submitted');
    expect(await awaitStep(script(), RUN, step, found)).toMatchObject({ is: 'done' });
    expect(submitted()).toHaveLength(1);
    expect(await analysed()).toEqual([ALPHA.payer]);
  });

  it('that runs twice at the same time is committed once', async () => {
    const step = transaction();
    const gate = holdAt(insertAlpha());
    const begun = [await script().submit(RUN, step), await script().submit(RUN, step)];
    gate.open();
    for (const state of begun) {
      expect(await awaitStep(script(), RUN, step, state)).toMatchObject({ is: 'done' });
    }
    expect(await analysed()).toEqual([ALPHA.payer]);
  });

  it('that changes its session does so for what follows in it, and for nobody else', async () => {
    const all = steps(
      insertBeta(),
      'set month = 10',
      `create temporary table seen as select '${ALPHA.payer}' as payer`,
      'begin',
      'insert into cur_findings (payer, year, month) select payer, 2026, $month from seen',
      'commit',
    );
    expect(all).toHaveLength(2);
    for (const number of [1, 2]) expect(await runScript(script(), runOf(number), [])).toMatchObject({ is: 'done' });
    expect(await analysed()).toEqual([ALPHA.payer, ALPHA.payer, BETA.payer, BETA.payer]);
    const sessions = new Set(submitted().map(({ sessionId }) => sessionId));
    expect(sessions.size).toBe(4);
  });

  it('has its session set up before it is submitted, because a block refuses USE', async () => {
    const all = steps('use schema scratch', insertAlpha(), insertBeta());
    expect(all.map(({ number }) => number)).toEqual([2, 3]);
    expect(await runScript(script(), RUN, [ALPHA.payer])).toMatchObject({ is: 'done' });
    const heads = harness.server.queries.filter(({ sql }) => sql === 'use schema scratch');
    expect(heads.map(({ sessionId }) => sessionId)).toEqual(submitted().map(({ sessionId }) => sessionId));
    expect(heads.map(({ queryTag }) => queryTag)).not.toContain(TAG);
    const within = steps(insertAlpha(), 'set month = 10', 'use schema scratch');
    const [, inBlock] = within;
    if (!inBlock) throw new Error('the script has two steps');
    expect(await runStep(script(), runOf(2), inBlock)).toMatchObject({ is: 'failed', failure: { code: '090236' } });
  });

  it('whose session cannot be set up has failed by that statement, and was not submitted', async () => {
    const step = firstStep(steps('use schema scratch', 'use schema no_such_table', insertAlpha()));
    expect(await script().submit(RUN, step)).toEqual({
      is: 'failed',
      failure: {
        statement: 2,
        code: '002003',
        message: expect.stringMatching(/^statement 2 \(use schema no_such_table\): Snowflake: 002003: SQL compilation/),
      },
    });
    expect(submitted()).toEqual([]);
  });

  it('has another name each time that it is submitted, and is found under it', async () => {
    const step = firstStep(steps(insertAlpha()));
    await runStep(script(), { ...RUN, attempt: 1 }, step);
    const again = await runStep(script(), { ...RUN, attempt: 2 }, step);
    expect(submitted().map(({ queryTag }) => queryTag)).toEqual([TAG, `${TAG}:2`]);
    expect(await script().look({ ...RUN, attempt: 2 }, step, undefined)).toEqual(again);
    expect(await script().look({ ...RUN, attempt: 3 }, step, undefined)).toBeUndefined();
  });

  it('runs every statement as it was written', async () => {
    const texts = [
      `select 'it''s \\\\ a path\\\\n' as travels, $$ 'dollars' \\ $$`,
      `select 'x' as travels -- a 'comment'\n  , "a ""name""", :y, ?, &z, 'é\u{1f600}'`,
      `select '{"is":"done"}' as travels /* \\' ; end; */`,
    ];
    for (const [index, step] of steps(...texts).entries()) {
      expect(await runStep(script(), runOf(index + 1), step)).toMatchObject({ is: 'done' });
    }
    const arrived = harness.server.queries
      .map(({ sql }) => sql)
      .filter((sql) => sql.includes('travels') && !sql.startsWith('execute'));
    expect(arrived).toEqual(texts);
  });
});

describe('a step that fails', () => {
  it('when Snowflake would read other rows than are published says both numbers, and runs nothing', async () => {
    const file = await harness.stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a1', 'a2', 'a3']) });
    await harness.warehouse.register(ALPHA, [file]);
    await harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
    harness.state.rowsLeftOut.set(file.stagedKey, 1);
    const step = firstStep(steps('begin', insertAlpha(), 'commit'));
    expect(await runStep(script(), runOf(2), step)).toMatchObject({
      is: 'failed',
      failure: {
        code: 'ROWS_DIFFER',
        message: `Snowflake reads 2 rows of ${PERIOD}, and 3 are published: it skips files that it cannot read`,
        isTransient: true,
      },
    });
    expect(await analysed()).toEqual([]);
    harness.state.rowsLeftOut.clear();
    expect(await runStep(script(), { ...runOf(2), attempt: 2 }, step)).toMatchObject({ is: 'done' });
    expect(await analysed()).toEqual([ALPHA.payer]);
  });

  it.each(['000625', '000628', '000603'])('by %s may be repeated: the statement is not to blame', async (code) => {
    const step = firstStep(steps('begin', insertAlpha(), 'commit'));
    harness.state.beforeStatement = async (text) => {
      if (text === insertAlpha()) throw new StatementError(code, 'not now');
    };
    const state = await runStep(script(), RUN, step);
    expect(state).toMatchObject({ is: 'failed', failure: { code, statement: 2, isTransient: true } });
  });

  it('names the statement, and the code and the words of Snowflake', async () => {
    const step = firstStep(steps('begin', insertAlpha(), 'insert into no_such_table\nselect 1', 'commit'));
    const state = await runStep(script(), RUN, step);
    expect(state).toEqual({
      is: 'failed',
      failure: {
        statement: 3,
        code: '002003',
        message:
          'statement 3 (insert into no_such_table): ' +
          "Snowflake: 002003: SQL compilation error: Object 'NO_SUCH_TABLE' does not exist",
        queryId: submitted()[0]?.queryId,
      },
    });
    expect(await script().look(RUN, step, undefined)).toEqual(state);
    expect(await analysed()).toEqual([]);
  });

  it('as it commits is reported, leaves nothing, and keeps no lock', async () => {
    harness.state.beforeStatement = async (text) => {
      if (text === 'commit') throw new StatementError('000603', 'SQL execution internal error');
    };
    const step = transaction();
    expect(await runStep(script(), RUN, step)).toMatchObject({
      failure: { statement: 3, code: '000603', message: expect.stringContaining('statement 3 (commit): ') },
    });
    expect(await analysed()).toEqual([]);
    harness.state.beforeStatement = async () => undefined;
    expect(await runStep(script(), runOf(2), step)).toMatchObject({ is: 'done' });
  });

  it('as a whole names no statement, but the code and words of the query', async () => {
    const step = firstStep(steps(insertAlpha()));
    await harness.session.submit('selec 1', TAG);
    await eventually(async () => {
      expect(await script().look(RUN, step, undefined)).toEqual({
        is: 'failed',
        failure: {
          code: '001003',
          message: expect.stringContaining('001003: SQL compilation error'),
          queryId: submitted()[0]?.queryId,
        },
      });
    });
  });

  it.each(['ABORTING', 'DISCONNECTED', 'FAILED_WITH_INCIDENT'])('as %s is reported as that', async (word) => {
    const step = firstStep(steps(insertAlpha()));
    await runStep(script(), RUN, step);
    harness.server.answerStatuses(word);
    expect(await script().look(RUN, step, undefined)).toMatchObject({ is: 'failed', failure: { code: word } });
  });

  it('is one whose query answers something else, or whose answer is no longer kept', async () => {
    const step = firstStep(steps(insertAlpha()));
    const queryId = await harness.session.submit('rollback', TAG);
    const look = () => script().look(RUN, step, queryId);
    await eventually(async () => expect(await look()).toMatchObject({ is: 'failed', failure: { code: 'NO_OUTCOME' } }));
    harness.server.order('result', { code: '000709' });
    expect(await look()).toMatchObject({ is: 'failed', failure: { code: '000709', queryId } });
  });

  it('is not one of which the answer cannot be had just now: that throws', async () => {
    const step = firstStep(steps(insertAlpha()));
    await runStep(script(), RUN, step);
    harness.server.order('result', { code: '000603' }, 4);
    await expect(script().look(RUN, step, undefined)).rejects.toMatchObject({ code: '000603', kind: 'transient' });
    expect(await script().look(RUN, step, undefined)).toMatchObject({ is: 'done' });
  });
});

describe('a step that is cancelled', () => {
  it.each(['its query id', 'its tag'])('by %s commits nothing, and keeps no newer run waiting', async (by) => {
    const all = steps('begin', 'delete from cur_findings where year = 2026 and month = 10', insertAlpha(), 'commit');
    const step = firstStep(all);
    await runStep(script(), RUN, step);
    const gate = holdAt(insertAlpha());
    const begun = await script().submit(runOf(2), step);
    await eventually(() => expect(harness.state.statements.at(-1)).toBe(insertAlpha()));
    const queryId = begun.is === 'running' ? begun.queryId : undefined;
    await script().cancel(runOf(2), step.number, by === 'its tag' ? undefined : queryId);
    expect(await awaitStep(script(), runOf(2), step, begun)).toMatchObject({
      is: 'failed',
      failure: { code: '000604', queryId },
    });
    gate.open();
    expect(await analysed()).toEqual([ALPHA.payer]);
    const newer = firstStep(steps('begin', 'delete from cur_findings where year = 2026 and month = 10', 'commit'));
    expect(await runStep(script(), runOf(3), newer)).toMatchObject({ is: 'done' });
    expect(await analysed()).toEqual([]);
  });
});

describe('two runs of the script at the same time', () => {
  /** Runs an older run, and all of a newer one as the older comes to its `at`-th statement. */
  async function race(at: number): Promise<{ older: string; overtaken: boolean }> {
    const newer = (await harness.another()).warehouse.script;
    const replaceBy = (insert: string) =>
      firstStep(steps('begin', 'delete from cur_findings where year = 2026 and month = 10', insert, 'commit'));
    const [olderStep, newerStep] = [replaceBy(insertAlpha()), replaceBy(insertBeta())];
    let [seen, isDone]: [number, boolean] = [0, false];
    let overtaking: Promise<StepState> | undefined;
    harness.state.beforeStatement = async () => {
      seen += 1;
      if (seen !== at) return;
      overtaking = runStep(newer, runOf(2), newerStep);
      void overtaking.then(() => {
        isDone = true;
      });
      while (!isDone && harness.state.waitingForLock() === 0) await setImmediate();
    };
    const older = await runStep(script(), RUN, olderStep).then(
      ({ is }) => is,
      (error: unknown) => (error instanceof FencedOff ? 'fenced off' : String(error)),
    );
    harness.state.beforeStatement = async () => undefined;
    await overtaking;
    return { older, overtaken: overtaking !== undefined };
  }

  it('end with the findings of the newer one, at whichever statement of the older it comes in', async () => {
    const outcomes = new Set<string>();
    for (let at = 1, isOver = false; !isOver; at++) {
      const { older, overtaken } = await race(at);
      isOver = !overtaken;
      if (overtaken) outcomes.add(older);
      expect(await analysed()).toEqual([overtaken ? BETA.payer : ALPHA.payer]);
      harness.state.tables.fence.splice(0);
      harness.state.tables.findings.splice(0);
    }
    expect([...outcomes].sort()).toEqual(['done', 'fenced off']);
  });

  it('of which the older is between two statements: it does not begin the next', async () => {
    const step = firstStep(steps('set month = 10', insertAlpha(), insertBeta()));
    const other = (await harness.another()).warehouse.script;
    harness.state.beforeStatement = async (text) => {
      if (text !== insertAlpha()) return;
      harness.state.beforeStatement = async () => undefined;
      await runStep(other, runOf(2), firstStep(steps('set month = 11')));
    };
    await expect(runStep(script(), RUN, step)).rejects.toThrow(FencedOff);
    expect(await analysed()).toEqual([ALPHA.payer]);
  });

  it('are distinguished also where the period has two rows, or a table of an older release', async () => {
    for (const epoch of [1, 2]) {
      harness.state.tables.fence.push({ period: PERIOD, epoch, scriptRun: null, scriptStatement: null });
    }
    const step = transaction();
    for (const _ of [1, 2]) expect(await runStep(script(), runOf(2), step)).toMatchObject({ is: 'done' });
    expect(await analysed()).toEqual([ALPHA.payer]);
    await expect(script().submit(runOf(1, 2), step)).rejects.toThrow(
      `run 1 of the analytics of ${PERIOD} is fenced off by run 2`,
    );
    expect(await runStep(script(), runOf(3), step)).toMatchObject({ is: 'done' });
    expect(await analysed()).toEqual([ALPHA.payer, ALPHA.payer]);
  });
});
