import * as z from 'zod/mini';
import { quoteValue } from '../base/printable.ts';
import { wrongFields } from '../base/wrongFields.ts';
import { whyNotBill } from './costReport.ts';
import { jsonDepth } from './jsonDepth.ts';
import { classifyKey, monthRange } from './layout.ts';
import type { Period } from './period.ts';

/**
 * What a delivery says of itself: these files, in the manifest's own bucket, are one refresh of one
 * period.
 */
export interface Manifest {
  /** Data Exports' executionId, legacy's assemblyId: new with every refresh. */
  readonly executionId: string;
  readonly period: Period;
  /** The raw keys of the data files: at least one, each once, in the manifest's order. */
  readonly keys: string[];
}

/**
 * The manifest cannot be used, and will not be better when it is read again. Consequence: the
 * delivery is not complete until another manifest comes.
 */
export class ManifestInvalid extends Error {
  override readonly name = 'ManifestInvalid';
}

/**
 * The manifest is in order, and its export is no part of a bill. Consequence: it is set aside, and
 * no delivery comes of it.
 */
export class ManifestNotBill extends Error {
  override readonly name = 'ManifestNotBill';
}

/** The manifest of 10,000 files takes about 3 MB; what is larger is no manifest. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
/** Manifests nest three levels deep. */
const MAX_DEPTH = 16;
/** At a million rows a file, a month of 50 billion line items. */
const MAX_FILES = 50_000;
/** The files of a delivery lie in one folder; each folder costs a listing. */
const MAX_FOLDERS = 4;

const text = z.string('must be a string');
const filledText = text.check(z.minLength(1, 'must not be empty'));
const listOfTexts = z.array(text, 'must be a list').check(z.minLength(1, 'must name a file'));

/**
 * AWS Data Exports User Guide, Understanding export delivery. `dataFiles` are whole `s3://` URIs.
 */
const exportManifest = z.object({
  executionId: filledText,
  dataFiles: listOfTexts,
  columns: z.optional(z.array(z.object({ name: text }, 'must be an object'), 'must be a list')),
});

/** AWS Cost and Usage Reports User Guide, manifest files. `reportKeys` are keys in `bucket`. */
const legacyManifest = z.object({
  assemblyId: filledText,
  bucket: filledText,
  billingPeriod: z.object({ start: text, end: text }, 'must be an object'),
  reportKeys: listOfTexts,
});

const objectOfAnything = z.record(z.string(), z.unknown());

/**
 * Reads the manifest of a Data Exports or a legacy delivery. `at` is where it lies: its key names
 * the period, because Data Exports' manifest itself does not.
 *
 * Throws ManifestInvalid, whose message names the field and its value, unless every file lies in
 * the manifest's own bucket and is data of its period; and ManifestNotBill for an export whose
 * columns make no bill.
 */
export function parseManifest(json: string, at: { bucket: string; key: string }): Manifest {
  const place = classifyKey(at.key);
  if (place.kind !== 'manifest') throw new ManifestInvalid(`key is not a manifest's, got ${quoteValue(at.key)}`);
  const { period } = place;
  const document = readObject(json);

  if ('dataFiles' in document) {
    const { executionId, dataFiles, columns = [] } = check(exportManifest, document);
    const reason = columns.length > 0 ? whyNotBill(columns.map(({ name }) => name)) : undefined;
    if (reason !== undefined) throw new ManifestNotBill(reason);
    const keys = dataFiles.map((uri, index) => keyOfUri(uri, `dataFiles[${index}]`, at.bucket));
    return { executionId, period, keys: dataKeys(keys, 'dataFiles', period) };
  }
  if ('reportKeys' in document) {
    const { assemblyId, bucket, billingPeriod, reportKeys } = check(legacyManifest, document);
    if (bucket !== at.bucket) throw new ManifestInvalid(otherBucket('bucket', bucket, at.bucket));
    checkBillingPeriod(billingPeriod, period);
    return { executionId: assemblyId, period, keys: dataKeys(reportKeys, 'reportKeys', period) };
  }
  throw new ManifestInvalid(`neither dataFiles nor reportKeys, got ${quoteValue(document)}`);
}

function readObject(json: string): Record<string, unknown> {
  let document: unknown;
  if (jsonDepth(json, MAX_DEPTH + 1) > MAX_DEPTH) {
    throw new ManifestInvalid(`nested deeper than ${MAX_DEPTH} levels, got ${quoteValue(json.slice(0, 200))}`);
  }
  try {
    document = JSON.parse(json);
  } catch {
    throw new ManifestInvalid(`not JSON, got ${quoteValue(json)}`);
  }
  const parsed = objectOfAnything.safeParse(document);
  if (!parsed.success) throw new ManifestInvalid(`not a JSON object, got ${quoteValue(document)}`);
  return parsed.data;
}

function check<Schema extends z.ZodMiniType>(schema: Schema, document: unknown): z.output<Schema> {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new ManifestInvalid(wrongFields(parsed.error.issues, document, { whole: 'manifest' }).join('; '));
}

/**
 * The key in an `s3://bucket/key` URI of this bucket. The key stands there raw: a real manifest has
 * the `=` and `:` of a create-new folder unescaped, so nothing is decoded.
 */
function keyOfUri(uri: string, field: string, ownBucket: string): string {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new ManifestInvalid(`${field} must be s3://bucket/key, got ${quoteValue(uri)}`);
  }
  if (bucket !== ownBucket) throw new ManifestInvalid(otherBucket(field, uri, ownBucket));
  return key;
}

function otherBucket(field: string, value: string, ownBucket: string): string {
  return `${field} must be in the manifest's own bucket ${quoteValue(ownBucket)}, got ${quoteValue(value)}`;
}

function dataKeys(keys: readonly string[], field: string, period: Period): string[] {
  if (keys.length > MAX_FILES)
    throw new ManifestInvalid(`${field} must name at most ${MAX_FILES} files, got ${keys.length}`);
  const folders = new Set(keys.map((key) => key.slice(0, key.lastIndexOf('/') + 1)));
  if (folders.size > MAX_FOLDERS) {
    throw new ManifestInvalid(
      `${field} must lie in one folder, or ${MAX_FOLDERS} at most, got ${folders.size} folders`,
    );
  }
  for (const [index, key] of keys.entries()) {
    const classified = classifyKey(key);
    if (classified.kind !== 'data') {
      const why = classified.kind === 'ignored' ? classified.reason : 'a manifest';
      throw new ManifestInvalid(`${field}[${index}] must be a data file, got ${quoteValue(key)}: ${why}`);
    }
    if (classified.period !== period) {
      throw new ManifestInvalid(`${field}[${index}] must be of ${period}, got ${quoteValue(key)}`);
    }
  }
  return [...new Set(keys)];
}

/**
 * Legacy manifests name their period too (`20220401T000000.000Z` to `20220501T000000.000Z`): it
 * must be the key's.
 */
function checkBillingPeriod({ start, end }: { start: string; end: string }, period: Period): void {
  const range = `${start.slice(0, 8)}-${end.slice(0, 8)}`;
  if (range !== monthRange(period)) {
    throw new ManifestInvalid(`billingPeriod must be ${period}, got ${quoteValue({ start, end })}`);
  }
}
