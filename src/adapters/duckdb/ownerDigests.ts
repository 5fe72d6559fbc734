import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import type { Payer } from '../../billing/payer.ts';
import { monthOf, type Period, yearOf } from '../../billing/period.ts';
import { type OwnerDigests, ownerDigestsSql, parseOwnerDigests } from '../../warehouse/ownerDigest.ts';

/** What each owner's resources waste in some payers' month. */
export async function ownerDigestsOf(
  connection: DuckDBConnection,
  period: Period,
  payers: readonly Payer[],
): Promise<Map<Payer, OwnerDigests>> {
  const sql = ownerDigestsSql('cur_findings', 'year = $year and month = $month and payer in (select unnest($payers))');
  const values = { year: yearOf(period), month: monthOf(period), payers: listValue(payers) };
  const reader = await connection.runAndReadAll(sql, values, { payers: LIST(VARCHAR) });
  return parseOwnerDigests(payers, reader.getRowObjectsJS());
}
