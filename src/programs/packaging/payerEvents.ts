import { quoteValue } from '../../base/printable.ts';
import type { PayerSource } from '../../billing/source.ts';
import { EVENT_BUS_POLICY_CHARACTERS, EVENT_PATTERN_CHARACTERS, WILDCARD_RULES_PER_BUS } from './awsLimits.ts';
import { AWS_PARTITION } from './pseudoParameters.ts';
import { splitToFit } from './splitToFit.ts';

/**
 * What a rule lets through (Amazon EventBridge User Guide, Event patterns). Values of one list are
 * ORed.
 */
interface EventPattern {
  readonly source: readonly string[];
  readonly 'detail-type': readonly string[];
  readonly detail: {
    readonly bucket: { readonly name: readonly string[] };
    readonly object: { readonly key: readonly { readonly wildcard: string }[] };
  };
}

/** Files and manifests go to queues of their own: what each rule lets through. */
interface OwnBucketPatterns {
  readonly files: readonly EventPattern[];
  readonly manifests: readonly EventPattern[];
}

/**
 * The patterns of the rules on the default bus, where the events of this account's own buckets
 * arrive: none when no payer's bucket is here, several when the names are more than one pattern may
 * hold.
 *
 * Throws a RangeError when they are more than a bus may have rules with wildcards.
 */
export function ownBucketPatterns(sources: readonly PayerSource[]): OwnBucketPatterns {
  const own = sources.filter(({ bucketOwner }) => bucketOwner === 'self');
  const buckets = [...new Set(own.map(({ bucket }) => bucket))].sort();
  // The longer of the two decides, so that both have the same buckets.
  const sizeOf = (names: readonly string[]) => JSON.stringify(patternOf(names, MANIFESTS)).length;
  const groups = splitToFit(buckets, sizeOf, EVENT_PATTERN_CHARACTERS);
  const rules = 2 * groups.length;
  if (rules > WILDCARD_RULES_PER_BUS) {
    throw new RangeError(
      `${buckets.length} buckets of this account need ${rules} rules on its default bus, ` +
        `and EventBridge allows ${WILDCARD_RULES_PER_BUS} with wildcards on one bus: split the payers over two accounts`,
    );
  }
  return {
    files: groups.map((names) => patternOf(names, FILES)),
    manifests: groups.map((names) => patternOf(names, MANIFESTS)),
  };
}

const FILES = '*.parquet';
const MANIFESTS = '*-Manifest.json';

function patternOf(buckets: readonly string[], wildcard: string): EventPattern {
  return {
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
    detail: {
      bucket: { name: buckets },
      object: { key: [{ wildcard }] },
    },
  };
}

/** A statement of the central bus's policy, but for its Resource, which is the bus. */
interface SendersStatement {
  readonly Effect: 'Allow';
  readonly Principal: '*' | { readonly AWS: readonly string[] };
  readonly Action: 'events:PutEvents';
  readonly Condition?: { readonly StringEquals: Readonly<Record<string, string | readonly string[]>> };
}

/** The longest ARN of a bus, in characters: partition, region, account and a name of 256. */
const BUS_ARN_CHARACTERS = 330;

/**
 * Who may send events to the central bus: the whole organization when its id is given, else the
 * accounts that own the payers' buckets, by their ARNs or, where these are too long, by their
 * numbers. Undefined when all buckets are this account's own: nobody sends then.
 *
 * Throws a RangeError when it is not an account id, or the accounts are more than a bus's policy
 * may name.
 */
export function sendersStatement(
  sources: readonly PayerSource[],
  organizationId: string,
): SendersStatement | undefined {
  if (organizationId !== '') {
    // AWS Organizations API Reference, Organization.
    if (!/^o-[a-z0-9]{10,32}$/.test(organizationId)) {
      throw new RangeError(
        `organizationId must be o- and 10 to 32 letters or digits, got ${quoteValue(organizationId)}`,
      );
    }
    return sendersWhere({ 'aws:PrincipalOrgID': organizationId });
  }
  const owners = new Set(sources.map(({ bucketOwner }) => bucketOwner));
  owners.delete('self');
  if (owners.size === 0) return undefined;
  const accounts = [...owners].sort();
  const named: SendersStatement = { ...SENDING, Principal: { AWS: accounts.map(rootArn) } };
  const numbered = sendersWhere({ 'aws:PrincipalAccount': accounts });
  const fitting = [named, numbered].find((statement) => charactersOf(statement) <= EVENT_BUS_POLICY_CHARACTERS);
  if (fitting) return fitting;
  throw new RangeError(
    `${owners.size} accounts make the central bus's policy ${charactersOf(numbered)} characters long, ` +
      `and EventBridge allows ${EVENT_BUS_POLICY_CHARACTERS}: set organizationId, so that it names the organization`,
  );
}

const SENDING = { Effect: 'Allow', Action: 'events:PutEvents' } as const;

function sendersWhere(StringEquals: Readonly<Record<string, string | readonly string[]>>): SendersStatement {
  return { ...SENDING, Principal: '*', Condition: { StringEquals } };
}

function rootArn(account: string): string {
  return `arn:${AWS_PARTITION}:iam::${account}:root`;
}

function charactersOf(statement: SendersStatement): number {
  return JSON.stringify(statement).length + BUS_ARN_CHARACTERS;
}
