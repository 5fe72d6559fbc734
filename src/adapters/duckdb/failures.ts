import { WarehouseBroken } from '../../warehouse/warehouse.ts';

/**
 * Whether DuckDB has met a block of its own file whose checksum is wrong, or that is missing: then
 * the whole file is damaged. When a staged copy is cut off it says the same, but names that copy.
 */
export function isCorrupt(message: string): boolean {
  return /Corrupt database file|Could not read enough bytes from file ".*\.duckdb"/.test(message);
}

/**
 * After an error that leaves its file in doubt (a write or an fsync that failed), DuckDB says
 * FATAL, and refuses every statement with the words below until the database is opened again. They
 * end in the first error: that is the reason.
 */
export function asBroken(error: unknown): unknown {
  if (error instanceof WarehouseBroken || !(error instanceof Error)) return error;
  const isBroken = error.message.startsWith('FATAL Error') || error.message.includes('database has been invalidated');
  if (isCorrupt(error.message)) return new WarehouseBroken(oneLine(error.message), { cause: error });
  if (!isBroken) return error;
  const [, original] = /Original error: "?([\s\S]*?)"?\s*$/.exec(error.message) ?? [];
  const reason = oneLine((original ?? error.message).replace(/^FATAL Error: /, ''));
  return new WarehouseBroken(`the warehouse has to be opened again: ${reason}`, { cause: error });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
