import { counted } from '../../base/counted.ts';
import { printable } from '../../base/printable.ts';
import { money } from './amounts.ts';
import { type Cell, checkCsvFile, csvText, writeCsvText } from './csv.ts';
import { EXIT_INCOMPLETE, EXIT_TROUBLE } from './failure.ts';
import { CSV_ON_STDOUT } from './findingsOptions.ts';
import type { Options } from './options.ts';
import { askWarehouse } from './sqlAsking.ts';
import { objectsOf } from './sqlCommand.ts';
import type { SqlAnswer } from './sqlQuery.ts';
import { checkState } from './state.ts';
import { refuseOtherFormat } from './stateFormat.ts';
import type { Summary } from './summaryOptions.ts';
import { type CellKind, type SummaryQuery, summaryQuery } from './summaryQueries.ts';
import { type Column, fitTable } from './table.ts';
import { terminalWidth } from './terminalWidth.ts';

type Rows = Extract<SqlAnswer, { is: 'rows' }>;

/**
 * `--report service`: what was spent, from the state as it is, also while another process works on
 * it. Answers the exit status; throws NoState.
 */
export async function showSummary(options: Options, summary: Summary): Promise<number> {
  const { keep, json, csv } = options;
  if (csv !== undefined) await checkCsvFile(csv);
  await checkState(keep, '--report');
  await refuseOtherFormat(keep);
  const query = summaryQuery(summary, options);
  const answer = await askWarehouse(keep, query.sql);
  if (answer.is !== 'rows') {
    // The statement is ours: what it names is not there yet in a state of an older release.
    const mend = answer.is === 'wrong' ? '; npm start, with the same state, brings it up to date' : '';
    process.stderr.write(`${printable(answer.message)}${mend}\n`);
    return EXIT_TROUBLE;
  }
  if (csv !== undefined) await writeCsvText(csv, csvOf(answer), process.stdout);
  if (json) process.stdout.write(`${JSON.stringify(objectsOf(answer))}\n`);
  else if (csv !== CSV_ON_STDOUT) {
    process.stdout.write(summaryText(query, answer, terminalWidth(process.stdout.columns, process.env)));
  }
  if (!answer.more) return 0;
  process.stderr.write(`these are the first ${answer.rows.length} rows, there are more: say --payer or --period\n`);
  return EXIT_INCOMPLETE;
}

/** Title, table no wider than `width`, and how many rows there are. */
function summaryText(
  { title, kinds, details = [] }: SummaryQuery,
  { columns, rows }: Pick<Rows, 'columns' | 'rows'>,
  width: number,
): string {
  const kindsInOrder = columns.map(({ name }) => kinds[name]);
  const content = {
    columns: columns.map(({ name }, index): Column => {
      const column = { head: headOf(name), name: name.replaceAll('_', ' '), right: kindsInOrder[index] !== undefined };
      return details.includes(name) ? { ...column, detail: 'named' } : column;
    }),
    rows: rows.map((row) => row.map((value, index) => shown(value, kindsInOrder[index]))),
  };
  const table = rows.length === 0 ? '' : `${fitTable(content, width)}\n`;
  return `${title}\n${table}${counted(rows.length, 'row')}\n`;
}

/** A currency speaks for itself. */
function headOf(name: string): string {
  return name === 'currency' ? '' : name.replaceAll('_', ' ');
}

function shown(value: unknown, kind: CellKind | undefined): string {
  if (value === null || value === undefined) return '';
  if (kind === undefined || typeof value !== 'number') return String(value);
  return kind === 'share' ? `${(100 * value).toFixed(1)} %` : money(value);
}

function csvOf({ columns, rows }: Rows): string {
  const cells = rows.map((row) => row.map(cellOf));
  return csvText(
    columns.map(({ name }) => name),
    cells,
  );
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  return typeof value === 'number' ? value : String(value);
}
