import { setTimeout } from 'node:timers/promises';
import { quoteText } from '../../adapters/snowflake/quote.ts';
import { readOutcome, scriptBlock } from '../../adapters/snowflake/scriptBlock.ts';
import type { Session, SnowflakeRow } from '../../adapters/snowflake/session.ts';
import { stepsOf } from '../../analytics/steps.ts';
import {
  type Answer,
  type Asking,
  asExpected,
  otherWay,
  type Question,
  refusable,
  trouble,
  wordsOf,
} from './question.ts';
import { SAMPLE_PERIOD } from './scratchWarehouse.ts';

/**
 * Refused on real accounts, as "Unsupported statement type 'USE'" (090236); the scripting reference
 * does not say so.
 */
const useQuestion: Question = {
  id: 'use-in-block',
  asks: 'whether a block may have USE in it',
  expected: 'refused',
  async ask(asking) {
    const { schema } = await asking.scratch();
    const session = await asking.session('administrator');
    const used = await refusable(session.run(blockSql([`use schema ${schema}`])));
    if ('refusal' in used) return asExpected(wordsOf(used.refusal), 'a script may have USE at its head');
    return otherWay('allowed', 'a script may have USE anywhere; at its head it runs before the block as well');
  },
};

/** Developer guide, "Understanding caller's rights and owner's rights stored procedures". */
const setQuestion: Question = {
  id: 'set-in-block',
  asks: 'whether a block may set a variable of its session',
  expected: 'allowed',
  async ask(asking) {
    const session = await asking.session('administrator');
    const set = await refusable(session.run(blockSql(['set verify_value = 7'])));
    if ('refusal' in set) return trouble(wordsOf(set.refusal), 'keep SET out of the analytics script');
    return asExpected('allowed');
  },
};

/** SQL reference, "LAST_QUERY_ID": the last query of the session; of a block it does not speak. */
const lastQueryQuestion: Question = {
  id: 'last-query-id',
  asks: 'whether a statement of a block can read the result of the one before it',
  expected: 'done',
  async ask(asking) {
    const { schema } = await asking.scratch();
    return stepAnswer(
      asking,
      [
        `show tables in schema ${schema}`,
        'create temporary table shown as select * from table(result_scan(last_query_id()))',
      ],
      'keep RESULT_SCAN(LAST_QUERY_ID()) out of the analytics script',
    );
  },
};

/** A block as the reactor submits it, with a temporary table and a transaction. */
const stepQuestion: Question = {
  id: 'script-step',
  asks: 'whether a step of the analytics script runs, and reports its end',
  expected: 'done',
  async ask(asking) {
    const { findings } = await asking.scratch();
    return stepAnswer(
      asking,
      ['create temporary table computed as select 1 as n', 'begin', `delete from ${findings}`, 'commit'],
      'the analytics will fail: report this',
    );
  },
};

/**
 * A block within the block takes the failure, and raises some again ("Handling exceptions"). The
 * last statement divides by zero where nothing was noted.
 */
const failingCheckQuestion: Question = {
  id: 'failing-check',
  asks: 'whether a check that fails is noted, and the step goes on',
  expected: 'done',
  async ask(asking) {
    return stepAnswer(
      asking,
      [
        'create temporary table cur_statement_outcomes (name varchar, seconds double, code varchar, message varchar)',
        { sql: 'select * from no_such_table_of_verify', check: 'broken' },
        { sql: 'select 1', check: 'sound' },
        `create temporary table noted as
          select 1 / count(*) as n from cur_statement_outcomes where name = 'broken' and code is not null`,
      ],
      'one check that fails costs all findings: report this',
    );
  },
};

/** SQL reference, "RESULT_SCAN": of the same user, from whichever session, for a day. */
const resultQuestion: Question = {
  id: 'result-elsewhere',
  asks: "whether a submitted query's result can be fetched by another session",
  expected: '42',
  async ask(asking) {
    const [submitting, asked] = await bothSessions(asking);
    const fetched = await refusable(
      endOf(asking, asked, await submitting.submit('select 42 as n', tagOf(asking, this.id))),
    );
    if ('refusal' in fetched)
      return trouble(wordsOf(fetched.refusal), 'no step of the analytics can be followed: report this');
    const found = `${fetched.result[0]?.N}`;
    return found === '42' ? asExpected(found) : trouble(found, 'no step of the analytics can be followed: report this');
  },
};

/**
 * It should need no more than the use of the schema. Where it does, scripts have one of their own
 * all the same.
 */
const temporaryTableQuestion: Question = {
  id: 'temporary-table',
  asks: 'whether a temporary table needs the privilege CREATE TABLE',
  expected: 'it does not',
  async ask(asking) {
    const { schema } = await asking.scratch();
    const administrator = await asking.session('administrator');
    await administrator.run(`grant usage on schema ${schema} to role ${asking.stage.role}`);
    const reactor = await asking.session('reactor');
    const made = await refusable(reactor.run(`create temporary table ${schema}.ungranted (n integer)`));
    if (!('refusal' in made)) return asExpected('it does not');
    const follows = `scripts create theirs in ${asking.stage.names.scratchSchema}, where they may`;
    return otherWay(wordsOf(made.refusal), follows);
  },
};

export const blockQuestions: readonly Question[] = [
  useQuestion,
  setQuestion,
  lastQueryQuestion,
  stepQuestion,
  failingCheckQuestion,
  resultQuestion,
  temporaryTableQuestion,
];

const SECONDS_BESIDES = 180;

/**
 * A session that idles is ended, after four hours, or by a policy from five minutes on (user guide,
 * "Snowflake sessions and session policies"). What becomes of a query that was submitted in it is
 * not said there.
 */
export function outlivingQuestion(minutes: number): Question {
  return {
    id: 'block-outlives-session',
    asks: `whether a block that takes ${minutes} minutes ends well when nobody uses its session`,
    expected: 'done',
    seconds: minutes * 60 + SECONDS_BESIDES,
    async ask(asking) {
      const [submitting, asked] = await bothSessions(asking);
      const block = blockSql([`call system$wait(${minutes}, 'MINUTES')`]);
      const ended = await refusable(endOf(asking, asked, await submitting.submit(block, tagOf(asking, this.id))));
      if (!('refusal' in ended)) return asExpected('done');
      const follows = `give the reactor's user a session policy of more than ${minutes} minutes, or cut the script into shorter steps`;
      return trouble(wordsOf(ended.refusal), follows);
    },
  };
}

/** As a step's statements are: each a text that the block executes. */
function blockSql(statements: readonly string[]): string {
  const executed = statements.map((sql) => `  execute immediate ${quoteText(sql)};\n`);
  return `execute immediate ${quoteText(`begin\n${executed.join('')}  return 'done';\nend;`)}`;
}

/** A statement, or one that is marked as a check. */
type Marked = string | { readonly sql: string; readonly check: string };

async function stepAnswer(asking: Asking, script: readonly Marked[], follows: string): Promise<Answer> {
  const names = await asking.scratch();
  const statements = script.map((one, index) => ({
    ...(typeof one === 'string' ? { sql: one } : one),
    line: index + 1,
  }));
  const [step] = stepsOf(statements, { oneSession: true });
  if (!step) throw new RangeError('a script without a statement has no step');
  // Without payers there are no rows to compare.
  const block = scriptBlock(names, { period: SAMPLE_PERIOD, payers: [], number: 1, epoch: 1 }, step);
  const [submitting, asked] = await bothSessions(asking);
  // Temporary tables belong to a schema.
  const head = [`use schema ${names.schema}`];
  const ended = await refusable(endOf(asking, asked, await submitting.submit(block, tagOf(asking, 'step'), head)));
  if ('refusal' in ended) return trouble(wordsOf(ended.refusal), follows);
  const outcome = readOutcome(ended.result);
  if (outcome?.is === 'done') return asExpected('done');
  if (outcome?.is === 'failed') return trouble(`${outcome.code}: ${outcome.message}`, follows);
  return trouble(JSON.stringify(ended.result[0] ?? null), follows);
}

/** One that submits, and one that asks what became of it. */
function bothSessions(asking: Asking): Promise<[Session, Session]> {
  return Promise.all([asking.session('administrator'), asking.session('administrator')]);
}

const FIRST_LOOK_MS = 500;
const MOST_MS = 10_000;

/**
 * The rows of a submitted query, as soon as it has ended. Throws SnowflakeFailure for a failure,
 * and when nobody waits any more.
 */
async function endOf({ signal }: Asking, session: Session, queryId: string): Promise<SnowflakeRow[]> {
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(MOST_MS, pause * 2)) {
    const status = await session.status(queryId);
    if (status.is !== 'running') return session.result(queryId);
    await setTimeout(pause, undefined, { signal });
  }
}

function tagOf({ run }: Asking, what: string): string {
  return `cur-reactor verify:${run}:${what}`;
}
