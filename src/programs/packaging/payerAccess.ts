import { counted } from '../../base/counted.ts';
import type { PayerSource } from '../../billing/source.ts';
import { MANAGED_POLICIES_PER_ROLE } from './awsLimits.ts';
import { accountPolicies, organizationPolicies, withWholeOwnBuckets } from './compactPolicies.ts';
import { exactPolicies, type PayerPolicies } from './payerPolicies.ts';

/** How a stage's policies name what the roles may read at the payers. */
export interface AccessChoice {
  /** Empty where the stage names none. */
  readonly organizationId: string;
  /**
   * `exact`: the payers' prefixes while these fit, else something compact. `organization`: always
   * the organization.
   */
  readonly payerAccess: 'exact' | 'organization';
}

/** The policies of a stage, and what whoever packages it should know of them. */
interface PayerAccess {
  readonly policies: PayerPolicies;
  /**
   * A sentence where the policies allow more than the payers' prefixes; absent where they are
   * exact.
   */
  readonly notice?: string;
}

/**
 * The narrowest policies that IAM attaches to a role: the payers' prefixes; or their organization,
 * where one is named, or else their accounts; with whole buckets of this account in place of
 * prefixes as the last resort.
 *
 * Throws a RangeError when not even these fit.
 */
export function payerAccess(sources: readonly PayerSource[], choice: AccessChoice): PayerAccess {
  const exact = exactPolicies(sources);
  if (choice.payerAccess === 'exact' && mostAttached(exact) <= MANAGED_POLICIES_PER_ROLE) return { policies: exact };
  const { organizationId } = choice;
  const compact = (some: readonly PayerSource[]) =>
    organizationId === '' ? accountPolicies(some) : organizationPolicies(some, organizationId);
  const [narrow, wide] = [compact(sources), compact(withWholeOwnBuckets(sources))];
  const policies = [narrow, wide].find((some) => mostAttached(some) <= MANAGED_POLICIES_PER_ROLE);
  if (!policies) {
    throw new RangeError(
      `${tooMany(sources, exact)}, and ${mostAttached(wide)} that name ${whose(sources, organizationId)}: ` +
        `${organizationId === '' ? 'set organizationId, or split' : 'split'} the payers over two stages`,
    );
  }
  const why = choice.payerAccess === 'organization' ? 'payerAccess is "organization"' : tooMany(sources, exact);
  const own = policies === wide ? "; in this account, the payers' buckets as a whole" : '';
  return {
    policies,
    notice: `the roles may read every bucket of ${whose(sources, organizationId)} whose policy lets them in${own} (${why})`,
  };
}

/** How many managed policies the role with the most of them carries. */
function mostAttached({ copy, reconcile, both }: PayerPolicies): number {
  return Math.max(copy.length, reconcile.length) + both.length;
}

function tooMany(sources: readonly PayerSource[], exact: PayerPolicies): string {
  const policies = counted(mostAttached(exact), 'exact policy', 'exact policies');
  return `${counted(sources.length, 'entry needs', 'entries need')} ${policies}, and IAM attaches ${MANAGED_POLICIES_PER_ROLE} to a role`;
}

function whose(sources: readonly PayerSource[], organizationId: string): string {
  if (organizationId !== '') return `organization ${organizationId}`;
  const owners = new Set(sources.map(({ bucketOwner }) => bucketOwner));
  owners.delete('self');
  return counted(owners.size, 'account', 'accounts');
}
