import { addFilesSql, removeFilesSql } from '../../adapters/snowflake/externalTable.ts';
import { kindOf } from '../../adapters/snowflake/failures.ts';
import type { SnowflakeNames } from '../../adapters/snowflake/names.ts';
import type { SnowflakeRow } from '../../adapters/snowflake/session.ts';
import type { Statements } from '../../adapters/snowflake/statements.ts';
import type { Partition } from '../../billing/partition.ts';
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
import { reportSample } from './sampleFiles.ts';
import { ownExternalTable, samplePartition, stagedKeyOf } from './scratchWarehouse.ts';

/**
 * ADD FILES and REMOVE FILES answer a row with a status per file (SQL reference, "ALTER EXTERNAL
 * TABLE"), but which files are mentioned when nothing changes is not said there.
 */
const addedQuestion: Question = {
  id: 'add-files',
  asks: 'what ADD FILES answers for a new file',
  expected: 'REGISTERED_NEW',
  async ask(asking) {
    const { session, own, partition } = await tableFor(asking, 'NEW', 11);
    const status = statusOf(await session.run(addFilesSql(own, [stagedKeyOf(partition)])));
    const rows = await rowsIn(session, own);
    const found = `${status}, and ${rows} row is read`;
    if (rows !== 1)
      return trouble(`${status}, and ${rows} rows are read of 1`, 'nothing can be published: report this');
    return status === 'REGISTERED_NEW' ? asExpected(found) : otherWay(found, 'what the table knows is looked up');
  },
};

const addedAgainQuestion: Question = {
  id: 'add-files-again',
  asks: 'what ADD FILES answers for a file that the table knows',
  expected: 'REGISTER_SKIPPED',
  async ask(asking) {
    const { session, own, partition } = await tableFor(asking, 'AGAIN', 12);
    const add = addFilesSql(own, [stagedKeyOf(partition)]);
    await session.run(add);
    const again = await refusable(session.run(add));
    const rows = await rowsIn(session, own);
    if (rows !== 1) return trouble(`its 1 row is read ${rows} times`, 'rows would count twice: report this');
    if ('refusal' in again)
      return otherWay(wordsOf(again.refusal), 'only files that the table does not know are added');
    const status = statusOf(again.result);
    if (status === 'REGISTER_SKIPPED') return asExpected(status);
    return otherWay(status, 'what the table knows is looked up');
  },
};

const absentQuestion: Question = {
  id: 'add-files-absent',
  asks: 'what ADD FILES answers for a file that is not there',
  expected: 'REGISTER_FAILED, or a refusal',
  async ask(asking) {
    const { session, own, partition } = await tableFor(asking, 'ABSENT', 13);
    const added = await refusable(session.run(addFilesSql(own, [stagedKeyOf(partition, 'absent')])));
    if ('refusal' in added) return asExpected(wordsOf(added.refusal));
    const status = statusOf(added.result);
    if (status === 'REGISTER_FAILED') return asExpected(status);
    return otherWay(status, 'a staged file that is lost is noticed by the audit, whose rows are too few');
  },
};

const removedQuestion: Question = {
  id: 'remove-files',
  asks: 'what REMOVE FILES answers, and again for a file that the table does not know',
  expected: 'UNREGISTERED',
  async ask(asking) {
    const { session, own, partition } = await tableFor(asking, 'REMOVED', 14);
    await session.run(addFilesSql(own, [stagedKeyOf(partition)]));
    const remove = removeFilesSql(own, [stagedKeyOf(partition)]);
    const status = statusOf(await session.run(remove));
    const rows = await rowsIn(session, own);
    if (rows !== 0)
      return trouble(`${status}, and its rows are still read`, 'superseded files stay in scans: report this');
    const again = await refusable(session.run(remove));
    const found = `${status}, then ${'refusal' in again ? wordsOf(again.refusal) : statusOf(again.result)}`;
    if (status !== 'UNREGISTERED') return otherWay(found, 'nothing but UNREGISTER_FAILED counts as a failure');
    return asExpected(found);
  },
};

/**
 * User guide, "Introduction to external tables": a file that cannot be scanned is skipped. Whether
 * that holds for one that is gone is not said.
 */
const goneQuestion: Question = {
  id: 'file-gone',
  asks: 'what a query does about a registered file that is gone',
  expected: 'it skips the file',
  async ask(asking) {
    const { session, own, partition } = await tableFor(asking, 'GONE', 15);
    await session.run(addFilesSql(own, [stagedKeyOf(partition)]));
    await asking.files.remove(stagedKeyOf(partition));
    const counted = await refusable(rowsIn(session, own));
    if ('refusal' in counted) {
      return otherWay(
        wordsOf(counted.refusal),
        'readers see an error until the file is restored: the audit sees it as well',
      );
    }
    if (counted.result === 0) return asExpected('it skips the file', 'rows are counted before they are relied on');
    return otherWay(
      `it reads ${counted.result} row`,
      'it keeps what it has read for a while: rows are counted all the same',
    );
  },
};

/** Whether they wait for each other, and for how long, is not documented. */
const atOnceQuestion: Question = {
  id: 'at-once',
  asks: 'whether several ADD FILES of one external table may run at once',
  expected: 'all of them end well',
  async ask(asking) {
    const { session, own, partition } = await tableFor(asking, 'AT_ONCE', 16);
    const others = [17, 18].map((number) => samplePartition(number));
    await Promise.all(others.map((other) => asking.files.put(stagedKeyOf(other), reportSample())));
    const statements = [partition, ...others].map((one) => addFilesSql(own, [stagedKeyOf(one)]));
    const sessions = await Promise.all(statements.map(() => asking.session('administrator')));
    const ended = await Promise.all(
      statements.map((statement, index) => refusable((sessions[index] ?? session).run(statement))),
    );
    return judgeAtOnce(
      ended.flatMap((one) => ('refusal' in one ? [one.refusal] : [])),
      { rows: await rowsIn(session, own), of: statements.length },
    );
  },
};

function judgeAtOnce(
  refusals: readonly { readonly code: string; readonly message: string }[],
  { rows, of }: { readonly rows: number; readonly of: number },
): Answer {
  const [refusal] = refusals;
  if (refusal) {
    const found = refusal.message.replace(/^Snowflake: /, '');
    return kindOf(refusal.code) === 'transient'
      ? otherWay(found, 'it is tried again')
      : trouble(found, 'set finalizeStatements to 1, so that payers are registered one after the other');
  }
  if (rows === of) return asExpected(`all ${of} end well`);
  const found = `all ${of} end well, and ${rows} of ${of} rows are read`;
  return trouble(found, 'set finalizeStatements to 1, so that payers are registered one after the other');
}

export const fileQuestions: readonly Question[] = [
  addedQuestion,
  addedAgainQuestion,
  absentQuestion,
  removedQuestion,
  goneQuestion,
  atOnceQuestion,
];

/** An external table for one question, and a file for it. */
async function tableFor(
  asking: Asking,
  suffix: string,
  number: number,
): Promise<{ readonly session: Statements; readonly own: SnowflakeNames; readonly partition: Partition }> {
  const partition = samplePartition(number);
  await asking.files.put(stagedKeyOf(partition), reportSample());
  const names = await asking.scratch();
  const session = await asking.session('administrator');
  return { session, own: await ownExternalTable(session, names, suffix), partition };
}

async function rowsIn(session: Statements, { externalTable }: SnowflakeNames): Promise<number> {
  const [row] = await session.run(`select count(*) as row_count from ${externalTable}`);
  return Number(row?.ROW_COUNT);
}

/** Where there is nothing to report, there may be a row without a file. */
function statusOf(rows: readonly SnowflakeRow[]): string {
  const statuses = rows.flatMap(({ STATUS }) => (STATUS ? [String(STATUS)] : []));
  return statuses.join(', ') || 'no row';
}
