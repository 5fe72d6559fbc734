import { printable } from '../base/printable.ts';
import { lineItemColumns } from './lineItems.ts';
import type { StagedFile } from './warehouse.ts';

const MAX_DIGITS = 38;
const MAX_NAME_CHARACTERS = 120;

/**
 * Why a file cannot be read rightly, by what its footer says of the columns that the contract
 * reads; undefined when it can. Decimals end at 38 digits in both warehouses: DuckDB 1.5 reads
 * longer ones as other numbers, without a word.
 */
export function unreadableColumn({ columns }: Pick<StagedFile, 'columns'>): string | undefined {
  for (const { name, type } of columns) {
    const precision = Number(/^decimal\((\d+),/.exec(type)?.[1] ?? 0);
    if (precision <= MAX_DIGITS || !isRead(name.toLowerCase())) continue;
    const label = printable(name.slice(0, MAX_NAME_CHARACTERS));
    return `column ${label} is a ${type}: ${precision} digits, and no more than ${MAX_DIGITS} can be read`;
  }
  return undefined;
}

function isRead(name: string): boolean {
  return lineItemColumns.some(({ sources }) =>
    sources.some((source) =>
      source.from === 'columns' ? source.prefixes.some((prefix) => name.startsWith(prefix)) : source.column === name,
    ),
  );
}
