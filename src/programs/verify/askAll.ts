import type { Session } from '../../adapters/snowflake/session.ts';
import { withDeadline } from '../../base/deadline.ts';
import { createLanes } from '../../base/lanes.ts';
import { untilAborted } from '../../base/untilAborted.ts';
import { type Answer, type Asker, type Asking, type Question, type RunFiles, unknown, wordsOf } from './question.ts';

/** What all questions share. */
export interface Interview extends Omit<Asking, 'session' | 'signal'> {
  readonly openSession: (asker: Asker) => Promise<Session>;
  /** Aborted when nobody wants to know any more. */
  readonly interrupted: AbortSignal;
  readonly questionSeconds: number;
}

/** A question and its answer. */
export interface Answered {
  readonly question: Question;
  readonly answer: Answer;
}

/** How many questions are asked at once: most of the time Snowflake is waited for. */
const LANES = 4;

/**
 * Asks all questions, and hands over each answer in the questions' order. A question that fails, or
 * takes longer than it may, is answered with `unknown`, and the others go on. Throws the reason of
 * `interrupted`, once no question is under way any more.
 */
export async function askAll(
  questions: readonly Question[],
  interview: Interview,
  report: (answered: Answered) => void,
): Promise<Answered[]> {
  const onFreeLane = createLanes(Array.from({ length: LANES }, (_, lane) => lane));
  const asked = questions.map((question) =>
    onFreeLane(async () => (interview.interrupted.aborted ? undefined : askOne(question, interview))),
  );
  const answers: Answered[] = [];
  for (const [index, question] of questions.entries()) {
    const answer = await asked[index];
    if (interview.interrupted.aborted || !answer) break;
    answers.push({ question, answer });
    report({ question, answer });
  }
  await Promise.all(asked);
  interview.interrupted.throwIfAborted();
  return answers;
}

/** Never fails. */
async function askOne(question: Question, interview: Interview): Promise<Answer> {
  const { interrupted, openSession, questionSeconds, ...shared } = interview;
  const opened: Promise<Session>[] = [];
  const submitted: Submitted[] = [];
  const deadline = { what: `the question ${question.id}`, seconds: question.seconds ?? questionSeconds };
  try {
    return await withDeadline(deadline, async (missed) => {
      const signal = AbortSignal.any([missed, interrupted]);
      const session = async (asker: Asker) => {
        signal.throwIfAborted();
        const opening = openSession(asker);
        opened.push(opening);
        return watched(await opening, signal, submitted);
      };
      const files = putUntil(signal, shared.files);
      return untilAborted(interrupted, () => question.ask({ ...shared, files, signal, session }));
    });
  } catch (error) {
    await Promise.allSettled(submitted.map(async ({ session, queryId }) => session.cancel(await queryId)));
    const words = error instanceof Error ? wordsOf(error) : String(error);
    return unknown(words, `ask again with --only ${question.id}`);
  } finally {
    await Promise.allSettled(opened.map(async (session) => (await session).close()));
  }
}

/** A question that was given up may still be at work: it must not leave a file behind. */
function putUntil(signal: AbortSignal, files: RunFiles): RunFiles {
  return {
    ...files,
    async put(stagedKey, bytes) {
      signal.throwIfAborted();
      await files.put(stagedKey, bytes);
    },
  };
}

/** A query that nobody waits for, and whoever may cancel it. */
interface Submitted {
  readonly session: Session;
  readonly queryId: Promise<string>;
}

/** The same session: its statements are cancelled with the signal, what it submits is noted. */
function watched(session: Session, signal: AbortSignal, submitted: Submitted[]): Session {
  return {
    ...session,
    run: (sql, binds) => session.run(sql, binds, signal),
    submit(sql, queryTag, head) {
      const queryId = session.submit(sql, queryTag, head);
      submitted.push({ session, queryId });
      return queryId;
    },
  };
}
