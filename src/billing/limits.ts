/**
 * What one payer may ask of the reactor. Whoever can write into a payer's bucket decides what lies
 * there: what is larger than any report is refused for this payer, with a reason, before it costs
 * the others anything.
 */

/**
 * A column takes about 160 bytes of a footer for each row group, which has a million rows: this is
 * room for 200 columns in 60 row groups.
 */
export const MAX_FOOTER_BYTES = 2 * 1024 * 1024;

/** Reports have some hundred columns; with a column per tag, up to two thousand. */
export const MAX_COLUMNS = 4_000;

/** Characters of a column's name: what Snowflake takes (Identifier requirements). */
export const MAX_NAME_CHARACTERS = 255;

/** At a million rows a file, a month of 20 billion line items. */
export const MAX_MANIFEST_FILES = 20_000;

/** The manifest of 20,000 files takes about 6 MB; what is larger is no manifest. */
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** Nothing but a report's files lies in its folder: so many objects are looked through at most. */
export const MAX_LISTED_OBJECTS = 100_000;

/**
 * What a payer may send within an hour: files of two and a half of the largest deliveries, and far
 * more manifests than AWS writes. Of what cannot be read, a hundred messages say as much as
 * thousands.
 */
export const HOURLY_LIMITS = { files: 50_000, manifests: 500, 'quarantine-messages': 100 } as const;
