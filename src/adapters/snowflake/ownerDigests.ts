import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import { type OwnerDigests, ownerDigestsSql, parseOwnerDigests } from '../../warehouse/ownerDigest.ts';
import type { SnowflakeNames } from './names.ts';
import { ofMonth } from './ofMonth.ts';
import type { Statements } from './statements.ts';

/** What each owner's resources waste in some payers' month. Throws what the session throws. */
export async function ownerDigestsOf(
  session: Statements,
  names: SnowflakeNames,
  period: Period,
  payers: readonly Payer[],
): Promise<Map<Payer, OwnerDigests>> {
  if (payers.length === 0) return new Map();
  return parseOwnerDigests(payers, await session.run(ownerDigestsSql(names.findings, ofMonth(period, payers))));
}
