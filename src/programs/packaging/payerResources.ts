import type { PayersConfiguration } from '../../config/payers.ts';
import { type AccessChoice, payerAccess } from './payerAccess.ts';
import { ownBucketPatterns, sendersStatement } from './payerEvents.ts';
import type { PolicyDocument } from './payerPolicies.ts';
import { CENTRAL_RULES, type EventRule, ownBucketRules } from './stackParts.ts';

/** CloudFormation resources by their logical ids. */
type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties: object }>>;

/** What of the stack follows from who the payers are. */
export interface PayerResources {
  readonly resources: Resources;
  /** The managed policies of the copy function's role. */
  readonly copyPolicies: readonly object[];
  readonly reconcilePolicies: readonly object[];
  /**
   * The ARNs of every rule that sends to the copy or the manifest queue: the central bus's own, and
   * those made here.
   */
  readonly ruleArns: readonly object[];
  /** These rules. */
  readonly rules: readonly EventRule[];
  /** What whoever packages should know: where the policies allow more than the payers' prefixes. */
  readonly notices: readonly string[];
}

/**
 * The resources that are made of the payers file: policies for their buckets, rules for those that
 * lie in this account, and who may send to the central bus. `stageName` is what the stack's names
 * begin with. They refer to `CentralBus`, the rules on it, `CopyQueue`, `ManifestQueue` and
 * `UndeliveredQueue`.
 *
 * Throws a RangeError, naming the limit, when AWS does not allow so many payers.
 */
export function payerResources(
  { sources }: PayersConfiguration,
  choice: AccessChoice,
  stageName: string,
): PayerResources {
  const { policies, notice } = payerAccess(sources, choice);
  const reads = numbered('PayerReads', policies.copy.map(managedPolicy));
  const listings = numbered('PayerListings', policies.both.map(managedPolicy));
  const accountListings = numbered('AccountListings', policies.reconcile.map(managedPolicy));
  const patterns = ownBucketPatterns(sources);
  const ownRules = ownBucketRules(patterns.files.length);
  const targets = [
    ...patterns.files.map((pattern) => ({ pattern, id: 'copy-queue', queue: 'CopyQueue' })),
    ...patterns.manifests.map((pattern) => ({ pattern, id: 'manifest-queue', queue: 'ManifestQueue' })),
  ];
  const own = Object.fromEntries(
    ownRules.map(({ id, name }, index) => [id, ownBucketsRule(`${stageName}-${name}`, targets[index])]),
  );
  const rules = [...CENTRAL_RULES, ...ownRules];
  const senders = sendersStatement(sources, choice.organizationId);
  const busPolicy = senders && {
    CentralBusPolicy: {
      Type: 'AWS::Events::EventBusPolicy',
      Properties: {
        EventBusName: { 'Fn::GetAtt': ['CentralBus', 'Name'] },
        StatementId: 'payers',
        Statement: substituted({ ...senders, Resource: { 'Fn::GetAtt': ['CentralBus', 'Arn'] } }),
      },
    },
  };
  return {
    resources: { ...reads, ...listings, ...accountListings, ...own, ...busPolicy },
    copyPolicies: [...refs(reads), ...refs(listings)],
    reconcilePolicies: [...refs(accountListings), ...refs(listings)],
    ruleArns: rules.map(({ id }) => ({ 'Fn::GetAtt': [id, 'Arn'] })),
    rules,
    notices: notice === undefined ? [] : [notice],
  };
}

function managedPolicy(document: PolicyDocument) {
  return { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: substituted(document) } };
}

interface OwnBucketsTarget {
  readonly pattern: object;
  readonly id: string;
  readonly queue: string;
}

/**
 * On the default bus: S3's events go nowhere else. An event that cannot be delivered within a day
 * is kept.
 */
function ownBucketsRule(name: string, to: OwnBucketsTarget | undefined) {
  const target = {
    Id: to?.id,
    Arn: { 'Fn::GetAtt': [to?.queue, 'Arn'] },
    // As in resources/events.yml.
    SqsParameters: { MessageGroupId: '$.account' },
    DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] } },
    RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
  };
  return { Type: 'AWS::Events::Rule', Properties: { Name: name, EventPattern: to?.pattern, Targets: [target] } };
}

function numbered<Item>(name: string, items: readonly Item[]): Record<string, Item> {
  return Object.fromEntries(items.map((item, index) => [`${name}${index + 1}`, item]));
}

function refs(resources: Resources): object[] {
  return Object.keys(resources).map((id) => ({ Ref: id }));
}

/** The same with every text that holds a pseudo-parameter under `Fn::Sub`. */
function substituted(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('${') ? { 'Fn::Sub': value } : value;
  if (Array.isArray(value)) return value.map(substituted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, substituted(part)]));
}
