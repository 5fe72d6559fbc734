import { auditFiles } from '../../adapters/snowflake/audit.ts';
import type { SnowflakeNames } from '../../adapters/snowflake/names.ts';
import type { SnowflakeRow } from '../../adapters/snowflake/session.ts';
import type { Statements } from '../../adapters/snowflake/statements.ts';
import { totalsOf } from '../../adapters/snowflake/totals.ts';
import { monthOf, yearOf } from '../../billing/period.ts';
import { type Answer, asExpected, type Question, trouble, unknown } from './question.ts';
import { REPORT, SAMPLE_PERIOD, stagedKeyOf } from './scratchWarehouse.ts';

/** Sends what is to be explained. */
type Send = (statements: Statements, names: SnowflakeNames) => Promise<unknown>;

const view: Send = (statements, { lineItemsView }) =>
  statements.run(
    `select count(*) from ${lineItemsView}
     where year = ${yearOf(SAMPLE_PERIOD)} and month = ${monthOf(SAMPLE_PERIOD)} and payer = '${REPORT.payer}'`,
  );
const audit: Send = (statements, names) => {
  const file = { stagedKey: stagedKeyOf(REPORT), rows: 1, sizeBytes: 1, columns: [] };
  return auditFiles(statements, { names, byValue: new Set() }, REPORT, [file]);
};
const totals: Send = (statements, names) => totalsOf(statements, names, SAMPLE_PERIOD, [REPORT.payer]);

interface Explained {
  readonly id: string;
  readonly what: string;
  readonly send: Send;
  /** Whether it cannot but read the external table. */
  readonly mustScan: boolean;
}

/**
 * Of the scratch warehouse's partitions, one belongs to the payer that is asked for: a predicate on
 * year, month and payer should leave the others out (user guide, "Introduction to external tables",
 * partitioned external tables).
 */
function pruningQuestion({ id, what, send, mustScan }: Explained): Question {
  return {
    id,
    asks: `how many partitions ${what} scans`,
    expected: 'those of its payer alone',
    async ask(asking) {
      const names = await asking.samples();
      const session = await asking.session('administrator');
      const plan: SnowflakeRow[] = [];
      await send(explaining(session, plan), names);
      return judgePlan(plan, names, mustScan);
    },
  };
}

/**
 * SQL reference, "EXPLAIN": compiles a statement, without running it. Whoever sends statements
 * through this gets no rows.
 */
function explaining(session: Statements, plan: SnowflakeRow[]): Statements {
  return {
    async run(sql, binds) {
      plan.push(...(await session.run(`explain using tabular ${sql}`, binds)));
      return [];
    },
  };
}

function judgePlan(plan: readonly SnowflakeRow[], { externalTable }: SnowflakeNames, mustScan: boolean): Answer {
  const table = externalTable.split('.').at(-1);
  const read = plan.flatMap((row) => (typeof row.OBJECTS === 'string' ? [{ row, name: lastNameOf(row.OBJECTS) }] : []));
  const scans = read.filter(({ name }) => name === table);
  const profile = 'look at the query profile of such a statement: partitions scanned, of partitions in total';
  if (read.length === 0 || (scans.length === 0 && mustScan)) {
    return unknown('a plan without the external table', profile);
  }
  if (scans.length === 0) return asExpected('none: it does not read the external table');
  const counts = scans.map(({ row }) => [assigned(row), total(row)] as const);
  const found = counts.map(([some, all]) => `${some} of ${all}`).join(', ');
  if (counts.some(([some, all]) => Number.isNaN(some) || Number.isNaN(all))) return unknown(found, profile);
  if (counts.every(([some, all]) => some < all)) return asExpected(found);
  return trouble(found, 'every statement scans every payer: it takes longer and costs more with each; report this');
}

function lastNameOf(object: string): string | undefined {
  return object.replaceAll('"', '').toUpperCase().split('.').at(-1);
}

/** The columns' names in the reference differ from those that accounts answer with. */
function assigned({ PARTITIONSASSIGNED, ASSIGNEDPARTITIONS }: SnowflakeRow): number {
  return Number(PARTITIONSASSIGNED ?? ASSIGNEDPARTITIONS ?? Number.NaN);
}

function total({ PARTITIONSTOTAL, TOTALPARTITIONS }: SnowflakeRow): number {
  return Number(PARTITIONSTOTAL ?? TOTALPARTITIONS ?? Number.NaN);
}

export const pruningQuestions: readonly Question[] = [
  { id: 'partitions-view', what: 'a query of the contract view', send: view, mustScan: true },
  { id: 'partitions-audit', what: 'an audit', send: audit, mustScan: true },
  { id: 'partitions-totals', what: 'what makes up the totals of a message', send: totals, mustScan: false },
].map(pruningQuestion);
