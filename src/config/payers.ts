import * as z from 'zod/mini';
import { quoteValue } from '../base/printable.ts';
import { fieldName, wrongFields } from '../base/wrongFields.ts';
import { parsePayer } from '../billing/payer.ts';
import type { PayerSource } from '../billing/source.ts';

/** A payers file, read and found right. */
export interface PayersConfiguration {
  readonly sources: readonly PayerSource[];
}

/** The payers file is wrong. Consequence: packaging stops, and what is deployed stays as it is. */
export class PayersInvalid extends Error {
  override readonly name = 'PayersInvalid';
  /** A sentence for each thing that is wrong. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`wrong payers: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

const MAX_PREFIX_CHARACTERS = 512;

/** Fields are called `payers[2].bucket`: entries count from 0, as in YAML's own tools. */
const WORDING = {
  whole: 'payers',
  nameOf: (path: readonly PropertyKey[]) => `payers${fieldName(path)}`,
  unknown: 'is an unknown field of a payer',
};

const accountId = z
  .string('must be 12 digits in quotes (without them YAML reads a number, and leading zeros are lost)')
  .check(z.regex(/^\d{12}$/, 'must be an AWS account id of 12 digits'));

const bucketOwner = z
  .string('must be an AWS account id of 12 digits in quotes, or self')
  .check(z.regex(/^(\d{12}|self)$/, 'must be an AWS account id of 12 digits, or self'));

// Amazon S3 User Guide, General purpose bucket naming rules. Older names, with capitals, cannot be
// reached by host name.
const bucketName = z
  .string('must be a string')
  .check(
    z.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket, without s3:// and without a path'),
  );

// What IAM policies and event patterns would read as something else (* ? $ { } \ ") cannot stand
// here.
const prefix = z.string('must be a string').check(
  z.regex(/^[A-Za-z0-9!_.'()=:+,@~/ -]*$/, "must hold only letters, digits and ! _ . ' ( ) = : + , @ ~ / - and spaces"),
  z.refine((text) => !/^\/|\/$/.test(text), 'must not begin or end with a slash'),
  z.maxLength(MAX_PREFIX_CHARACTERS, `must be at most ${MAX_PREFIX_CHARACTERS} characters`),
);

const report = prefix.check(z.minLength(1, 'must not be empty'));

// An alias will not do: policies name keys (AWS KMS Developer Guide, Specifying KMS keys in IAM
// policy statements).
const kmsKey = z
  .string('must be a string')
  .check(
    z.regex(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
      'must be the ARN of a KMS key, not of an alias',
    ),
  );

/** One entry of a payers file, and what a row of the payers table says. */
export const payerEntry = z.strictObject(
  {
    payer: accountId,
    bucket: bucketName,
    prefix: z.optional(prefix),
    bucketOwner: z.optional(bucketOwner),
    kmsKey: z.optional(kmsKey),
    manifests: z.optional(z.boolean('must be true or false')),
    report: z.optional(report),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'must be a payer with its fields' : undefined) },
);

const file = z.array(payerEntry, 'must be a list of payers').check(z.minLength(1, 'must name a payer'));

export type PayerEntry = z.output<typeof payerEntry>;

/**
 * Reads a payers file, parsed from YAML: a list of entries with `payer`, `bucket` and, where it is
 * not the default, `prefix` (the whole bucket), `bucketOwner` (the payer), `kmsKey` (none),
 * `manifests` (true) and `report` (the first that arrives). A payer may have several entries, and
 * prefixes may lie within each other: the longest that fits a key counts.
 *
 * Throws PayersInvalid, whose message names every wrong, missing, unknown or doubled field with its
 * value.
 */
export function parsePayers(document: unknown): PayersConfiguration {
  const parsed = file.safeParse(document);
  if (!parsed.success) throw new PayersInvalid(wrongFields(parsed.error.issues, document, WORDING));
  const clashes = [...doubledPlaces(parsed.data), ...otherOwners(parsed.data)];
  if (clashes.length > 0) throw new PayersInvalid(clashes);
  return { sources: parsed.data.map(payerSourceOf) };
}

/** The source that an entry speaks of, with its defaults. */
export function payerSourceOf({
  payer,
  bucket,
  prefix,
  bucketOwner,
  kmsKey,
  manifests,
  report,
}: PayerEntry): PayerSource {
  return {
    payer: parsePayer(payer),
    bucket,
    prefix: prefix ?? '',
    manifests: manifests ?? true,
    bucketOwner: bucketOwner ?? payer,
    kmsKey,
    report,
  };
}

function doubledPlaces(entries: readonly PayerEntry[]): string[] {
  const first = new Map<string, number>();
  return entries.flatMap(({ bucket, prefix = '' }, index) => {
    const place = `${bucket}/${prefix}`;
    const before = first.get(place);
    if (before === undefined) {
      first.set(place, index);
      return [];
    }
    return [`payers[${index}].bucket and prefix must differ from those of payers[${before}], got ${quoteValue(place)}`];
  });
}

function otherOwners(entries: readonly PayerEntry[]): string[] {
  const first = new Map<string, { index: number; owner: string }>();
  return entries.flatMap(({ bucket, payer, bucketOwner: owner = payer }, index) => {
    const before = first.get(bucket);
    if (before === undefined) first.set(bucket, { index, owner });
    if (before === undefined || before.owner === owner) return [];
    const same = `payers[${index}].bucketOwner must be that of payers[${before.index}], ${before.owner}`;
    return [`${same}: it is the same bucket, got ${quoteValue(owner)}`];
  });
}
