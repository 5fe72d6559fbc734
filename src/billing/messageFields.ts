import * as z from 'zod/mini';
import { wrongFields } from '../base/wrongFields.ts';

/**
 * The body is not a message that the copy queue knows. The same body will fail again. Consequence:
 * retries end in the dead-letter queue.
 */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/** S3 User Guide, Naming Amazon S3 objects: a key is at most 1,024 bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

export const optionalText = z.optional(z.string('must be a string'));

export const objectKey = z.string('must be a string').check(
  z.minLength(1, 'must not be empty'),
  z.refine((text) => Buffer.byteLength(text) <= MAX_KEY_BYTES, `must be at most ${MAX_KEY_BYTES} bytes of UTF-8`),
  z.refine((text) => text.isWellFormed(), 'must be well-formed Unicode'),
);

// General purpose buckets are stricter (3 to 63, lower case); old ones in us-east-1 could have all
// of this.
export const bucketName = z
  .string('must be a string')
  .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/, 'must be the name of a bucket'));

export const optionalSize = z.optional(
  z
    .number('must be a number of bytes')
    .check(z.refine((size) => Number.isSafeInteger(size) && size >= 0, 'must be a whole number of bytes')),
);

/**
 * Reads a (JSON-parsed) body by its schema; unknown fields are dropped. `what` is what it should
 * have been.
 *
 * Throws MalformedMessage, whose message names every wrong field and its value.
 */
export function readMessage<Schema extends z.ZodMiniType>(
  schema: Schema,
  body: unknown,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const wrong = wrongFields(parsed.error.issues, body, { whole: 'body' });
  throw new MalformedMessage(`not ${what}: ${wrong.join('; ')}`);
}
