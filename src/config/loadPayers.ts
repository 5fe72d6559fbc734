import { counted } from '../base/counted.ts';
import type { Moment } from '../base/moment.ts';
import type { Payer } from '../billing/payer.ts';
import type { PayerSource } from '../billing/source.ts';
import type { ConfigurationOrigin } from '../ledger/activity.ts';
import type { StoredConfiguration } from '../ledger/ledger.ts';
import type { Report } from '../telemetry/events.ts';
import type { PayersConfiguration } from './payers.ts';
import { payersInForce } from './payersInForce.ts';
import { type PayerRow, parsePayerRows, type WrongRow } from './payersTable.ts';

/**
 * Reads all rows of the payers table, as `payersTableQuery` asks for them. Throws when they cannot
 * be read.
 */
type ReadTable = () => Promise<readonly PayerRow[]>;

/** Where payers may be read from. `now` answers milliseconds since 1970. */
export interface PayersOrigins {
  /**
   * Reads the payers table; absent where none is configured: then the payers file is the
   * configuration, and all is well.
   */
  readonly readTable?: ReadTable | undefined;
  /** The ledger's copy. */
  readonly cached: () => Promise<StoredConfiguration | undefined>;
  /** The payers file. */
  readonly fallback: PayersConfiguration;
  readonly now: () => Moment;
  readonly report: Report;
}

/** The payers that count now, and where they are from. */
export interface LoadedPayers {
  readonly from: ConfigurationOrigin;
  readonly sources: readonly PayerSource[];
  /** When the table was read; absent for the payers file. */
  readonly readAt?: Moment;
  readonly wrongRows: readonly WrongRow[];
  /** Why it is not the table that counts, though there is one. */
  readonly why?: string;
  /** What the ledger's copy is to be from now on; absent when it stays as it is. */
  readonly toSave?: StoredConfiguration;
}

/**
 * Finds out whose reports arrive where:
 *
 *   no table is configured       the payers file; a copy that was saved while there was one no longer counts
 *   the table has right rows     these, and they are saved; each wrong row is reported and left out
 *   nobody is enabled in it      the copy that was saved last, else the payers file; said, and no alarm: nothing failed
 *   it cannot be read, or every  the same; retry at the next reading, with an alarm
 *   row that counts is wrong
 *
 * A table in which nobody is enabled is not believed: it is about to be filled, or was emptied by
 * mistake, and it would stop every payer. To stop them all for good, take the table out of the
 * configuration.
 *
 * Throws what `cached` throws: the caller works with the same ledger.
 */
export async function loadPayers(origins: PayersOrigins): Promise<LoadedPayers> {
  const { readTable, report } = origins;
  const loaded = readTable ? await loadTable(readTable, origins) : await loadFile(origins);
  report({ what: 'configuration-loaded', from: loaded.from, payers: payersOf(loaded.sources).size });
  return loaded;
}

/** A payer counts once, however many sources it has. */
export function payersOf(sources: readonly PayerSource[]): Set<Payer> {
  return new Set(sources.map(({ payer }) => payer));
}

async function loadFile({ cached, fallback, now }: PayersOrigins): Promise<LoadedPayers> {
  const { sources } = fallback;
  const file = { from: 'fallback', sources } as const;
  const isOutdated = payersInForce(await cached(), fallback).from === 'cache';
  return isOutdated ? { ...file, wrongRows: [], toSave: { ...file, readAt: now() } } : { ...file, wrongRows: [] };
}

async function loadTable(
  readTable: ReadTable,
  { cached, fallback, now, report }: PayersOrigins,
): Promise<LoadedPayers> {
  const read = await readRows(readTable);
  const { wrongRows } = read;
  for (const { row, reason } of wrongRows) report({ what: 'payer-row-wrong', row, reason });
  if (read.is === 'right') {
    const table = { from: 'table', sources: read.sources, readAt: now() } as const;
    return { ...table, wrongRows, toSave: table };
  }
  const earlier = payersInForce(await cached(), fallback);
  const { why } = read;
  if (read.is === 'empty') report({ what: 'configuration-empty', from: earlier.from, reason: why });
  else report({ what: 'configuration-fallback', from: earlier.from, reason: why });
  return { ...earlier, wrongRows, why };
}

type ReadRows =
  | { readonly is: 'right'; readonly sources: readonly PayerSource[]; readonly wrongRows: readonly WrongRow[] }
  | { readonly is: 'empty' | 'unusable'; readonly why: string; readonly wrongRows: readonly WrongRow[] };

async function readRows(readTable: ReadTable): Promise<ReadRows> {
  try {
    const rows = await readTable();
    const { sources, wrong: wrongRows } = parsePayerRows(rows);
    if (sources.length > 0) return { is: 'right', sources, wrongRows };
    if (wrongRows.length === 0) {
      const why = `the payers table is empty: none of its ${rows.length} rows is enabled`;
      return { is: 'empty', why, wrongRows };
    }
    const counts = `${counted(rows.length, 'row')}, ${wrongRows.length} of them wrong`;
    const why = `the payers table must have a right row that is enabled, got ${counts}`;
    return { is: 'unusable', why, wrongRows };
  } catch (error) {
    return { is: 'unusable', why: String(error), wrongRows: [] };
  }
}
