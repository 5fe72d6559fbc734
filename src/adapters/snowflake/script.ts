import { stepsOf } from '../../analytics/steps.ts';
import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import type { StepFailure } from '../../ledger/analyticsRecord.ts';
import type { RenderedStatement, ScriptEngine, ScriptRun, Step, StepState } from '../../warehouse/script.ts';
import { statementFailure } from '../../warehouse/statementFailure.ts';
import { FencedOff } from '../../warehouse/warehouse.ts';
import { failureOf, kindOf, SnowflakeFailure, wasAnswered } from './failures.ts';
import { raiseScriptFence } from './fence.ts';
import type { SnowflakeNames } from './names.ts';
import { type BlockOutcome, readOutcome, scriptBlock } from './scriptBlock.ts';
import type { Session } from './session.ts';

interface SnowflakeScriptOptions {
  readonly session: () => Promise<Session>;
  readonly names: SnowflakeNames;
  /** The deployment's stage: steps of two stages in one account have different tags. */
  readonly stage: string;
  readonly analyticsStatements: (period: Period, payers: readonly Payer[]) => readonly RenderedStatement[];
  /** The whole script needs one session. */
  readonly oneSession?: boolean | undefined;
}

/**
 * The history shows queries at once, also running ones. But a request whose answer was lost may
 * still be under way, and Snowflake's driver sends it again for more than a minute.
 */
const VISIBLE_WITHIN_SECONDS = 120;

/**
 * Runs steps as queries that nobody waits for: one submitted block each (scriptBlock.ts), under a
 * tag that names the step in Snowflake's history, for whoever looks for it without its query id.
 */
export function createSnowflakeScript(options: SnowflakeScriptOptions): ScriptEngine {
  const { session, names, stage, analyticsStatements, oneSession = false } = options;

  function tagOf({ period, number, attempt = 1 }: ScriptRun, stepNumber: number): string {
    const again = attempt === 1 ? '' : `:${attempt}`;
    return `reactor:${stage}:${period}:${number}:${stepNumber}${again}`;
  }

  return {
    visibleWithinSeconds: VISIBLE_WITHIN_SECONDS,
    steps: (period, payers) => stepsOf(analyticsStatements(period, payers), { oneSession }),
    async submit(run, step) {
      const block = scriptBlock(names, run, step);
      const opened = await session();
      await raiseScriptFence(opened, names, run);
      const head = step.head.map(({ sql }) => sql);
      try {
        return { is: 'running', queryId: await opened.submit(block, tagOf(run, step.number), head) };
      } catch (error) {
        const refused = headFailure(step, error);
        if (refused) return { is: 'failed', failure: refused };
        throw error;
      }
    },
    async look(run, step, queryId) {
      const opened = await session();
      const found = queryId ?? (await opened.findByTag(tagOf(run, step.number)));
      return found === undefined ? undefined : stateOf(opened, run, step, found);
    },
    async cancel(run, stepNumber, queryId) {
      const opened = await session();
      const found = queryId ?? (await opened.findByTag(tagOf(run, stepNumber)));
      if (found !== undefined) await opened.cancel(found);
    },
  };
}

/** Why the step cannot be submitted; undefined for every failure that is not its head's own. */
function headFailure({ head }: Step, error: unknown): StepFailure | undefined {
  if (!(error instanceof SnowflakeFailure) || error.kind !== 'permanent') return undefined;
  const statement = error.headIndex === undefined ? undefined : head[error.headIndex];
  if (!statement) return undefined;
  const { number, sql } = statement;
  return { statement: number, code: error.code, message: statementFailure(number, sql, error.message) };
}

async function stateOf(session: Session, run: ScriptRun, step: Step, queryId: string): Promise<StepState> {
  const status = await session.status(queryId);
  switch (status.is) {
    case 'running':
      return { is: 'running', queryId };
    case 'failed':
      return {
        is: 'failed',
        failure: { code: status.code, message: status.message, queryId, ...repeatable(status.code) },
      };
    case 'done': {
      const outcome = await outcomeOf(session, queryId);
      if (!outcome) return { is: 'failed', failure: noOutcome(queryId) };
      if (outcome instanceof SnowflakeFailure) {
        const { code, message } = outcome;
        return { is: 'failed', failure: { code, message, queryId, ...repeatable(code) } };
      }
      return endOf(run, step, queryId, outcome);
    }
  }
}

/**
 * What the block has returned. The failure, when Snowflake answers that it no longer has the
 * result: it keeps results for a day.
 */
async function outcomeOf(session: Session, queryId: string): Promise<BlockOutcome | SnowflakeFailure | undefined> {
  try {
    return readOutcome(await session.result(queryId));
  } catch (error) {
    const failure = failureOf(error);
    if (wasAnswered(failure) && failure.kind === 'permanent') return failure;
    throw error;
  }
}

function endOf(run: ScriptRun, step: Step, queryId: string, outcome: BlockOutcome): StepState {
  switch (outcome.is) {
    case 'done':
      return { is: 'done', queryId };
    case 'fencedOff':
      throw new FencedOff(
        `run ${run.number} of the analytics of ${run.period} is fenced off by run ${outcome.by}`,
        outcome.by,
      );
    case 'rowsDiffer':
      return { is: 'failed', failure: rowsDiffer(run, outcome, queryId) };
    case 'failed': {
      const { statement, code, message } = outcome;
      const { message: reason } = new SnowflakeFailure({ code, kind: kindOf(code), message });
      const failure = {
        statement,
        code,
        message: statementFailure(statement, sqlOf(step, statement), reason),
        queryId,
        ...repeatable(code),
      };
      return { is: 'failed', failure };
    }
  }
}

/** Of a lock that was not free, or an internal error of Snowflake, the script is not to blame. */
function repeatable(code: string): Pick<StepFailure, 'isTransient'> {
  return kindOf(code) === 'transient' ? { isTransient: true } : {};
}

/**
 * Files may be skipped because S3 did not answer: so it is tried again before anybody is alarmed.
 */
function rowsDiffer({ period }: ScriptRun, { read, published }: RowsDiffer, queryId: string): StepFailure {
  const message = `Snowflake reads ${read} rows of ${period}, and ${published} are published: it skips files that it cannot read`;
  return { code: 'ROWS_DIFFER', message, queryId, isTransient: true };
}

type RowsDiffer = Extract<BlockOutcome, { is: 'rowsDiffer' }>;

function noOutcome(queryId: string): StepFailure {
  return { code: 'NO_OUTCOME', message: 'the query is done, but its result is not that of a step', queryId };
}

function sqlOf(step: Step, number: number): string {
  const statements = step.items.flatMap((item) => item.statements);
  return statements.find((statement) => statement.number === number)?.sql ?? 'commit';
}
