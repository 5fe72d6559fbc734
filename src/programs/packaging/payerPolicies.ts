import type { PayerSource } from '../../billing/source.ts';
import { MANAGED_POLICY_CHARACTERS } from './awsLimits.ts';
import { ACCOUNT_ID, AWS_PARTITION, URL_SUFFIX } from './pseudoParameters.ts';
import { splitToFit } from './splitToFit.ts';

/** An IAM policy. Its texts may hold CloudFormation's pseudo-parameters, for `Fn::Sub`. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** What the roles need at the payers' buckets: copy reads and lists, reconcile lists. */
export interface PayerPolicies {
  readonly copy: readonly PolicyDocument[];
  readonly reconcile: readonly PolicyDocument[];
  /** Attached to the roles of both. */
  readonly both: readonly PolicyDocument[];
}

/**
 * The policies that allow exactly the payers' prefixes, in buckets that still belong to the
 * accounts named: a bucket of that name that somebody else has made since is refused. As many as
 * IAM's limit of 6,144 characters a policy asks for.
 */
export function exactPolicies(sources: readonly PayerSource[]): PayerPolicies {
  const ordered = sources.toSorted((a, b) => compare(a.prefix, b.prefix) || compare(a.bucket, b.bucket));
  return { copy: policiesOf(ordered, readPolicy), reconcile: [], both: policiesOf(ordered, listPolicy) };
}

/** As few policies as hold all items, in their order, each as long as IAM allows. */
export function policiesOf<Item>(
  items: readonly Item[],
  build: (part: readonly Item[]) => PolicyDocument,
): PolicyDocument[] {
  return splitToFit(items, (part) => policyCharacters(build(part)), MANAGED_POLICY_CHARACTERS).map(build);
}

/**
 * A policy's size as IAM counts it, with the longest values that the pseudo-parameters have in any
 * of AWS's partitions. Every character counts here, though IAM leaves whitespace out: a prefix may
 * hold some.
 */
export function policyCharacters(document: PolicyDocument): number {
  return JSON.stringify(document)
    .replaceAll(AWS_PARTITION, 'aws-us-gov')
    .replaceAll(ACCOUNT_ID, '000000000000')
    .replaceAll(URL_SUFFIX, 'amazonaws.com.cn').length;
}

/** A key may be used for what S3 reads with it, and for nothing else. */
export const VIA_S3 = { 'kms:ViaService': [`s3.*.${URL_SUFFIX}`] };

function readPolicy(sources: readonly PayerSource[]): PolicyDocument {
  const objects: PolicyStatement = {
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:GetObjectVersion'],
    Resource: unique(sources.map(({ bucket, prefix }) => `${bucketArn(bucket)}/${prefix && `${prefix}/`}*`)),
    Condition: { StringEquals: { 'aws:ResourceAccount': ownersOf(sources) } },
  };
  const keys = unique(sources.flatMap(({ kmsKey }) => kmsKey ?? []));
  const decrypt: PolicyStatement = {
    Effect: 'Allow',
    Action: ['kms:Decrypt'],
    Resource: keys,
    Condition: { StringLike: VIA_S3 },
  };
  return { Version: '2012-10-17', Statement: keys.length === 0 ? [objects] : [objects, decrypt] };
}

/**
 * One statement for each prefix, so that no bucket may be listed under another one's. Beside
 * listing, this lets S3 say that an object is gone (404 and not 403): it asks for the right to list
 * with the object's key for a prefix.
 */
function listPolicy(sources: readonly PayerSource[]): PolicyDocument {
  const prefixes = unique(sources.map(({ prefix }) => prefix));
  const statements = prefixes.map((prefix): PolicyStatement => {
    const below = sources.filter((source) => source.prefix === prefix);
    const owned = { StringEquals: { 'aws:ResourceAccount': ownersOf(below) } };
    return {
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: unique(below.map(({ bucket }) => bucketArn(bucket))),
      Condition: prefix === '' ? owned : { ...owned, StringLike: { 's3:prefix': [`${prefix}/*`] } },
    };
  });
  return { Version: '2012-10-17', Statement: statements };
}

function ownersOf(sources: readonly PayerSource[]): string[] {
  return unique(sources.map(({ bucketOwner }) => (bucketOwner === 'self' ? ACCOUNT_ID : bucketOwner)));
}

function bucketArn(bucket: string): string {
  return `arn:${AWS_PARTITION}:s3:::${bucket}`;
}

export function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
