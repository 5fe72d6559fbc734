import type { PartitionStatus } from '../../status/partitionStatus.ts';
import type { StatusReport } from '../../status/statusReport.ts';
import { thousands } from './amounts.ts';
import { type Column, fitTable } from './table.ts';

const COLUMNS: readonly Column[] = [
  { head: 'payer' },
  { head: 'period' },
  { head: 'verdict' },
  { head: 'state' },
  { head: 'bill', detail: 'named' },
  { head: 'files', right: true },
  { head: 'rows', right: true },
  { head: 'published', detail: 'named' },
  { head: 'analysed', detail: 'named' },
  { head: 'delivered', detail: 'named' },
];

/**
 * The report for a terminal of `width` columns: the table with what there is to say below each row,
 * then of the whole.
 */
export function statusText({ partitions = [], summary }: StatusReport, width: number): string {
  const content = { columns: COLUMNS, rows: partitions.map(cellsOf), notes: partitions.map(({ why }) => why) };
  const table = partitions.length === 0 ? [] : [fitTable(content, width), ''];
  return `${[...table, ...summary].join('\n')}\n`;
}

function cellsOf(row: PartitionStatus): string[] {
  const { payer, period, verdict, state, bill, published, analysedAt, deliveredAt } = row;
  const counts = published ? [thousands(published.files), thousands(published.rows)] : ['-', '-'];
  const moments = [published?.at ?? null, analysedAt, deliveredAt].map(minute);
  return [payer, period, verdict, state, bill ?? '', ...counts, ...moments];
}

/** `2026-10-05 12:05Z` */
function minute(time: string | null): string {
  return time === null ? '' : `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;
}
