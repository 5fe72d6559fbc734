import type { PartitionStatus } from './partitionStatus.ts';

const HEAD = ['payer', 'period', 'verdict', 'state', 'bill', 'files', 'rows', 'published', 'analysed', 'delivered'];
/** Counts stand at the right. */
const RIGHT = new Set([5, 6]);

/**
 * The rows as lines of text: one each in columns, and below it, indented, why it is not complete.
 * The text is the answer of a Lambda, printed inside of JSON: no frame, no colour, and no character
 * that JSON would escape.
 */
export function statusTable(partitions: readonly PartitionStatus[]): string[] {
  const rows = partitions.map(cellsOf);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        RIGHT.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [
    line(HEAD),
    ...partitions.flatMap(({ why }, index) => [
      line(rows[index] ?? []),
      ...why.map((sentence) => `    ${jsonPlain(sentence)}`),
    ]),
  ];
}

/** A sentence without what JSON escapes. */
export function jsonPlain(sentence: string): string {
  return sentence.replaceAll('"', "'").replaceAll('\\', '/');
}

function cellsOf(row: PartitionStatus): string[] {
  const { payer, period, verdict, state, bill, published, analysedAt, deliveredAt } = row;
  return [
    payer,
    period,
    verdict,
    state,
    bill ?? '-',
    published ? String(published.files) : '-',
    published ? published.rows.toLocaleString('en-US') : '-',
    minute(published?.at ?? null),
    minute(analysedAt),
    minute(deliveredAt),
  ];
}

/** `2026-10-05 12:05Z` */
function minute(time: string | null): string {
  return time === null ? '-' : `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;
}
