import { printable } from '../base/printable.ts';
import { objectName } from '../billing/version.ts';
import { newest } from '../ledger/currentSet.ts';
import type { Delivery, ExpectedFile } from '../ledger/delivery.ts';
import { awaitedKey } from '../ledger/partitionRecord.ts';
import type { VersionRecord } from '../ledger/versionRecord.ts';
import { isUsable } from '../ledger/versionRecord.ts';

/** The files that stand in a partition's way: the first ten, and how many there are. */
export interface MissingFiles {
  readonly count: number;
  readonly files: readonly MissingFile[];
  /** How many more there are than `files` lists. */
  readonly more: number;
}

interface MissingFile {
  readonly key: string;
  readonly why: string;
}

const SHOWN = 10;
const UNUSABLE = { quarantined: 'quarantined', 'set-aside': 'set aside' } as const;

/**
 * Those that a delivery waits for, as the ledger has them. Keys come from outside: control
 * characters are escaped.
 */
export function awaitedFiles(
  delivery: Delivery,
  awaited: readonly string[],
  versions: readonly VersionRecord[],
): MissingFiles {
  const waiting = new Set(awaited);
  const byObject = Map.groupBy(versions, ({ source }) => objectName(source));
  const files = delivery.files.filter((file) => waiting.has(file.versionId ?? awaitedKey(file)));
  return shorten(files.map((file) => ({ key: printable(file.key), why: whatIsKnown(file, byObject) })));
}

/** Those of a complete delivery that cannot be part of a set after all. */
export function unusableFiles(delivery: Delivery, versions: readonly VersionRecord[]): MissingFiles {
  const byObject = Map.groupBy(versions, ({ source }) => objectName(source));
  const files = delivery.files.filter((file) => !candidates(file, byObject).some(isUsable));
  return shorten(files.map((file) => ({ key: printable(file.key), why: whatIsKnown(file, byObject) })));
}

/**
 * Objects whose newest content was found unusable, of those written after a moment (milliseconds
 * since 1970).
 */
export function quarantinedFiles(versions: readonly VersionRecord[], after = Number.NEGATIVE_INFINITY): MissingFiles {
  const byObject = Map.groupBy(versions, ({ source }) => objectName(source));
  const newestOnes = [...byObject.values()].flatMap((ofKey) => newest(ofKey) ?? []);
  return shorten(
    newestOnes.flatMap(({ source, outcome }) =>
      (outcome.status === 'quarantined' || outcome.status === 'set-aside') && source.lastModified > after
        ? [{ key: printable(source.key), why: `${UNUSABLE[outcome.status]}: ${printable(outcome.reason)}` }]
        : [],
    ),
  );
}

function whatIsKnown(file: ExpectedFile, byObject: ReadonlyMap<string, readonly VersionRecord[]>): string {
  const outcome = newest(candidates(file, byObject))?.outcome;
  if (outcome?.status === 'quarantined') return `quarantined: ${printable(outcome.reason)}`;
  if (outcome?.status === 'set-aside') return `set aside: ${printable(outcome.reason)}`;
  if (outcome?.status === 'removed') return 'its copy was removed and is made again';
  if (outcome) return 'staged, and not counted yet';
  if ((byObject.get(objectName(file)) ?? []).length > 0) return 'only another content of it is known';
  return file.versionId === undefined ? 'was not at the source when the manifest was read' : 'not staged yet';
}

function candidates(
  { versionId, ...object }: ExpectedFile,
  byObject: ReadonlyMap<string, readonly VersionRecord[]>,
): VersionRecord[] {
  return (byObject.get(objectName(object)) ?? []).filter(({ id }) => (versionId ?? id) === id);
}

function shorten(files: readonly MissingFile[]): MissingFiles {
  const shown = files.slice(0, SHOWN);
  return { count: files.length, files: shown, more: files.length - shown.length };
}
