/**
 * IAM User Guide, IAM and AWS STS quotas: the size of one managed policy, whitespace not counted.
 */
export const MANAGED_POLICY_CHARACTERS = 6144;

/**
 * IAM User Guide, IAM and AWS STS quotas: managed policies attached to one role, unless AWS has
 * raised it.
 */
export const MANAGED_POLICIES_PER_ROLE = 10;

/** Amazon EventBridge User Guide, Quotas: the size of one rule's event pattern. */
export const EVENT_PATTERN_CHARACTERS = 2048;

/** Amazon EventBridge User Guide, Quotas: the size of a bus's policy. */
export const EVENT_BUS_POLICY_CHARACTERS = 10_240;

/**
 * Amazon EventBridge User Guide, Wildcard matching in event patterns: rules of one bus that use
 * wildcards.
 */
export const WILDCARD_RULES_PER_BUS = 30;
