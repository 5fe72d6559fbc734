import type { PayerSource } from '../../billing/source.ts';
import {
  exactPolicies,
  type PayerPolicies,
  type PolicyStatement,
  policiesOf,
  unique,
  VIA_S3,
} from './payerPolicies.ts';
import { ACCOUNT_ID, AWS_PARTITION } from './pseudoParameters.ts';

type Condition = PolicyStatement['Condition'];

const READING = ['s3:GetObject', 's3:GetObjectVersion'];
const LISTING = ['s3:ListBucket'];
const EVERY_BUCKET = `arn:${AWS_PARTITION}:s3:::*`;
const EVERY_OBJECT = `arn:${AWS_PARTITION}:s3:::*/*`;
const EVERY_KEY = `arn:${AWS_PARTITION}:kms:*:*:key/*`;

/**
 * Policies that name an organization in place of buckets: a payer that joins it needs no new ones.
 * What a role may read is then up to the buckets' own policies. Inside one account a role needs no
 * bucket policy, so this account is left out, and its own buckets are named as ever.
 */
export function organizationPolicies(sources: readonly PayerSource[], organizationId: string): PayerPolicies {
  const inOrganization: Condition = {
    StringEquals: { 'aws:ResourceOrgID': [organizationId] },
    StringNotEquals: { 'aws:ResourceAccount': [ACCOUNT_ID] },
  };
  const own = exactPolicies(sources.filter(isOwn));
  const read = document(
    allow(READING, EVERY_OBJECT, inOrganization),
    allow(['kms:Decrypt'], EVERY_KEY, { ...inOrganization, StringLike: VIA_S3 }),
  );
  const list = document(allow(LISTING, EVERY_BUCKET, inOrganization));
  return { copy: [read, ...own.copy], reconcile: [], both: [list, ...own.both] };
}

/**
 * Policies that name the accounts of the payers' buckets in place of the buckets, for payers who
 * share no organization. As with an organization, what a role may read is up to the buckets' own
 * policies.
 */
export function accountPolicies(sources: readonly PayerSource[]): PayerPolicies {
  const others = sources.filter((source) => !isOwn(source));
  const owned = (accounts: readonly string[]) => ({ StringEquals: { 'aws:ResourceAccount': accounts } });
  const accounts = sorted(others.map(({ bucketOwner }) => bucketOwner));
  const keyAccounts = sorted(others.flatMap(({ kmsKey }) => kmsKey?.split(':')[4] ?? []));
  const own = exactPolicies(sources.filter(isOwn));
  return {
    // One list of accounts for both: two would need twice as many policies. EVERY_BUCKET has the
    // objects in it, too.
    copy: [
      ...policiesOf(accounts, (part) => document(allow([...READING, ...LISTING], EVERY_BUCKET, owned(part)))),
      ...policiesOf(keyAccounts, (part) =>
        document(allow(['kms:Decrypt'], EVERY_KEY, { ...owned(part), StringLike: VIA_S3 })),
      ),
      ...own.copy,
    ],
    reconcile: policiesOf(accounts, (part) => document(allow(LISTING, EVERY_BUCKET, owned(part)))),
    both: own.both,
  };
}

/**
 * The same sources with this account's own buckets as wholes: of one bucket with many prefixes, one
 * entry is left.
 */
export function withWholeOwnBuckets(sources: readonly PayerSource[]): PayerSource[] {
  const places = new Map(
    sources.map((source) => {
      const place = isOwn(source) ? { ...source, prefix: '' } : source;
      return [`${place.bucket}/${place.prefix} ${place.kmsKey ?? ''}`, place];
    }),
  );
  return [...places.values()];
}

function isOwn({ bucketOwner }: PayerSource): boolean {
  return bucketOwner === 'self';
}

function sorted(texts: readonly string[]): string[] {
  return unique(texts).sort();
}

function allow(Action: readonly string[], resource: string, Condition: Condition): PolicyStatement {
  return { Effect: 'Allow', Action, Resource: [resource], Condition };
}

function document(...Statement: readonly PolicyStatement[]) {
  return { Version: '2012-10-17', Statement } as const;
}
