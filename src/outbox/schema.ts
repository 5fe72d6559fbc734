import * as z from 'zod/mini';

/**
 * The version of all bodies. A field that is added does not change it; one that goes, or says
 * something else, does.
 */
export const SCHEMA = 'cur-reactor/1';

const payer = z.string().check(z.regex(/^\d{12}$/));
const period = z.string().check(z.regex(/^\d{4}-\d{2}$/));
const moment = z.iso.datetime({ precision: 3 });
const count = z.int().check(z.nonnegative());
const hours = z.number().check(z.nonnegative());
const text = z.string();

/** What every body has. `id` is the message's own, `at` when it happened. */
const envelope = {
  schema: z.literal(SCHEMA),
  id: text,
  stage: text,
  at: moment,
  correlationId: z.optional(text),
};
const ofPartition = { ...envelope, payer, period };
const ofPayer = { ...envelope, payer };

/**
 * A bill has one currency as a rule; null where no row says one. A cost is null where no row of
 * that currency has one.
 */
const currency = z.nullable(text);
const cost = z.strictObject({ currency, cost: z.nullable(z.number()) });
/** One check's findings in a month and currency: how many, and what acting on them would save. */
const finding = z.strictObject({ check: text, currency, count, estimatedSaving: z.number() });
const amount = z.nullable(z.number());
/** Null where no saving can be said. A whole month's is the second. */
const saving = { currency, estimatedSaving: amount, wholeMonthSaving: amount };
const ownedFinding = z.strictObject({
  check: text,
  title: z.nullable(text),
  account: text,
  accountName: z.nullable(text),
  region: z.nullable(text),
  resource: text,
  evidence: z.nullable(text),
  ...saving,
});

/** A check without an answer for a month, because its report lacks what the check reads. */
const unknownCheck = z.strictObject({ check: text, reason: text });

/**
 * The body of each message, by its `what`. Times are ISO 8601 in UTC. Strings from outside are
 * printable and cut. The table in resources/MESSAGES.md says the same, and a test compares both.
 */
export const BODIES = {
  finalized: z.strictObject({
    ...ofPartition,
    what: z.literal('finalized'),
    files: count,
    rows: count,
    costs: z.array(cost),
    asOf: moment,
    deliveryId: z.optional(text),
    findings: z.array(finding),
    findingsLeftOut: count,
    checksFailed: z.array(text),
    checksUnknown: z.array(unknownCheck),
    owners: z.optional(z.strictObject({ notified: count, leftOut: count })),
  }),
  owner: z.strictObject({
    ...ofPartition,
    what: z.literal('owner'),
    owner: text,
    findings: count,
    savings: z.array(z.strictObject(saving)),
    largest: z.array(ownedFinding),
    leftOut: count,
    belowThreshold: count,
    threshold: z.number(),
  }),
  'analytics-failed': z.strictObject({
    ...ofPartition,
    what: z.literal('analytics-failed'),
    attempts: count,
    statement: z.optional(count),
    code: z.optional(text),
    message: text,
    queryId: z.optional(text),
  }),
  'verification-failed': z.strictObject({
    ...ofPartition,
    what: z.literal('verification-failed'),
    reason: text,
    attempts: count,
  }),
  quarantined: z.strictObject({
    ...ofPartition,
    what: z.literal('quarantined'),
    bucket: text,
    key: text,
    reason: text,
  }),
  'reports-undecided': z.strictObject({
    ...ofPartition,
    what: z.literal('reports-undecided'),
    report: text,
    otherReports: z.array(text),
  }),
  unreadable: z.strictObject({
    ...ofPayer,
    what: z.literal('unreadable'),
    bucket: text,
    prefix: text,
    reason: text,
  }),
  stale: z.strictObject({
    ...ofPayer,
    what: z.literal('stale'),
    hours,
    lastDelivery: z.nullable(moment),
    limitHours: hours,
  }),
  reconciled: z.strictObject({
    ...envelope,
    what: z.literal('reconciled'),
    periods: z.array(period),
    partitions: count,
    upToDate: count,
    stale: count,
    missing: count,
    quarantined: count,
    queued: count,
    unreadable: count,
    ticks: count,
    configuration: z.enum(['table', 'cache', 'fallback']),
    wrongRows: count,
  }),
} as const;

export type What = keyof typeof BODIES;

/** The body of one kind of message. */
export type Body<Kind extends What> = z.output<(typeof BODIES)[Kind]>;

export type Cost = z.output<typeof cost>;
export type FindingTotal = z.output<typeof finding>;
export type UnknownCheck = z.output<typeof unknownCheck>;
