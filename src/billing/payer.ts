/**
 * The AWS account whose bill is exported: 12 digits. Only {@link parsePayer} makes one, so a
 * `Payer` is always valid.
 */
export type Payer = string & { readonly payer: unique symbol };

/** Reads a 12-digit account id. Throws a RangeError that names the value. */
export function parsePayer(text: string): Payer {
  if (!/^\d{12}$/.test(text)) {
    throw new RangeError(`payer must be a 12-digit AWS account id, got ${JSON.stringify(text)}`);
  }
  return text as Payer;
}
