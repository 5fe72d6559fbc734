import { counted } from '../../base/counted.ts';
import { printable } from '../../base/printable.ts';
import { EXIT_INCOMPLETE, EXIT_TROUBLE, EXIT_USAGE } from './failure.ts';
import type { Options } from './options.ts';
import { askWarehouse } from './sqlAsking.ts';
import type { SqlAnswer } from './sqlQuery.ts';
import { checkState } from './state.ts';
import { refuseOtherFormat } from './stateFormat.ts';
import { fitTable } from './table.ts';
import { terminalWidth } from './terminalWidth.ts';

type Rows = Extract<SqlAnswer, { is: 'rows' }>;

/**
 * `--sql`: asks the warehouse one statement, and shows its rows. Answers the exit status; throws
 * NoState.
 */
export async function answerSql({ keep, json }: Options, sql: string): Promise<number> {
  await checkState(keep, '--sql');
  await refuseOtherFormat(keep);
  const answer = await askWarehouse(keep, sql);
  if (answer.is !== 'rows') {
    process.stderr.write(`${printable(answer.message)}\n`);
    return answer.is === 'wrong' ? EXIT_USAGE : EXIT_TROUBLE;
  }
  const width = terminalWidth(process.stdout.columns, process.env);
  process.stdout.write(json ? `${JSON.stringify(objectsOf(answer))}\n` : rowsText(answer, width));
  if (!answer.more) return 0;
  process.stderr.write(`these are the first ${answer.rows.length} rows, there are more: say limit, or group them\n`);
  return EXIT_INCOMPLETE;
}

/** One object per row. A column's name that comes twice has a number behind it. */
export function objectsOf({ columns, rows }: Pick<Rows, 'columns' | 'rows'>): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
}

/** The rows as a table no wider than `width`, and how many there are. */
function rowsText({ columns, rows }: Pick<Rows, 'columns' | 'rows'>, width: number): string {
  const content = {
    columns: columns.map(({ name, isNumber }) => ({
      head: printable(name),
      right: isNumber,
    })),
    rows: rows.map((row) => row.map(cellOf)),
  };
  const table = rows.length === 0 ? '' : `${fitTable(content, width)}\n`;
  return `${table}${counted(rows.length, 'row')}\n`;
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
